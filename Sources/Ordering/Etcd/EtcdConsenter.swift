import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

/// One of the consenters that order a channel on an etcd cluster (consensus 5), as a state machine without clock, disk or network.
///
/// The holder of the lease gathers envelopes and cuts blocks; the others hand theirs to it. What decides is one transaction in etcd that
/// compares leadership, head and height: the lease only keeps consenters from working against each other. An envelope is acknowledged when a
/// block with it stands in etcd, by whatever way that was learnt, so a crash loses no acknowledged one.
package struct EtcdConsenter<Blocks: CrashBlocks>: Sendable {
    enum Phase: Hashable, Sendable {
        /// Waiting for the answer to a read.
        case reading
        /// Waiting before the next read.
        case paused(generation: UInt64)
        /// Waiting for blocks of another consenter up to a height.
        case fetching(through: UInt64)
        /// Up to date, with the revision of the head, and a watch.
        case following(headRevision: Int64, watch: UInt64)
        case halted(reason: String)
    }

    /// A block that was sent to etcd and whose fate is not known.
    struct Flight: Hashable, Sendable {
        let commit: EtcdCommit
        let batch: Batch
        /// Whether an answer is still to come.
        var isUnderWay: Bool
        /// Of the cutter that the batch came from.
        let cutterEpoch: UInt64
        /// Answers that the transaction's conditions do not hold.
        var refusals = 0
    }

    let keys: EtcdKeyFormat
    let address: String
    let settings: OrderingSettings
    let bug: EtcdBug?
    package internal(set) var checks: BroadcastChecks
    var blocks: Blocks
    package internal(set) var position: ChainPosition
    var phase = Phase.reading
    var lease: Int64?
    package internal(set) var leader: EtcdLeader?
    var isCampaigning = false
    var hasSpace = true
    var isAskingForSpace = false
    /// Reads, and attempts to take the lead, in a row without an answer.
    var failures = 0
    var campaignFailures = 0
    var flight: Flight?
    var cutter: BlockCutter
    var cutterEpoch: UInt64 = 0
    /// Cut and not yet sent.
    var queue: [Batch] = []
    var window: ReplayWindow
    /// Who waits for an envelope, by its digest.
    var waiters: [[UInt8]: [UInt64]] = [:]
    var waitingIDs: Set<TransactionID> = []
    var lastGeneration: UInt64 = 0
    var spacePause: UInt64?

    /// - Parameters:
    ///   - address: Where the other consenters reach this one; no two have the same.
    ///   - position: After the last block that this consenter keeps itself.
    ///   - recent: Its last `settings.replayBlocks` blocks, ascending.
    package init(
        blocks: Blocks, keys: EtcdKeyFormat, address: String, position: ChainPosition, recent: some Sequence<OrderedBlock>,
        settings: OrderingSettings = OrderingSettings(), bug: EtcdBug? = nil
    ) {
        self.blocks = blocks
        self.keys = keys
        self.address = address
        self.position = position
        self.settings = settings
        self.bug = bug
        self.checks = BroadcastChecks(bundle: blocks.bundle, takesUpdates: true)
        self.cutter = Self.cutter(blocks.bundle, settings)
        self.window = ReplayWindow(blocks: settings.replayBlocks)
        for block in recent { self.window.record(blocks.orderedIDs(in: block), digests: block.envelopes.map { SHA256.hash($0) }, in: block.number) }
    }

    static func cutter(_ bundle: ChannelBundle, _ settings: OrderingSettings) -> BlockCutter {
        BlockCutter(
            BlockCutter.Settings(
                batch: bundle.batch, cutsWhenIdle: settings.cutsWhenIdle, unfinishedEnvelopes: settings.unfinishedEnvelopes,
                unfinishedBytes: settings.unfinishedBytes))
    }

    /// The configuration in force.
    package var bundle: ChannelBundle { self.blocks.bundle }

    /// The leadership of this consenter; nil when it has none.
    package var leadership: Int64? {
        guard let leader = self.leader, let lease = self.lease, leader.lease == lease else { return nil }
        return leader.createRevision
    }

    /// Why nothing can be ordered through this consenter at present; nil when it can.
    package var unavailability: String? {
        if case .halted(let reason) = self.phase { return reason }
        if !self.hasSpace { return "etcd has no space left (alarm NOSPACE): free some, then disarm the alarm" }
        if let reason = self.silence { return reason }
        if self.leader == nil { return "no orderer holds the lease at present" }
        return nil
    }

    /// Nil while etcd answers, or a connection to it has just broken.
    var silence: String? { self.failures >= EtcdLimits.silentReads ? "etcd does not answer" : nil }

    /// Begins; to be called once.
    package mutating func start() -> [EtcdOutput] { [.read(self.keys.snapshot(after: self.position.number.rawValue))] }

    /// Takes one input; outputs are in the order in which they are to be carried out.
    package mutating func step(_ input: EtcdInput, now: Timestamp) -> [EtcdOutput] {
        var out: [EtcdOutput] = []
        if case .halted(let reason) = self.phase {
            if case .broadcast(_, let ticket) = input { out.append(.reply(ticket: ticket, BroadcastRefusal.unavailable(reason: reason).verdict)) }
            return out
        }
        switch input {
        case .broadcast(let envelope, let ticket): self.take(envelope, ticket: ticket, now: now, &out)
        case .timerFired(let timer):
            if timer.epoch == self.cutterEpoch { self.drive(.timerFired(generation: timer.generation), &out) }
        case .resumed(let generation): self.resume(generation, &out)
        case .lease(let lease): self.changeLease(lease, &out)
        case .read(let snapshot): self.take(snapshot, &out)
        case .committed(let outcome): self.settle(outcome, &out)
        case .campaigned(let isAnswered):
            self.isCampaigning = false
            // Not at once: etcd refuses it without space, and answers reads all the same.
            if !isAnswered, case .following = self.phase {
                self.campaignFailures += 1
                self.pause(&out)
            }
        case .watched(let generation, let changes):
            for change in changes {
                guard case .following(_, generation) = self.phase else { break }
                self.follow(change, &out)
            }
        case .watchEnded(let generation):
            if case .following(_, generation) = self.phase { self.look(&out) }
        case .fetched(let block): self.takeFetched(block, &out)
        case .fetchEnded: if case .fetching = self.phase { self.pause(&out) }
        case .space(let hasSpace): self.learnSpace(hasSpace, &out)
        }
        self.order(now: now, &out)
        return out
    }

    func nextGeneration() -> UInt64 { self.lastGeneration &+ 1 }

    /// Reads anew, unless a read or a pause before one is under way.
    mutating func look(_ out: inout [EtcdOutput]) {
        guard case .following = self.phase else { return }
        self.read(&out)
    }

    mutating func read(_ out: inout [EtcdOutput]) {
        self.phase = .reading
        out.append(.read(self.keys.snapshot(after: self.position.number.rawValue)))
    }

    mutating func pause(_ out: inout [EtcdOutput]) {
        self.lastGeneration = self.nextGeneration()
        self.phase = .paused(generation: self.lastGeneration)
        let doubled = EtcdLimits.firstPauseMilliseconds << Int64(min(max(self.failures + self.campaignFailures - 1, 0), 10))
        out.append(.pause(generation: self.lastGeneration, milliseconds: min(doubled, EtcdLimits.lastPauseMilliseconds)))
    }

    private mutating func resume(_ generation: UInt64, _ out: inout [EtcdOutput]) {
        if self.phase == .paused(generation: generation) { self.read(&out) }
        if self.spacePause == generation {
            self.spacePause = nil
            self.isAskingForSpace = true
            out.append(.askForSpace)
        }
    }

    mutating func halt(_ reason: String, _ out: inout [EtcdOutput]) {
        self.phase = .halted(reason: reason)
        self.dropAll(because: reason, &out)
        out.append(.halted(reason: reason))
    }
}
