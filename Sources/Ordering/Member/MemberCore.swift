import ChannelConfiguration
import Identity
import LedgerModel

/// One member of the committee as a value: what drives the pure replica, with disk, clock and network behind protocols.
///
/// It has one owner, which feeds it one input after the other. Whatever the replica asks for is carried out in its order; a failure of the disk
/// or the key throws, and the member stops. The simulator drives this very code.
package struct MemberCore: Sendable {
    /// Whether this member signs (W5, W6).
    package enum Signing: Sendable {
        case free
        /// Not before its record's height, where it goes on with the record.
        case abstain(then: SafetyRecord)
        case never
    }

    package let consenter: UInt32
    package let settings: CommitteeSettings
    let identity: SigningIdentity
    let chain: any MemberChain
    let pool: SharedPool
    let around: any MemberSurroundings
    private var safety: any SafetyStore
    package private(set) var replica: Replica
    package private(set) var signing: Signing
    /// The rules for the next block.
    package private(set) var blocks: CommitteeBlocks
    /// The last stored block.
    package private(set) var position: ChainPosition
    private(set) var parentCertificate: [UInt8]

    var inputs: [ReplicaInput] = []
    var held: [HeldCandidate] = []
    /// Blocks of this height on which the replica has a verdict.
    var judged: Set<BlockID> = []
    /// Blocks that the replica waits for, and who should have them.
    var wanted: [(id: BlockID, hint: UInt32)] = []
    /// Blocks of this height for whose envelopes a timer was set.
    var waitedFor: Set<BlockID> = []
    /// A candidate that the replica waits for while there is nothing to order.
    private var pendingBuild: (height: UInt64, round: Round)?
    /// When this member looks again whether a block is due, milliseconds since 1970.
    private var looksAgainMs: UInt64?
    /// Consents to the due change, one of each member, in order of arrival.
    private(set) var changeSignatures: [(consenter: UInt32, signature: ConfigurationSignature)] = []
    private var ownChangeSignature: ConfigurationSignature?
    /// Whether the configuration in office names this very key.
    private var isInOffice: Bool
    /// Offences that this member has found as a replica and that are not charged yet.
    var offences: [Misbehaviour] = []
    /// Facts that it has charged, or that it cannot charge; the oldest first.
    var charged: [Evidence.Identity] = []
    /// What it knows from watching, while it is an audit node.
    var auditWatch: AuditWatch?
    private let bugs: MemberBugs
    private var ticks = 0
    private var ticksAtHeight = 0
    /// Who has sent messages of a later height since the last tick.
    var ahead: Set<UInt32> = []
    var heightAtLastTick: UInt64 = 0
    /// From where on each member was last sent decided blocks since the last tick.
    var served: [UInt32: UInt64] = [:]

    /// - Parameters:
    ///   - blocks: The rules for the block after `last`.
    ///   - last: The last stored block.
    package init(
        consenter: UInt32, blocks: CommitteeBlocks, settings: CommitteeSettings, identity: SigningIdentity, chain: any MemberChain,
        pool: SharedPool, safety: any SafetyStore, signing: Signing, last: OrderedBlock, around: any MemberSurroundings, bugs: MemberBugs = []
    ) throws {
        self.consenter = consenter
        self.blocks = blocks
        self.settings = settings
        self.identity = identity
        self.chain = chain
        self.pool = pool
        self.safety = safety
        self.signing = signing
        self.position = try ChainPosition(after: last, chain: blocks.keys.chain)
        self.around = around
        self.parentCertificate = try CommitteeBlocks.parentCertificate(of: last)
        self.replica = Replica(verifier: blocks.keys, timeouts: settings.timeouts)
        self.isInOffice = (try? blocks.consenter(of: identity)) == consenter
        self.bugs = bugs
        self.updateWatch()
        self.updateDoor()
    }

    /// Whether a mistake is switched on; never in a release build.
    func has(_ bug: MemberBugs) -> Bool {
        #if DEBUG || PLANTED_BUGS
            return self.bugs.contains(bug)
        #else
            return false
        #endif
    }

    package var height: UInt64 { self.position.number.rawValue + 1 }

    var others: [UInt32] { self.blocks.committee.members.filter { $0 != self.consenter } }

    /// Begins after a start, with the record when there is one for this height (W5).
    package mutating func begin(resuming record: SafetyRecord?) throws {
        try self.signChange()
        try self.feed(.startHeight(self.heightStart(record)))
        self.sendToAll(.decisionsWanted(from: self.height))
        self.lookAgain()
    }

    package mutating func take(_ input: MemberInput) throws {
        switch input {
        case .timeout(let height, let round, let kind): try self.feed(.timeout(height: height, round: round, kind))
        case .tick: try self.tick()
        case .reason: try self.look()
        case .stillMissing(let id): self.askForEnvelopes(of: id, everyone: false)
        case .parcel(.consensus(let message), let from):
            self.watch(message)
            self.noteHeight(message.height, of: from)
            try self.feed(.message(message, from: from))
        case .parcel(let parcel, let from): try self.take(parcel, from: from)
        }
    }

    private mutating func tick() throws {
        try self.feed(.rebroadcast)
        self.ticks &+= 1
        self.ticksAtHeight = self.height == self.heightAtLastTick ? self.ticksAtHeight &+ 1 : 0
        let isQuiet = self.ticksAtHeight % MemberLimits.quietTicks == MemberLimits.quietTicks - 1 && !self.has(.waitsToBeTold)
        if !self.isSigner || isQuiet, !self.others.isEmpty {
            // Nobody tells an observer, nor one that was away when it lost its office: it asks one member after the other.
            self.around.send(.decisionsWanted(from: self.height), to: self.others[self.ticks % self.others.count])
        }
        self.askAgain()
        try self.charge()
        if let signature = self.ownChangeSignature, !self.has(.consentsOnce) { self.sendToAll(.changeSignature(height: self.height, signature)) }
        let waiting = self.pool.state.withLock { $0.pool.envelopesToPushAgain() }
        for start in stride(from: 0, to: waiting.count, by: MemberLimits.envelopesInOnePush) {
            let bundle = waiting[start..<min(waiting.count, start + MemberLimits.envelopesInOnePush)]
            self.sendToAll(.envelopes(bundle.map(\.serialized)))
        }
        try self.look()
    }

    /// Gives the replica an input and carries out what follows from it.
    mutating func feed(_ input: ReplicaInput) throws {
        self.inputs.append(input)
        try self.drain()
    }

    mutating func drain() throws {
        while !self.inputs.isEmpty {
            let input = self.inputs.removeFirst()
            for output in self.replica.step(input) { try self.carryOut(output) }
        }
    }

    private mutating func carryOut(_ output: ReplicaOutput) throws {
        switch output {
        case .persist(let record): try self.safety.persist(record)
        case .sign(let request): try self.sign(request)
        case .buildCandidate(let height, let round): try self.build(height: height, round: round)
        case .arm(let height, let round, let kind, let milliseconds):
            self.around.startTimer(.timeout(height: height, round: round, kind), milliseconds: milliseconds)
        case .fetchBlock(let id, let hint):
            if !self.judge(id) {
                self.wanted.append((id, hint))
                self.waitForEnvelopes(of: id)
            }
        case .relay(let bundle, let receiver):
            if let receiver { self.around.send(.consensus(.bundle(bundle)), to: receiver) } else { self.sendToAll(.consensus(.bundle(bundle))) }
        case .sendDecision(let height, let receiver): try self.sendDecisions(from: height, count: 1, to: receiver)
        case .decide(let id, let commit): try self.decide(id, commit)
        case .archive: break  // Polkas stay in the replica's height; a durable archive comes with evidence that outlives it.
        case .evidence(let evidence):
            self.around.note(.evidence(evidence))
            if self.offences.count < MemberLimits.heldOffences { self.offences.append(.consensus(evidence)) }
        case .behind: self.sendToAll(.decisionsWanted(from: self.height))
        case .refuse(_, let from): self.around.note(.refused(from: from))
        case .fatal(let reason): throw MemberFailure(reason: reason.description)
        }
    }

    /// The record is durable by now; then the guard, and only then is the key used.
    private mutating func sign(_ request: SignRequest) throws {
        guard let bytes = request.signedBytes(chain: self.blocks.keys.chain, epoch: self.blocks.committee.epoch) else {
            throw MemberFailure(reason: "the committee's core asked for a signature over nothing")
        }
        try self.safety.claim(request, signedBytes: bytes)
        let message = request.message(signature: try self.identity.sign(bytes))
        self.sendToAll(.consensus(message))
        self.sendToAuditors(.consensus(message))
        self.inputs.append(.message(message, from: self.consenter))
    }

    // MARK: - When a block is due

    /// When the next block is due, milliseconds since 1970, 0 for at once; nil while there is no reason for one (1.12, 1.13).
    private func dueMs() -> UInt64? {
        if self.blocks.governance.isHalted { return nil }
        if self.blocks.governance.dueChange != nil { return 0 }
        let now = self.around.now().millisecondsSince1970
        return self.pool.state.withLock { state in
            var due = state.pool.rules.heartbeatDue(after: self.position)
            if self.has(.heartbeatsAtOnce), due != nil { due = 0 }
            if let oldest = state.pool.oldestMs {
                let wait = UInt64(clamping: max(0, self.blocks.bundle.batch.timeoutMilliseconds))
                let isEarly = self.settings.ordering.cutsWhenIdle || state.pool.isFullBatch
                let cut = isEarly ? state.pool.earlyCutMs(oldestMs: oldest, nowMs: now) : oldest.addingReportingOverflow(wait).partialValue
                due = min(due ?? cut, cut)
            }
            return due
        }
    }

    private func isDue() -> Bool { self.dueMs().map { $0 <= self.around.now().millisecondsSince1970 } ?? false }

    /// Looks whether there is something to do: a block that is due, or one that was waiting for envelopes.
    private mutating func look() throws {
        for item in self.wanted where self.judge(item.id) {}
        try self.drain()
        guard self.isDue() else { return self.lookAgain() }
        if let pending = self.pendingBuild, pending.height == self.height {
            try self.build(height: pending.height, round: pending.round)
            try self.drain()
        } else {
            try self.feed(.reason(height: self.height))
        }
    }

    /// Sets a timer for when a block becomes due without anything else happening.
    private mutating func lookAgain() {
        let now = self.around.now().millisecondsSince1970
        if let planned = self.looksAgainMs, planned <= now { self.looksAgainMs = nil }
        guard let due = self.dueMs(), due > now, self.looksAgainMs.map({ due < $0 }) ?? true else { return }
        self.looksAgainMs = due
        self.around.startTimer(.reason, milliseconds: UInt32(clamping: due - now))
    }

    // MARK: - Blocks

    /// Assembles a block of what is waiting; what the validity predicate refuses is thrown out of the pool.
    ///
    /// After a refusal only what stood before it is tried, or half as much when it stood first: envelopes that are good alone and not together
    /// must not cost a whole check each while the committee waits.
    private mutating func build(height: UInt64, round: Round) throws {
        self.pendingBuild = nil
        guard height == self.height, round == self.replica.round else { return }
        var limit = Int.max
        while true {
            let rules = self.pool.rules
            guard let (envelopes, request) = try self.nextContent(rules), !envelopes.isEmpty else {
                self.pendingBuild = (height, round)
                return
            }
            let batch = Array(envelopes.prefix(limit))
            let candidate = try self.blocks.candidate(
                batch, after: self.position, parentCertificate: self.parentCertificate, proposer: self.consenter, now: self.around.now())
            if let fault = self.blocks.fault(in: candidate, after: self.position, rules: rules) {
                if let request, fault.isOfRequest {
                    guard self.drop(request: request) else {
                        self.pendingBuild = (height, round)
                        return
                    }
                    continue
                }
                // What this member has made itself is in no pool, and would only be made again.
                guard let index = fault.envelopeIndex, batch.indices.contains(index), self.pool.state.withLock({ $0.pool.drop(batch[index]) })
                else { throw MemberFailure(reason: "this member makes invalid blocks: \(fault)") }
                limit = index > 0 ? index : max(1, batch.count / 2)
                continue
            }
            self.held.append(HeldCandidate(candidate, from: self.consenter, isTimely: true))
            self.judged.insert(candidate.id)
            let outline = MemberParcel.candidate(CandidateOutlineFormat.encode(CandidateOutline(of: candidate)))
            self.sendToAll(outline)
            self.sendToAuditors(outline)
            self.inputs.append(.verdict(height: height, id: candidate.id, .valid(candidate.form, isTimely: true)))
            self.inputs.append(.candidate(height: height, round: round, id: candidate.id))
            return
        }
    }

    /// What the next block shall hold: the due change, the configuration of a request, what is waiting, or a heartbeat; nil when there is nothing.
    ///
    /// With a configuration comes the request that it was made of.
    private func nextContent(_ rules: ReplayRules) throws -> (envelopes: [CheckedEnvelope], request: CheckedEnvelope?)? {
        if self.blocks.governance.isHalted { return nil }
        let now = self.around.now()
        if let change = self.blocks.governance.dueChange {
            guard self.changeSignatures.count >= self.blocks.committee.quorum else { return nil }
            return ([try self.blocks.configuration(change, signatures: self.changeSignatures.map(\.signature), by: self.identity, now: now)], nil)
        }
        while let request = self.nextRequest {
            do {
                return ([try self.blocks.configuration(request, by: self.identity, now: now)], request)
            } catch is BroadcastRefusal {
                guard self.drop(request: request) else { return nil }
            }
        }
        let batch = self.pool.state.withLock { $0.pool.nextBatch() }
        guard batch.isEmpty else { return (batch, nil) }
        guard let due = rules.heartbeatDue(after: self.position), due <= now.millisecondsSince1970 || self.has(.heartbeatsAtOnce) else {
            return nil
        }
        return ([try self.blocks.heartbeat(after: self.position, by: self.identity, now: now)], nil)
    }

    /// Stores block and commit durably, and only then begins the next height (W4).
    private mutating func decide(_ id: BlockID, _ commit: VoteCertificate) throws {
        guard let candidate = self.held.first(where: { $0.id == id })?.candidate else {
            throw MemberFailure(reason: "a block was decided that this member does not hold")
        }
        let block = try self.blocks.block(candidate, commit: commit)
        try self.chain.append(block)
        let position = try ChainPosition(after: block, chain: self.position.chain)
        let blocks = try self.blocks.successor(after: block)
        let signedBefore = self.isSigner
        let former = self.blocks
        if !self.has(.neverChangesOffice), blocks.committee != self.blocks.committee || blocks.bundle.sequence != self.blocks.bundle.sequence {
            self.isInOffice = (try? blocks.consenter(of: self.identity)) == self.consenter
        }
        self.position = position
        self.blocks = blocks
        if !self.has(.keepsOldKeys) { self.replica.verifier = blocks.keys }
        self.parentCertificate = try CommitteeBlocks.parentCertificate(of: block)
        let height = self.height
        self.pool.state.withLock { state in
            state.pool.record(block, position: position)
            state.pool.use(blocks.bundle.batch)
            state.blocks = blocks
            state.height = height
            if blocks.committee != former.committee { state.pool.pushAllAgain() }
        }
        self.dropStaleGovernance()
        self.dropStaleRequests(former: former)
        if blocks.bundle.sequence != former.bundle.sequence { self.dropUnauthorizedTransactions() }
        self.watch(decided: block)
        self.held.removeAll { $0.height < height }
        (self.wanted, self.waitedFor, self.judged, self.pendingBuild, self.looksAgainMs) = ([], [], [], nil, nil)
        (self.changeSignatures, self.ownChangeSignature) = ([], nil)
        self.around.note(.stored(height: block.number.rawValue))
        var record: SafetyRecord?
        if case .abstain(let later) = self.signing, later.height <= height {
            self.signing = .free
            record = later.height == height ? later : nil
        }
        if self.isSigner != signedBefore { self.around.note(.signs(self.isSigner)) }
        self.updateDoor()
        try self.signChange()
        self.inputs.append(.startHeight(self.heightStart(record)))
        self.lookAgain()
    }

    private func heightStart(_ record: SafetyRecord?) -> HeightStart {
        HeightStart(
            height: self.height, committee: self.blocks.committee, schedule: self.blocks.schedule, signer: self.isSigner ? self.consenter : nil,
            record: record, hasReason: self.isDue())
    }

    /// Whether this member may sign now: it is in office with this very key, and knows what the key has signed.
    package var isSigner: Bool {
        guard case .free = self.signing else { return false }
        return self.isInOffice
    }

    private func updateDoor() {
        let standing = self.standing
        self.pool.state.withLock { $0.standing = standing }
    }

    private var standing: DoorStanding {
        guard case .free = self.signing else { return .refuses }
        if self.isInOffice { return .signs }
        // Those in office hear a key as long as governance keeps it.
        guard let key = (self.blocks.governance as? ElectedGovernance)?.plane.key(self.consenter), !key.isBurned else { return .refuses }
        return .passesOn
    }

    // MARK: - Changes of the committee

    /// Consents to the due change, and tells the others; they compute the same one.
    private mutating func signChange() throws {
        guard let change = self.blocks.governance.dueChange, self.isSigner else { return }
        let signature = try self.blocks.consent(to: change, by: self.identity)
        self.ownChangeSignature = signature
        self.changeSignatures = [(self.consenter, signature)]
        self.sendToAll(.changeSignature(height: self.height, signature))
    }

    mutating func take(changeSignature signature: ConfigurationSignature, height: UInt64, from: UInt32) throws {
        // Who is ahead or behind sends it again with its next tick.
        guard height == self.height, let change = self.blocks.governance.dueChange else { return }
        guard !self.changeSignatures.contains(where: { $0.consenter == from }) else { return }
        guard change.signer(of: signature)?.id == from else { return self.around.note(.refused(from: from)) }
        self.changeSignatures.append((from, signature))
        if self.changeSignatures.count >= self.blocks.committee.quorum { try self.look() }
    }

    func sendToAll(_ parcel: MemberParcel) {
        for member in self.others { self.around.send(parcel, to: member) }
    }

    /// Audit nodes hear what members say to all.
    func sendToAuditors(_ parcel: MemberParcel) {
        for auditor in self.blocks.auditors where auditor != self.consenter { self.around.send(parcel, to: auditor) }
    }
}
