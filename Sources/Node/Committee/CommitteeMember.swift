import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// One member of the ordering committee: its folder, its key, its pool of envelopes, and the loops that drive its core and its door.
///
/// The folder holds the blocks, the safety record, the signer's guard and the pool log, and is locked as long as the member lives; `run()` ends
/// with all of it given back, so that the member can be opened again from the folder alone. Core and door have a thread of their own each.
package final class CommitteeMember: OrdererConnection, DeliverSource {
    package let name: String
    package let consenter: UInt32
    private let settings: CommitteeSettings
    private let clock: any CommitteeClock
    private let transport: any CommitteeTransport
    private let progress: CommitteeProgress
    private let inbox: MemberInbox
    private let pool: SharedPool
    private let store: ChainStore
    private let core: CoreLoop
    private let intake: IntakeLoop
    private let resumed: SafetyRecord?
    private let logged: [[UInt8]]
    private let timers: MemberTimers

    /// Opens a member's folder, or makes it for a new key.
    ///
    /// - Parameters:
    ///   - consenter: The member's number where the configuration of block 0 does not name it yet: it follows the chain until it is in office.
    ///   - join: What a new folder begins with instead of block 0; one that has blocks goes on with those.
    ///   - files: The file system under record, blocks and pool log; tests let it fail.
    /// - Throws: `NodeError.notJoined` when the folder is in use, damaged, or belongs to another key, chain or machine.
    package init(
        name: String, identity: SigningIdentity, consenter: UInt32? = nil, folder: String, genesis: OrderedBlock, join: SnapshotJoin? = nil,
        settings: CommitteeSettings, environment: SystemEnvironment, clock: (any CommitteeClock)? = nil,
        transport: any CommitteeTransport, progress: CommitteeProgress, files: any BlockFileIO = SystemFiles()
    ) throws(NodeError) {
        self.name = name
        var settings = settings
        self.transport = transport
        self.progress = progress
        let clock = clock ?? environment
        self.clock = clock
        do {
            let chain = genesis.headerHash
            let signatures = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
            var blocks = try CommitteeBlocks(genesis: ChannelBundle(block: genesis, verifier: signatures), chain: chain)
            if let agreed = (blocks.governance as? ElectedGovernance)?.plane.settings { settings.ordering = settings.ordering.agreed(agreed) }
            let consenter = try consenter ?? blocks.consenter(of: identity)
            self.consenter = consenter
            let disk = try MemberDisk(folder: folder, chain: chain, consenter: consenter, environment: environment, files: files)
            let kept = try SnapshotJoin(in: folder)
            let hasBlocks = ((try? files.list(folder + "/blocks")) ?? []).contains { $0 != "LOCK" }
            let joined = kept ?? (hasBlocks ? nil : join)
            if let joined {
                blocks = try joined.snapshot.rules(
                    genesis: genesis, trust: joined.trust, settings: settings.ordering, verifier: signatures)
                if kept == nil { try joined.write(to: folder) }
            }
            let start = joined?.snapshot.blocks.last?.number ?? 0
            var (log, logged) = try PoolLogFile.open(folder: folder, files: files)
            var promised = PromisedEnvelopes(logged)
            let store = try ChainStore(
                folder: folder, genesis: genesis, joined: joined?.snapshot.blocks ?? [], acknowledgedHeight: disk.acknowledgedHeight,
                recent: settings.ordering.replayBlocks, files: files
            ) { block in
                promised.strike(in: block)
                if block.number > start { blocks = try blocks.successor(after: block) }
            }
            if let rest = promised.rest {
                try log.rewrite(rest)
                logged = rest
            }
            let position = try ChainPosition(after: store.last, chain: chain)
            let recovery = try disk.recovery(
                chain: chain, consenter: consenter, head: position.number.rawValue, isMoveApproved: settings.isMoveApproved)
            let (signing, resumed) = try Self.signing(after: recovery)
            let waiting = EnvelopePool(
                batch: blocks.bundle.batch, settings: settings.ordering, recent: store.recent, position: position)
            let pool = SharedPool(waiting, blocks: blocks, height: position.number.rawValue + 1)
            let inbox = MemberInbox()
            let timers = MemberTimers(clock: clock, inbox: inbox)
            let around = MemberWorld(
                consenter: consenter, transport: transport, clock: clock, timers: timers, inbox: inbox, progress: progress)
            let core = try MemberCore(
                consenter: consenter, blocks: blocks, settings: settings, identity: identity, chain: store, pool: pool, safety: disk,
                signing: signing, last: store.last, around: around)
            let intake = MemberIntake(
                consenter: consenter, identity: identity, chain: chain, settings: settings, pool: pool, log: log, around: around)
            let isSigner = core.isSigner
            self.core = CoreLoop(core: core, inbox: inbox, name: name)
            self.intake = IntakeLoop(intake: intake, inbox: inbox, name: name)
            (self.inbox, self.pool, self.store, self.timers) = (inbox, pool, store, timers)
            (self.resumed, self.logged, self.settings) = (resumed, logged, settings)
            progress.update(consenter) { member in
                member.head = position.number.rawValue
                member.first = store.first
                member.failure = nil
                member.isObserver = !isSigner
            }
            // What others send before the member runs waits in the inbox.
            transport.attach(inbox, as: consenter)
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
    }

    /// Takes part until `stop()` is called or the disk, the key or the protocol forbids to go on.
    package func run() async throws(NodeError) {
        let failure = FirstFailure()
        self.progress.update(self.consenter) { $0.isRunning = true }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.timers.run() }
            group.addTask { await self.runTicks() }
            group.addTask {
                do {
                    try await self.intake.run(restoring: self.logged)
                } catch {
                    failure.note("\(error)")
                }
                self.inbox.close()
            }
            do {
                try await self.core.run(resuming: self.resumed)
            } catch {
                failure.note("\(error)")
            }
            self.inbox.close()
            group.cancelAll()
        }
        let reason = failure.reason
        await self.close()
        self.progress.update(self.consenter) { member in
            member.isRunning = false
            member.failure = reason
        }
        if let reason { throw .orderingStopped(node: self.name, reason: reason) }
    }

    /// Ends `run()`; nothing is finished first, as in a crash.
    package func stop() {
        self.inbox.close()
    }

    /// Gives the folder back; for a member that never ran.
    package func close() async {
        self.inbox.close()
        self.transport.detach(self.consenter)
        await self.core.close()
        await self.intake.close()
        self.store.close()
    }

    /// Checks an envelope, queues it durably, passes it to the other members and gives a signed receipt; one that is held already is answered
    /// alike.
    package func submit(_ envelope: Envelope) async -> MemberIntake.Answer {
        await withCheckedContinuation { continuation in
            self.inbox.submit(MemberInbox.Submission(envelope: envelope) { continuation.resume(returning: $0) })
        }
    }

    /// The same with the answer that Fabric's clients know.
    package func broadcast(_ envelope: Envelope) async -> BroadcastReply {
        switch await self.submit(envelope) {
        case .queued(let receipt):
            BroadcastReply(status: BroadcastVerdict.accepted.status, receipt: receipt.flatMap { ReceiptFormat.encode($0) } ?? [])
        case .refused(let refusal): BroadcastReply(status: refusal.verdict.status, info: refusal.verdict.info)
        }
    }

    /// Complains of a receipt that was not honoured: it goes to the audit nodes, which charge the ingress once that is proven (E6).
    ///
    /// Nothing is promised: a queue that is full does not take it, and the client complains again, best at several members.
    package func complain(of receipt: SignedReceipt, about envelope: Envelope) {
        guard let bytes = ReceiptFormat.encode(receipt) else { return }
        self.inbox.accept(.complaint(receipt: bytes, envelope: envelope.serialized()), from: self.consenter)
    }

    /// A stored block; nil when it is not there, and once the member has stopped.
    package func block(_ number: UInt64) throws -> OrderedBlock? {
        try self.store.block(number).map { try OrderedBlock(serialized: $0) }
    }

    /// The configuration in force.
    package var bundle: ChannelBundle { self.blocks.bundle }

    package var deliverableHeight: UInt64 { (self.progress.snapshot.members[self.consenter]?.head ?? 0) + 1 }

    package func blockBytes(_ number: UInt64) throws -> [UInt8]? { try self.store.block(number) }

    package func waitForBlock(_ number: UInt64) async -> Bool {
        let consenter = self.consenter
        return (try? await self.progress.wait { ($0.members[consenter]?.head ?? 0) >= number }) != nil
    }

    /// Whether the member does not run: before and after it neither orders nor learns of new blocks.
    package var isOut: Bool { !(self.progress.snapshot.members[self.consenter]?.isRunning ?? false) }

    package func waitForOutage() async {
        let consenter = self.consenter
        _ = try? await self.progress.wait { !($0.members[consenter]?.isRunning ?? false) }
    }

    /// Whether it follows the chain without an office, or may not sign yet.
    package var isObserver: Bool { self.progress.snapshot.members[self.consenter]?.isObserver ?? false }

    /// What a new member can begin with, and the hash by which its operator knows that it is the right one.
    ///
    /// - Throws: `SnapshotRefusal` when there is no block yet, or this member does not have those that the rules look back to.
    package func snapshot() throws -> SnapshotJoin {
        let (rules, height) = self.pool.state.withLock { ($0.blocks, $0.height - 1) }
        guard let genesis = try self.block(0) else { throw SnapshotRefusal.incomplete(block: 0) }
        let snapshot = try MemberSnapshot(
            of: rules, at: height, lookBack: rules.lookBack(self.settings.ordering), genesis: genesis
        ) { try self.block($0) }
        guard let last = snapshot.blocks.last else { throw SnapshotRefusal.incomplete(block: height) }
        let trust = MemberSnapshot.trust(
            chain: genesis.headerHash, position: try ChainPosition(after: last, chain: genesis.headerHash),
            governanceRoot: rules.governance.root)
        return SnapshotJoin(snapshot: snapshot, trust: trust)
    }

    /// How many envelopes wait for a block.
    package var waitingCount: Int { self.pool.count }

    /// The rules for the next block: who is in office, and under which configuration.
    package var blocks: CommitteeBlocks { self.pool.state.withLock { $0.blocks } }

    private func runTicks() async {
        while (try? await self.clock.sleep(milliseconds: self.settings.tickMilliseconds)) != nil { self.inbox.post(.tick) }
    }

    private static func signing(after recovery: Recovery) throws -> (MemberCore.Signing, SafetyRecord?) {
        switch recovery {
        case .begin: (.free, nil)
        case .resume(let record): (.free, record)
        case .abstain(_, let record): (.abstain(then: record), nil)
        case .burned: (.never, nil)
        case .refused(let mismatch): throw MemberFailure(reason: mismatch.rawValue)
        }
    }
}

/// Why a member stopped, as whichever of its loops failed first says.
private final class FirstFailure: Sendable {
    private let first = Mutex<String?>(nil)

    var reason: String? { self.first.withLock { $0 } }

    func note(_ reason: String) { self.first.withLock { $0 = $0 ?? reason } }
}
