import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// One member of the ordering committee: its folder, its key, its pool of envelopes, and the loop that drives its replica.
///
/// The folder holds the blocks, the safety record and the signer's guard, and is locked as long as the member lives; `run()` ends with all of it
/// given back, so that the member can be opened again from the folder alone.
package final class CommitteeMember: Sendable {
    package let name: String
    package let consenter: UInt32
    package let blocks: CommitteeBlocks
    private let settings: CommitteeSettings
    private let clock: any CommitteeClock
    private let transport: any CommitteeTransport
    private let progress: CommitteeProgress
    private let inbox: MemberInbox
    private let pool: SharedPool
    private let store: ChainStore
    private let core: Mutex<MemberCore?>
    private let resumed: SafetyRecord?
    private let timers: AsyncStream<(item: MemberInbox.Item, milliseconds: UInt32)>
    private let timerInput: AsyncStream<(item: MemberInbox.Item, milliseconds: UInt32)>.Continuation

    /// Opens a member's folder, or makes it for a new key.
    ///
    /// - Parameter files: The file system under record and blocks; tests let it fail.
    /// - Throws: `NodeError.notJoined` when the folder is in use, damaged, or belongs to another key, chain or machine.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, settings: CommitteeSettings, environment: SystemEnvironment,
        clock: (any CommitteeClock)? = nil, transport: any CommitteeTransport, progress: CommitteeProgress,
        files: any BlockFileIO = SystemFiles()
    ) throws(NodeError) {
        self.name = name
        self.settings = settings
        self.transport = transport
        self.progress = progress
        let clock = clock ?? environment
        self.clock = clock
        do {
            let chain = genesis.headerHash
            let blocks = try CommitteeBlocks(bundle: ChannelBundle(block: genesis, verifier: RememberedSignatures()), chain: chain)
            let consenter = try blocks.consenter(of: identity)
            self.blocks = blocks
            self.consenter = consenter
            let disk = try MemberDisk(folder: folder, chain: chain, consenter: consenter, environment: environment, files: files)
            let store = try ChainStore(folder: folder + "/blocks", genesis: genesis, recent: settings.ordering.replayBlocks, files: files)
            let position = try ChainPosition(after: store.last, chain: chain)
            let recovery = try disk.recovery(
                chain: chain, consenter: consenter, head: position.number.rawValue, isMoveApproved: settings.isMoveApproved)
            let (signing, resumed) = try Self.signing(after: recovery)
            let pool = SharedPool(
                EnvelopePool(batch: blocks.bundle.batch, settings: settings.ordering, recent: store.recent, position: position))
            let inbox = MemberInbox(peers: blocks.committee.members.filter { $0 != consenter })
            let (timers, timerInput) = AsyncStream.makeStream(of: (item: MemberInbox.Item, milliseconds: UInt32).self)
            let around = MemberCore.Surroundings(
                send: { transport.send($0, from: consenter, to: $1) }, startTimer: { timerInput.yield(($0, $1)) }, now: { clock.now() },
                progress: progress)
            self.core = Mutex(
                try MemberCore(
                    consenter: consenter, blocks: blocks, settings: settings, identity: identity, store: store, pool: pool, disk: disk,
                    signing: signing, position: position, around: around))
            (self.inbox, self.pool, self.store, self.resumed) = (inbox, pool, store, resumed)
            (self.timers, self.timerInput) = (timers, timerInput)
            progress.update(consenter) { member in
                member.head = position.number.rawValue
                member.failure = nil
                if case .never = signing { member.isObserver = true } else { member.isObserver = false }
            }
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
    }

    /// Takes part until `stop()` is called or the disk, the key or the protocol forbids to go on.
    package func run() async throws(NodeError) {
        let failure = Mutex<String?>(nil)
        self.transport.attach(self.inbox, as: self.consenter)
        self.progress.update(self.consenter) { $0.isRunning = true }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runTimers() }
            group.addTask { await self.runTicks() }
            group.addTask { await self.runIntake() }
            do {
                try self.step { try $0.begin(resuming: self.resumed) }
                for await _ in self.inbox.wake {
                    while let item = self.inbox.next() { try self.step { try $0.take(item) } }
                }
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
            self.inbox.close()
            group.cancelAll()
        }
        let reason = failure.withLock { $0 }
        self.close()
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
    package func close() {
        self.transport.detach(self.consenter)
        self.core.withLock { $0 = nil }
        self.store.close()
    }

    /// Checks an envelope, keeps it for a block and passes it to the other members; one that is held already is answered alike.
    package func broadcast(_ envelope: Envelope) -> BroadcastReply {
        let now = self.clock.now()
        do throws(BroadcastRefusal) {
            let checked = try self.blocks.checks.check(envelope, now: now)
            guard try self.insert(checked, isOwn: true, now: now) else { return BroadcastReply(status: BroadcastVerdict.accepted.status) }
            for member in self.blocks.committee.members where member != self.consenter {
                self.transport.send(.envelopes([checked.serialized]), from: self.consenter, to: member)
            }
            return BroadcastReply(status: BroadcastVerdict.accepted.status)
        } catch {
            return BroadcastReply(status: error.verdict.status, info: error.verdict.info)
        }
    }

    /// A stored block; nil when it is not there, and once the member has stopped.
    package func block(_ number: UInt64) throws -> OrderedBlock? {
        try self.store.block(number).map { try OrderedBlock(serialized: $0) }
    }

    /// How many envelopes wait for a block.
    package var waitingCount: Int { self.pool.pool.withLock { $0.count } }

    private func insert(_ envelope: CheckedEnvelope, isOwn: Bool, now: Timestamp) throws(BroadcastRefusal) -> Bool {
        let isNew = try self.pool.pool.withLock { (pool) throws(BroadcastRefusal) in try pool.insert(envelope, isOwn: isOwn, now: now) }
        if isNew { self.inbox.post(.reason) }
        return isNew
    }

    private func step(_ body: (inout MemberCore) throws -> Void) throws {
        try self.core.withLock { core in
            guard var taken = core else { throw MemberFailure(reason: "the member is closed") }
            core = nil
            defer { core = taken }
            try body(&taken)
        }
    }

    private func runTimers() async {
        await withDiscardingTaskGroup { group in
            for await timer in self.timers {
                group.addTask {
                    // A cancelled sleep means that the member ends.
                    guard (try? await self.clock.sleep(milliseconds: timer.milliseconds)) != nil else { return }
                    self.inbox.post(timer.item)
                }
            }
            group.cancelAll()
        }
    }

    private func runTicks() async {
        while (try? await self.clock.sleep(milliseconds: self.settings.tickMilliseconds)) != nil { self.inbox.post(.tick) }
    }

    /// Checks what other members pushed, beside the core: signatures of clients must not hold votes up.
    private func runIntake() async {
        for await _ in self.inbox.wakeIntake {
            while let envelopes = self.inbox.nextEnvelopes() {
                let now = self.clock.now()
                for bytes in envelopes {
                    guard let envelope = try? Envelope(serialized: bytes), let checked = try? self.blocks.checks.check(envelope, now: now) else {
                        self.progress.update(self.consenter) { $0.refusedEnvelopes += 1 }
                        continue
                    }
                    // What is full or old here is the sender's to order.
                    _ = try? self.insert(checked, isOwn: false, now: now)
                }
            }
        }
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
