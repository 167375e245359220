import ChannelConfiguration
import LedgerModel

/// What one member holds that is in no block yet; bounded, without clock or disk.
///
/// Every creator has a queue of its own, in order of arrival. A block takes from them in turn, and creators who were served go to the end of
/// the line, so that nobody keeps others out by sending much (1.13). Requests for another configuration are few and wait apart: the next block is
/// for one of them, but after a configuration it is for transactions when there are any, so that neither starves the other.
package struct EnvelopePool: Sendable {
    /// From whom an envelope came first.
    package enum Origin: Hashable, Sendable {
        /// A client of this member: it answers for the envelope, and has done so since before a restart, or not.
        case client(isRestored: Bool)
        /// Another member, which answers for it.
        case member
    }

    /// What became of an envelope that was brought.
    package enum Insertion: Sendable {
        /// New here: others have to hear of it.
        case new
        /// Another member had pushed it before; now this member answers for it too.
        case adopted
        /// This member answers for it already, or another one does and that is enough.
        case known
    }

    private struct Item {
        let envelope: CheckedEnvelope
        let arrivedMs: UInt64
        /// Whether this member has promised a client to order it.
        var isOwn: Bool
        /// The tick at which it was last pushed.
        var pushedAt: UInt64
    }

    /// The envelopes of one creator: numbers of items, some of which may be gone.
    private struct Line {
        var numbers: [UInt64] = []
        var count = 0
    }

    private let settings: OrderingSettings
    private var batch: BatchConfiguration
    package private(set) var rules: ReplayRules
    /// The time of the last block.
    private var parentMs: UInt64
    private var numbers: [[UInt8]: UInt64] = [:]
    private var items: [UInt64: Item] = [:]
    private var ids: [TransactionID: UInt64] = [:]
    private var lines: [[UInt8]: Line] = [:]
    /// Which of the items are governance, ascending.
    private var governanceNumbers: [UInt64] = []
    /// Which of them ask for another configuration, in the order in which they have their turn.
    private var requestNumbers: [UInt64] = []
    /// Whether the last block was a configuration.
    private var followsConfiguration = false
    /// Creators with something in their line, whoever waits longest for a turn first.
    private var turns: [[UInt8]] = []
    private var buckets = TokenBuckets()
    private var end: UInt64 = 0
    private var bytes = 0
    /// When the last transaction came, milliseconds since 1970.
    private var newestMs: UInt64 = 0
    /// Whether the last block had more than one envelope: there is load, and others are on their way.
    package private(set) var isBusy = false
    private var tick: UInt64 = 0

    /// - Parameter recent: The last `settings.replayBlocks` blocks of the chain, ascending.
    package init(batch: BatchConfiguration, settings: OrderingSettings, recent: some Sequence<OrderedBlock>, position: ChainPosition) {
        self.settings = settings
        self.batch = batch
        self.parentMs = position.timeMs
        self.rules = ReplayRules(settings: settings)
        for block in recent {
            self.rules.record(block)
            self.followsConfiguration = ConfigurationBlock.configEnvelope(in: block) != nil
        }
    }

    package var count: Int { self.items.count }

    package var isEmpty: Bool { self.items.isEmpty }

    /// Whether one block cannot take more than what waits here, or is for one request alone.
    package var isFullBatch: Bool {
        !self.requestNumbers.isEmpty || self.count >= CommitteeBlocks.maxCount(self.batch) || self.bytes >= CommitteeBlocks.preferredBytes(self.batch)
    }

    /// When the envelope that waits longest arrived, milliseconds since 1970; nil when none waits.
    package var oldestMs: UInt64? {
        (self.turns.compactMap { self.lines[$0].flatMap { $0.numbers.first } } + self.requestNumbers).compactMap { self.items[$0]?.arrivedMs }.min()
    }

    /// When the next block shall be cut though the channel's batch timeout has not passed, milliseconds since 1970; 0 for at once.
    ///
    /// A committee's block costs the same whether it holds one envelope or a hundred. A lone envelope does not wait; under load a block waits until
    /// nothing more is coming, and a part of the batch timeout at most.
    package func earlyCutMs(oldestMs: UInt64, nowMs: UInt64) -> UInt64 {
        guard self.isBusy, !self.isFullBatch else { return 0 }
        let longest = min(UInt64(clamping: max(0, self.batch.timeoutMilliseconds)) / MemberLimits.busyParts, MemberLimits.busyMilliseconds)
        let cut = min(oldestMs.addingReportingOverflow(longest).partialValue, self.newestMs + MemberLimits.pauseMilliseconds)
        // The clock may have been put back.
        return min(cut, nowMs.addingReportingOverflow(longest).partialValue)
    }

    /// An envelope by its hash.
    package func envelope(_ hash: [UInt8]) -> CheckedEnvelope? { self.numbers[hash].flatMap { self.items[$0]?.envelope } }

    /// The envelopes for which this member has promised an answer, in order of arrival.
    package var own: [CheckedEnvelope] { self.items.filter(\.value.isOwn).sorted { $0.key < $1.key }.map(\.value.envelope) }

    /// The oldest governance envelopes, so many at most.
    package func governance(atMost count: Int) -> [CheckedEnvelope] {
        self.governanceNumbers.prefix(count).compactMap { self.items[$0]?.envelope }
    }

    /// The requests for another configuration that wait, in the order in which they have their turn.
    package var requests: [CheckedEnvelope] { self.requestNumbers.compactMap { self.items[$0]?.envelope } }

    /// The request that the next block is for; nil when it is for transactions.
    package var nextRequest: CheckedEnvelope? { self.followsConfiguration && !self.turns.isEmpty ? nil : self.requests.first }

    /// Takes an envelope in; one that is held already is no error.
    package mutating func insert(_ envelope: CheckedEnvelope, from origin: Origin, now: Timestamp) throws(BroadcastRefusal) -> Insertion {
        let isOwn = origin != .member
        let isRestored = origin == .client(isRestored: true)
        if let number = self.numbers[envelope.digest] {
            guard isOwn, self.items[number]?.isOwn == false else { return .known }
            self.items[number]?.isOwn = true
            self.items[number]?.pushedAt = self.tick
            return .adopted
        }
        let nowMs = now.millisecondsSince1970
        try self.rules.check(envelope, parentMs: self.parentMs, latestMs: nowMs)
        if !self.rules.window.isOff, self.ids[envelope.transactionID] != nil { throw .alreadyPending(envelope.transactionID) }
        let fits = self.count < self.settings.unfinishedEnvelopes && envelope.sizeBytes <= self.settings.unfinishedBytes - self.bytes
        guard fits || self.isEmpty || isRestored else { throw .full(BlockCutter.Full(envelopes: self.count, bytes: self.bytes)) }
        let waiting = self.lines[envelope.creator]?.count ?? 0
        guard waiting < self.settings.pendingOfOneIdentity || isRestored else { throw .tooManyPending(limit: self.settings.pendingOfOneIdentity) }
        if envelope.isUpdate, !isRestored { try self.checkRoomForRequest(of: envelope.creator) }
        if isOwn, !isRestored, !self.buckets.take(envelope.creator, nowMs: nowMs, settings: self.settings) {
            throw .tooFast(perSecond: self.settings.envelopesPerSecond)
        }
        self.numbers[envelope.digest] = self.end
        self.items[self.end] = Item(envelope: envelope, arrivedMs: nowMs, isOwn: isOwn, pushedAt: self.tick)
        self.ids[envelope.transactionID] = self.end
        if envelope.isUpdate {
            self.requestNumbers.append(self.end)
        } else {
            if waiting == 0 { self.turns.append(envelope.creator) }
            self.lines[envelope.creator, default: Line()].numbers.append(self.end)
            self.lines[envelope.creator, default: Line()].count += 1
            self.newestMs = nowMs
        }
        if envelope.isGovernance { self.governanceNumbers.append(self.end) }
        self.bytes += envelope.sizeBytes
        self.end += 1
        return .new
    }

    /// Requests are judged anew after every configuration, so there are few.
    private func checkRoomForRequest(of creator: [UInt8]) throws(BroadcastRefusal) {
        let own = self.requests.reduce(0) { $0 + ($1.creator == creator ? 1 : 0) }
        guard own < MemberLimits.requestsOfOneIdentity else { throw .tooManyPending(limit: MemberLimits.requestsOfOneIdentity) }
        guard self.requestNumbers.count < MemberLimits.requests else {
            throw .full(BlockCutter.Full(envelopes: self.requestNumbers.count, bytes: self.bytes))
        }
    }

    /// What the next block shall hold of transactions, as much as the channel's batch size allows; empty when nothing waits.
    package func nextBatch() -> [CheckedEnvelope] {
        var chosen: [CheckedEnvelope] = []
        var bytes = 0
        let limit = CommitteeBlocks.maxCount(self.batch)
        let preferred = CommitteeBlocks.preferredBytes(self.batch)
        var lines = self.turns.compactMap { self.lines[$0].map { $0.numbers[...] } }
        while !lines.isEmpty {
            var left: [ArraySlice<UInt64>] = []
            for var line in lines {
                guard let item = self.pop(&line) else { continue }
                // A large envelope travels alone.
                if !chosen.isEmpty, item.sizeBytes > preferred - bytes { return chosen }
                chosen.append(item)
                bytes += item.sizeBytes
                if chosen.count >= limit { return chosen }
                left.append(line)
            }
            lines = left
        }
        return chosen
    }

    private func pop(_ line: inout ArraySlice<UInt64>) -> CheckedEnvelope? {
        while let number = line.popFirst() {
            if let item = self.items[number] { return item.envelope }
        }
        return nil
    }

    /// Drops an envelope that may not be ordered any more.
    ///
    /// - Returns: Whether it was here.
    @discardableResult
    package mutating func drop(_ envelope: CheckedEnvelope) -> Bool {
        guard let number = self.numbers.removeValue(forKey: envelope.digest) else { return false }
        self.items[number] = nil
        if self.ids[envelope.transactionID] == number { self.ids[envelope.transactionID] = nil }
        self.bytes -= envelope.sizeBytes
        if envelope.isGovernance { self.governanceNumbers.removeAll { $0 == number } }
        if envelope.isUpdate {
            self.requestNumbers.removeAll { $0 == number }
            return true
        }
        guard var line = self.lines[envelope.creator] else { return true }
        line.count -= 1
        while let first = line.numbers.first, self.items[first] == nil { line.numbers.removeFirst() }
        if line.count == 0 {
            self.lines[envelope.creator] = nil
            self.turns.removeAll { $0 == envelope.creator }
        } else {
            self.lines[envelope.creator] = line
        }
        return true
    }

    /// A block was decided: its transactions wait no longer, and their creators go to the end of the line.
    package mutating func record(_ block: OrderedBlock, position: ChainPosition) {
        self.rules.record(block)
        self.parentMs = position.timeMs
        self.followsConfiguration = ConfigurationBlock.configEnvelope(in: block) != nil
        self.isBusy = block.envelopes.count > 1
        var served: Set<[UInt8]> = []
        for bytes in block.envelopes {
            if let envelope = self.envelope(CommitteeBlocks.digest(of: bytes)) {
                served.insert(envelope.creator)
                self.drop(envelope)
            } else if !self.rules.window.isOff || self.followsConfiguration, let id = ConfigurationRequest.orderedID(in: bytes),
                let number = self.ids[id], let envelope = self.items[number]?.envelope
            {
                // The same transaction may have come in two envelopes, to two members; and a request is inside of the configuration.
                if envelope.isUpdate { self.serveRequest(of: envelope.creator) }
                self.drop(envelope)
            }
        }
        self.turns = self.turns.filter { !served.contains($0) } + self.turns.filter { served.contains($0) }
    }

    /// Takes new batch sizes into office.
    package mutating func use(_ batch: BatchConfiguration) { self.batch = batch }

    /// One tick more: gives own envelopes whose push may have been lost, so that they are pushed again (1.14: only by who answers for them).
    package mutating func envelopesToPushAgain() -> [CheckedEnvelope] {
        self.tick += 1
        guard self.tick >= MemberLimits.ticksUntilPushedAgain else { return [] }
        let before = self.tick - MemberLimits.ticksUntilPushedAgain
        // Those first that have waited longest for it, so that each has its turn.
        let due = self.items.filter { $0.value.isOwn && $0.value.pushedAt <= before }
            .sorted { ($0.value.pushedAt, $0.key) < ($1.value.pushedAt, $1.key) }.prefix(MemberLimits.envelopesPushedAgain)
        return due.compactMap { number, item in
            // Who builds no blocks drops nothing by itself that has become too old for them.
            if case .failure(.outsideTimeWindow) = self.judge(item.envelope) {
                self.drop(item.envelope)
                return nil
            }
            self.items[number]?.pushedAt = self.tick
            return item.envelope
        }
    }

    private func judge(_ envelope: CheckedEnvelope) -> Result<Void, BroadcastRefusal> {
        Result { () throws(BroadcastRefusal) in try self.rules.check(envelope, parentMs: self.parentMs, latestMs: .max) }
    }

    /// Own envelopes are pushed at the next ticks: there are members now that have not seen them.
    package mutating func pushAllAgain() {
        for (number, item) in self.items where item.isOwn { self.items[number]?.pushedAt = 0 }
        self.tick = max(self.tick, MemberLimits.ticksUntilPushedAgain)
    }

    /// Whoever got a configuration waits behind the others with its next one.
    private mutating func serveRequest(of creator: [UInt8]) {
        let served = self.requestNumbers.filter { self.items[$0]?.envelope.creator == creator }
        self.requestNumbers.removeAll { served.contains($0) }
        self.requestNumbers += served
    }

    // MARK: - Another configuration

    /// The oldest transaction of each creator: whether it may still write is the same for all of them.
    package var oldestOfEachCreator: [CheckedEnvelope] {
        self.turns.compactMap { creator in
            self.lines[creator]?.numbers.lazy.compactMap { self.items[$0]?.envelope }.first { !$0.isGovernance }
        }
    }

    /// Drops all transactions of creators.
    package mutating func drop(of creators: Set<[UInt8]>) {
        let dropped = self.items.values.filter { item in
            !item.envelope.isUpdate && !item.envelope.isGovernance && creators.contains(item.envelope.creator)
        }
        for item in dropped { self.drop(item.envelope) }
    }

    /// Drops what is larger than the channel allows now.
    package mutating func drop(largerThan sizeBytes: Int) {
        let dropped = self.items.values.filter { $0.envelope.sizeBytes > sizeBytes }
        for item in dropped { self.drop(item.envelope) }
    }
}
