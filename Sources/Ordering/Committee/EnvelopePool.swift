import ChannelConfiguration
import LedgerModel

/// What one member holds that is in no block yet, in order of arrival; bounded, without clock or disk.
package struct EnvelopePool: Sendable {
    private let settings: OrderingSettings
    private let batch: BatchConfiguration
    package private(set) var rules: ReplayRules
    /// The time of the last block.
    private var parentMs: UInt64
    /// Arrival number by digest, and the envelopes by arrival number; `first` is at most the lowest number in use.
    private var numbers: [[UInt8]: UInt64] = [:]
    private var envelopes: [UInt64: CheckedEnvelope] = [:]
    private var first: UInt64 = 0
    private var end: UInt64 = 0
    private var ids: [TransactionID: UInt64] = [:]
    private var bytes = 0
    /// Envelopes of this member's own clients, by the tick at which they were last pushed.
    private var own: [UInt64: UInt64] = [:]
    private var tick: UInt64 = 0

    /// - Parameter recent: The last `settings.replayBlocks` blocks of the chain, ascending.
    package init(batch: BatchConfiguration, settings: OrderingSettings, recent: some Sequence<OrderedBlock>, position: ChainPosition) {
        self.settings = settings
        self.batch = batch
        self.parentMs = position.timeMs
        self.rules = ReplayRules(settings: settings)
        for block in recent { self.rules.record(block) }
    }

    package var count: Int { self.envelopes.count }

    package var isEmpty: Bool { self.envelopes.isEmpty }

    /// Takes an envelope in; one that is held already is no error.
    ///
    /// - Parameter isOwn: Whether it comes from a client of this member, which then answers for it.
    /// - Returns: Whether it is new, so that others have to hear of it.
    package mutating func insert(_ envelope: CheckedEnvelope, isOwn: Bool, now: Timestamp) throws(BroadcastRefusal) -> Bool {
        if self.numbers[envelope.digest] != nil { return false }
        try self.rules.check(envelope, parentMs: self.parentMs, latestMs: now.millisecondsSince1970)
        if !self.rules.window.isOff, self.ids[envelope.transactionID] != nil { throw .alreadyPending(envelope.transactionID) }
        let fits = self.count < self.settings.unfinishedEnvelopes && envelope.sizeBytes <= self.settings.unfinishedBytes - self.bytes
        guard fits || self.isEmpty else { throw .full(BlockCutter.Full(envelopes: self.count, bytes: self.bytes)) }
        self.numbers[envelope.digest] = self.end
        self.envelopes[self.end] = envelope
        if isOwn { self.own[self.end] = self.tick }
        self.ids[envelope.transactionID] = self.end
        self.bytes += envelope.sizeBytes
        self.end += 1
        return true
    }

    /// What the next block shall hold: the oldest envelopes, as many as the channel's batch size allows; empty when there are none.
    package mutating func nextBatch() -> [CheckedEnvelope] {
        while self.first < self.end, self.envelopes[self.first] == nil { self.first += 1 }
        var chosen: [CheckedEnvelope] = []
        var bytes = 0
        var number = self.first
        while number < self.end, chosen.count < CommitteeBlocks.maxCount(self.batch) {
            defer { number += 1 }
            guard let envelope = self.envelopes[number] else { continue }
            // A large envelope travels alone.
            if !chosen.isEmpty, envelope.sizeBytes > CommitteeBlocks.preferredBytes(self.batch) - bytes { break }
            chosen.append(envelope)
            bytes += envelope.sizeBytes
        }
        return chosen
    }

    /// One tick more: gives own envelopes that are in no block yet, for their push may have been lost (1.14: nobody else pushes them).
    package mutating func envelopesToPushAgain() -> [CheckedEnvelope] {
        self.tick += 1
        guard self.tick >= OrderingLimits.ticksUntilPushedAgain else { return [] }
        let before = self.tick - OrderingLimits.ticksUntilPushedAgain
        let due = self.own.filter { $0.value <= before }.keys.sorted().prefix(OrderingLimits.envelopesPushedAgain)
        return due.compactMap { number in
            self.own[number] = self.tick
            return self.envelopes[number]
        }
    }

    /// Drops an envelope that may not be ordered any more.
    package mutating func drop(_ envelope: CheckedEnvelope) {
        guard let number = self.numbers.removeValue(forKey: envelope.digest) else { return }
        self.envelopes[number] = nil
        self.own[number] = nil
        if self.ids[envelope.transactionID] == number { self.ids[envelope.transactionID] = nil }
        self.bytes -= envelope.sizeBytes
    }

    /// A block was decided: its transactions wait no longer.
    package mutating func record(_ block: OrderedBlock, position: ChainPosition) {
        self.rules.record(block)
        self.parentMs = position.timeMs
        for bytes in block.envelopes {
            if let number = self.numbers[CommitteeBlocks.digest(of: bytes)], let envelope = self.envelopes[number] {
                self.drop(envelope)
            } else if !self.rules.window.isOff, let id = Self.transactionID(of: bytes), let number = self.ids[id],
                let envelope = self.envelopes[number]
            {
                // The same transaction may have come in two envelopes, to two members.
                self.drop(envelope)
            }
        }
    }

    private static func transactionID(of bytes: [UInt8]) -> TransactionID? {
        guard let envelope = try? Envelope(serialized: bytes), let payload = try? Payload(serialized: envelope.payload) else { return nil }
        return BlockEffects.transactionID(of: payload)
    }
}
