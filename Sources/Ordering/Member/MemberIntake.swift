import Identity
import LedgerModel

/// The door of one member: checks envelopes, queues them durably, and signs receipts for them (1.13, 1.14).
///
/// A member that has lost its office, or has none yet, takes envelopes all the same (`DoorStanding`): it pushes them to those in office until they are
/// ordered. Clients may know its address longer than its office lasts.
///
/// It has one owner, beside the core: checking clients' signatures must not hold votes up. A failure of the log or the key throws, and the
/// member stops.
package struct MemberIntake: Sendable {
    /// The answer to one client.
    package enum Answer: Sendable {
        /// Without a receipt from who is in no office, because it can put nothing into a block itself.
        case queued(SignedReceipt?)
        case refused(BroadcastRefusal)
    }

    private let consenter: UInt32
    private let identity: SigningIdentity
    private let chain: [UInt8]
    private let settings: CommitteeSettings
    private let pool: SharedPool
    private let around: any MemberSurroundings
    private var log: any PoolLog
    private let others: @Sendable () -> [UInt32]

    /// - Parameter chain: The header hash of block 0.
    package init(
        consenter: UInt32, identity: SigningIdentity, chain: [UInt8], settings: CommitteeSettings, pool: SharedPool, log: any PoolLog,
        around: any MemberSurroundings
    ) {
        self.consenter = consenter
        self.identity = identity
        self.chain = chain
        self.settings = settings
        self.pool = pool
        self.around = around
        self.log = log
        self.others = { pool.state.withLock { $0.blocks.committee.members.filter { $0 != consenter } } }
    }

    /// Whether others are on their way, so that it pays to wait for them and to check, store and push them together.
    package var isBusy: Bool { self.pool.state.withLock { $0.pool.isBusy } }

    /// Takes in again, after a start, what was promised before; what is in a block or can be in none is left out.
    ///
    /// - Parameter logged: Serialised envelopes in the order of the log.
    package mutating func restore(_ logged: [[UInt8]]) {
        let now = self.around.now()
        for bytes in logged {
            guard let checked = try? self.check(bytes, now: now) else { continue }
            // A configuration that was stored since the promise may have ended it.
            let blocks = self.pool.state.withLock { $0.blocks }
            if checked.isUpdate, blocks.refusal(ofRequest: checked) != nil { continue }
            // An envelope that is refused here is in a block, or so old that no member takes it any more.
            _ = try? self.pool.state.withLock { state throws(BroadcastRefusal) in
                try state.pool.insert(checked, from: .client(isRestored: true), now: now)
            }
        }
    }

    /// Checks and queues envelopes of clients together: one sync covers them all. Only then are they pushed to the other members.
    ///
    /// - Returns: One answer for each, in their order.
    package mutating func take(_ envelopes: [Envelope]) throws -> [Answer] {
        let now = self.around.now()
        if let refusal = self.refusalOfAll { return envelopes.map { _ in .refused(refusal) } }
        var results: [Result<CheckedEnvelope, BroadcastRefusal>] = []
        var logged: [[UInt8]] = []
        var pushed: [[UInt8]] = []
        for envelope in envelopes {
            do throws(BroadcastRefusal) {
                let (checked, insertion) = try self.admit(envelope, now: now)
                // Who pushed an envelope before goes on answering for it; a promise of this member has to survive all the same.
                if insertion != .known { logged.append(checked.serialized) }
                if insertion == .new { pushed.append(checked.serialized) }
                results.append(.success(checked))
            } catch {
                results.append(.failure(error))
            }
        }
        if !logged.isEmpty { try self.log.append(logged) }
        if !pushed.isEmpty { self.push(pushed) }
        return try results.map { result in
            switch result {
            case .success(let envelope): .queued(try self.receipt(for: envelope))
            case .failure(let refusal): .refused(refusal)
            }
        }
    }

    /// Why the door is shut, and where one is open.
    private var refusalOfAll: BroadcastRefusal? {
        let (standing, bundle) = self.pool.state.withLock { ($0.standing, $0.blocks.bundle) }
        guard case .refuses = standing else { return nil }
        return .follows(members: bundle.consenters.filter { $0.id != self.consenter }.map { "\($0.host):\($0.port)" })
    }

    /// Checks an envelope and puts it into the pool under one and the same configuration.
    private func admit(_ envelope: Envelope, now: Timestamp) throws(BroadcastRefusal) -> (CheckedEnvelope, EnvelopePool.Insertion) {
        while true {
            let checked = try self.check(envelope, now: now)
            // What has no id of the usual form can have no receipt.
            guard checked.transactionID.utf8.count == 64 else { throw .wrongTransactionID }
            if let refusal = self.refusalAtDoor(checked) { throw refusal }
            let insertion = try self.pool.state.withLock { (state) throws(BroadcastRefusal) -> EnvelopePool.Insertion? in
                // What is in the pool by the time of a configuration is judged again; this one came too late for that.
                guard state.blocks.bundle.sequence == checked.configurationSequence else { return nil }
                try state.pool.rules.checkWarmUp(checked, after: BlockNumber(state.height - 1))
                return try state.pool.insert(checked, from: .client(isRestored: false), now: now)
            }
            if let insertion { return (checked, insertion) }
        }
    }

    private func refusalAtDoor(_ envelope: CheckedEnvelope) -> BroadcastRefusal? {
        let (blocks, height, isKnown) = self.pool.state.withLock { ($0.blocks, $0.height, $0.pool.envelope(envelope.digest) != nil) }
        // A request that waits here was judged by these rules, and costs a whole configuration each time.
        if envelope.isUpdate, isKnown, !blocks.governance.isHalted { return nil }
        return blocks.refusalAtDoor(envelope, height: height)
    }

    /// Takes in what another member pushed.
    ///
    /// - Returns: Whether anything is new.
    package mutating func take(pushed envelopes: [[UInt8]]) -> Bool {
        let now = self.around.now()
        // Members push no more than this at once.
        var refused = max(0, envelopes.count - MemberLimits.envelopesInOnePush)
        var isNew = false
        for bytes in envelopes.prefix(MemberLimits.envelopesInOnePush) {
            guard let checked = try? self.check(bytes, now: now) else {
                refused += 1
                continue
            }
            // What the next block cannot hold would only keep the committee busy; its sender brings it again while it hopes.
            if checked.isGovernance || checked.isUpdate, self.refusalAtDoor(checked) != nil { continue }
            let insertion = try? self.pool.state.withLock { (state) throws(BroadcastRefusal) -> EnvelopePool.Insertion? in
                guard state.blocks.bundle.sequence == checked.configurationSequence else { return nil }
                return try state.pool.insert(checked, from: .member, now: now)
            }
            // What is full or old here is the sender's to order.
            if insertion == .new { isNew = true }
        }
        if refused > 0 { self.around.note(.refusedEnvelopes(refused)) }
        return isNew
    }

    /// Writes the log anew when most of it is in blocks; to be called after blocks were decided.
    package mutating func compact() throws {
        guard self.log.sizeBytes > MemberLimits.poolLogBytes else { return }
        let own = self.pool.state.withLock { $0.pool.own }
        guard own.reduce(0, { $0 + $1.serialized.count }) < self.log.sizeBytes / 2 else { return }
        try self.log.rewrite(own.map(\.serialized))
    }

    private func check(_ bytes: [UInt8], now: Timestamp) throws -> CheckedEnvelope {
        try self.check(try Envelope(serialized: bytes), now: now)
    }

    private func check(_ envelope: Envelope, now: Timestamp) throws(BroadcastRefusal) -> CheckedEnvelope {
        try self.pool.state.withLock { $0.blocks.checks }.check(envelope, now: now)
    }

    private func push(_ envelopes: [[UInt8]]) {
        let others = self.others()
        for start in stride(from: 0, to: envelopes.count, by: MemberLimits.envelopesInOnePush) {
            let bundle = Array(envelopes[start..<min(envelopes.count, start + MemberLimits.envelopesInOnePush)])
            for member in others { self.around.send(.envelopes(bundle), to: member) }
        }
    }

    /// Nil from who does not sign blocks.
    private func receipt(for envelope: CheckedEnvelope) throws -> SignedReceipt? {
        let (working, standing) = self.pool.state.withLock { ($0.height, $0.standing) }
        guard case .signs = standing else { return nil }
        // A receipt is a fact of a height, and the chain's facts begin with block 1.
        let height = max(1, working - 1)
        let deadline = height.addingReportingOverflow(self.settings.receiptBlocks)
        let receipt = Receipt(
            envelopeHash: envelope.digest, transactionID: envelope.transactionID, ingress: self.consenter, height: height,
            deadline: deadline.overflow ? .max : deadline.partialValue)
        guard let bytes = ReceiptFormat.signedBytes(receipt, chain: self.chain) else { throw MemberFailure(reason: "a receipt cannot be written") }
        return SignedReceipt(receipt: receipt, signature: try self.identity.sign(bytes))
    }
}
