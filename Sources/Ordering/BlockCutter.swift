import ChannelConfiguration

/// Decides which envelopes become one block (interop 7.2), as a state machine without a clock.
///
/// * An envelope above the preferred size, and a configuration, cuts what is pending and is then a block of its own.
/// * An envelope that would take the pending ones above the preferred size cuts them first.
/// * The pending envelopes are cut when they are as many as a block may hold, or when their timer fires.
/// * The timer starts with the first pending envelope and ends with the cut.
/// * With `cutsWhenIdle` nothing waits while the consumer has nothing to do: light load does not pay the batch timeout.
/// * But after a batch of more than one envelope the next one is gathered: as long as something comes every 5 ms, for 40 ms at most. Many clients that wait
///   for the same block send again at the same time, and every block has its price whatever it holds.
///
/// Each batch must be reported as `consumed` once: that is how the cutter knows whether the consumer is idle, and how much is unfinished.
package struct BlockCutter: Sendable {
    package struct Settings: Hashable, Sendable {
        package var batch: BatchConfiguration
        package var cutsWhenIdle: Bool
        /// Bounds on what is pending or cut and not yet consumed.
        package var unfinishedEnvelopes: Int
        package var unfinishedBytes: Int

        package init(
            batch: BatchConfiguration, cutsWhenIdle: Bool = true, unfinishedEnvelopes: Int = OrderingLimits.unfinishedEnvelopes,
            unfinishedBytes: Int = OrderingLimits.unfinishedBytes
        ) {
            self.batch = batch
            self.cutsWhenIdle = cutsWhenIdle
            self.unfinishedEnvelopes = unfinishedEnvelopes
            self.unfinishedBytes = unfinishedBytes
        }
    }

    package enum Input: Hashable, Sendable {
        case arrived(CheckedEnvelope)
        /// A timer that the cutter started has run out; one that was cancelled meanwhile is recognised by its generation.
        case timerFired(generation: UInt64)
        /// The consumer has finished one more batch, oldest first.
        case consumed
    }

    package enum Output: Hashable, Sendable {
        case cut(Batch)
        case startTimer(generation: UInt64, milliseconds: Int64)
        case cancelTimer(generation: UInt64)
    }

    /// The envelope was not taken: too much is unfinished. It may come again later.
    package struct Full: Error, Hashable, Sendable, CustomStringConvertible {
        package let envelopes: Int
        package let bytes: Int

        package var description: String {
            "\(self.envelopes) envelopes (\(self.bytes) bytes) are waiting to be ordered and delivered, which is the limit: send again later"
        }
    }

    private struct Amount: Hashable, Sendable {
        var envelopes = 0
        var bytes = 0
    }

    private var settings: Settings
    private var preferredBytes: Int { min(Int(self.settings.batch.preferredMaxBytes), OrderingLimits.blockPayloadBytes) }
    private var maxCount: Int { max(1, Int(self.settings.batch.maxMessageCount)) }
    private var pending: [CheckedEnvelope] = []
    private var pendingBytes = 0
    /// What each batch cut and not yet consumed holds, oldest first.
    private var batches: [Amount] = []
    /// Pending and in `batches`.
    private var unfinished = Amount()
    private var timer: UInt64?
    /// How many envelopes the last batch held.
    private var lastCount = 0
    /// While it gathers: how often it has looked, and what was pending then.
    private var looks = 0
    private var seen = 0
    private var lastGeneration: UInt64 = 0

    package init(_ settings: Settings) {
        self.settings = settings
    }

    /// Goes on under other settings; a configuration has just been cut, so nothing is pending.
    package mutating func adopt(_ batch: BatchConfiguration) {
        self.settings.batch = batch
    }

    /// How many envelopes wait for a cut.
    package var pendingCount: Int { self.pending.count }

    /// Whether every batch has been consumed.
    package var isConsumerIdle: Bool { self.batches.isEmpty }

    /// Takes one input; outputs are in the order in which they are to be carried out.
    ///
    /// - Throws: `Full` for an envelope that there is no room for; nothing has changed then.
    package mutating func step(_ input: Input) throws(Full) -> [Output] {
        var outputs: [Output] = []
        switch input {
        case .arrived(let envelope):
            try self.reserve(envelope.sizeBytes)
            self.add(envelope, &outputs)
        case .timerFired(let generation):
            guard generation == self.timer else { break }
            self.timer = nil
            if self.isGathering, self.pending.count > self.seen, self.looks < Self.looks { self.gather(&outputs) } else { self.cutPending(&outputs) }
        case .consumed:
            guard let amount = self.batches.first else { break }
            self.batches.removeFirst()
            self.unfinished.envelopes -= amount.envelopes
            self.unfinished.bytes -= amount.bytes
            self.lastCount = amount.envelopes
            guard self.settings.cutsWhenIdle, self.isConsumerIdle else { break }
            if self.isGathering { self.gather(&outputs) } else { self.cutPending(&outputs) }
        }
        return outputs
    }

    private mutating func reserve(_ sizeBytes: Int) throws(Full) {
        // One envelope is always taken when there is no other: no limit may shut out what the channel allows.
        let fits = self.unfinished.envelopes < self.settings.unfinishedEnvelopes && sizeBytes <= self.settings.unfinishedBytes - self.unfinished.bytes
        guard fits || self.unfinished.envelopes == 0 else {
            throw Full(envelopes: self.unfinished.envelopes, bytes: self.unfinished.bytes)
        }
        self.unfinished.envelopes += 1
        self.unfinished.bytes += sizeBytes
    }

    private mutating func add(_ envelope: CheckedEnvelope, _ outputs: inout [Output]) {
        if envelope.isConfiguration || envelope.sizeBytes > self.preferredBytes {
            self.cutPending(&outputs)
            self.cut([envelope], bytes: envelope.sizeBytes, &outputs)
            return
        }
        if envelope.sizeBytes > self.preferredBytes - self.pendingBytes { self.cutPending(&outputs) }
        self.pending.append(envelope)
        self.pendingBytes += envelope.sizeBytes
        if self.pending.count >= self.maxCount || self.settings.cutsWhenIdle && self.isConsumerIdle && !self.isGathering {
            self.cutPending(&outputs)
        } else if self.timer == nil {
            if self.isGathering { self.gather(&outputs) } else { self.startTimer(self.settings.batch.timeoutMilliseconds, &outputs) }
        }
    }

    /// Whether nobody would have to wait but for the envelopes that are likely to come.
    private var isGathering: Bool {
        self.settings.cutsWhenIdle && self.isConsumerIdle && self.lastCount > 1
            && (self.pending.count < self.lastCount || self.lastCount > Self.smallBatch)
    }

    /// Looks again in a moment.
    private mutating func gather(_ outputs: inout [Output]) {
        guard !self.pending.isEmpty else { return }
        self.cancelTimer(&outputs)
        self.looks += 1
        self.seen = self.pending.count
        self.startTimer(min(Self.quietMilliseconds, self.settings.batch.timeoutMilliseconds), &outputs)
    }

    private static let quietMilliseconds: Int64 = 5
    private static let looks = 8
    /// Of so few all are there when as many have come as last time.
    private static let smallBatch = 16

    private mutating func startTimer(_ milliseconds: Int64, _ outputs: inout [Output]) {
        self.lastGeneration &+= 1
        self.timer = self.lastGeneration
        outputs.append(.startTimer(generation: self.lastGeneration, milliseconds: milliseconds))
    }

    private mutating func cancelTimer(_ outputs: inout [Output]) {
        guard let timer = self.timer else { return }
        outputs.append(.cancelTimer(generation: timer))
        self.timer = nil
    }

    private mutating func cutPending(_ outputs: inout [Output]) {
        guard !self.pending.isEmpty else { return }
        self.cancelTimer(&outputs)
        self.looks = 0
        self.seen = 0
        let (envelopes, bytes) = (self.pending, self.pendingBytes)
        self.pending = []
        self.pendingBytes = 0
        self.cut(envelopes, bytes: bytes, &outputs)
    }

    private mutating func cut(_ envelopes: [CheckedEnvelope], bytes: Int, _ outputs: inout [Output]) {
        self.batches.append(Amount(envelopes: envelopes.count, bytes: bytes))
        outputs.append(.cut(Batch(envelopes)))
    }
}
