import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

/// Takes envelopes and gives blocks: broadcast checks, block cutter and consenter joined, as a state machine without clock, disk or network.
///
/// The host owns it in one place, feeds it inputs one after the other and carries out the outputs in order. Envelopes that were accepted and
/// are not yet in a block are only in memory: a crash loses them, as with any single orderer, and clients see that they did not commit.
package struct OrderingService<Consensus: BlockConsenter>: Sendable {
    package enum Input: Sendable {
        /// An envelope from a client; answered by exactly one `reply`, the first output.
        case broadcast(Envelope, now: Timestamp)
        /// The same for a host that runs `checks` itself, many at a time.
        case checked(CheckedEnvelope, now: Timestamp)
        /// A timer that `startTimer` asked for has run out.
        case timerFired(generation: UInt64, now: Timestamp)
        /// The host has stored and delivered the oldest block that it was given and had not yet reported.
        case blockTaken(now: Timestamp)
    }

    package enum Output: Equatable, Sendable {
        case reply(BroadcastVerdict)
        /// Store the block, then its guard, then deliver the block; then report `blockTaken`.
        case block(Decision)
        /// At most one timer runs; a new one has a new generation.
        case startTimer(generation: UInt64, milliseconds: Int64)
        case cancelTimer(generation: UInt64)
        /// No block can be made any more; everything is answered with 503 from now on. Tell the operator.
        case halted(OrderingError)
    }

    /// The checks that need no memory, under the configuration in force. An envelope that passed those of an older one is judged again.
    package private(set) var checks: BroadcastChecks
    /// The configuration in force.
    package private(set) var bundle: ChannelBundle
    private let settings: OrderingSettings
    private var cutter: BlockCutter
    private var consenter: Consensus
    private var window: ReplayWindow
    /// Accepted and not yet in a block: digests, and transaction ids.
    private var waiting: Set<[UInt8]> = []
    private var waitingIDs: Set<TransactionID> = []
    private var halt: OrderingError?

    /// - Parameters:
    ///   - bundle: The channel configuration in force; the consenter has the same.
    ///   - recent: The last `settings.replayBlocks` blocks of the ledger, ascending; fewer only when there are no more.
    package init(
        bundle: ChannelBundle, consenter: Consensus, settings: OrderingSettings = OrderingSettings(), recent: some Sequence<OrderedBlock>
    ) {
        self.bundle = bundle
        self.checks = BroadcastChecks(bundle: bundle, takesUpdates: true)
        self.settings = settings
        self.cutter = BlockCutter(
            BlockCutter.Settings(
                batch: bundle.batch, cutsWhenIdle: settings.cutsWhenIdle, unfinishedEnvelopes: settings.unfinishedEnvelopes,
                unfinishedBytes: settings.unfinishedBytes))
        self.consenter = consenter
        self.window = ReplayWindow(blocks: settings.replayBlocks)
        for block in recent { self.window.record(block) }
    }

    /// The last block made.
    package var position: ChainPosition { self.consenter.position }

    /// How many accepted envelopes are not yet in a block.
    package var waitingCount: Int { self.waiting.count }

    /// Takes one input; outputs are in the order in which they are to be carried out.
    package mutating func step(_ input: Input) -> [Output] {
        var outputs: [Output] = []
        do throws(BroadcastRefusal) {
            switch input {
            case .broadcast(let envelope, let now):
                try self.take(try self.checks.check(envelope, now: now), now: now, &outputs)
            case .checked(let envelope, let now):
                try self.take(envelope, now: now, &outputs)
            case .timerFired(let generation, let now):
                try self.drive(.timerFired(generation: generation), now: now, &outputs)
            case .blockTaken(let now):
                try self.drive(.consumed, now: now, &outputs)
            }
        } catch {
            outputs.insert(.reply(error.verdict), at: 0)
        }
        return outputs
    }

    private mutating func take(_ envelope: CheckedEnvelope, now: Timestamp, _ outputs: inout [Output]) throws(BroadcastRefusal) {
        if let reason = self.halt?.description ?? self.consenter.unavailability { throw .unavailable(reason: reason) }
        let envelope = try self.judgedNow(envelope, now: now)
        if envelope.isUpdate { return try self.takeUpdate(envelope, now: now, &outputs) }
        if self.waiting.contains(envelope.digest) {
            // Clients send to several orderers and send again: the same bytes are the same request.
            outputs.append(.reply(.accepted))
            return
        }
        try self.checkReplay(of: envelope)
        try self.checkAge(of: envelope, now: now)
        try self.drive(.arrived(envelope), now: now, &outputs)
        // A client must not hear that an envelope is queued when the step that took it ended all ordering.
        if let halt = self.halt { throw .unavailable(reason: halt.description) }
        outputs.insert(.reply(.accepted), at: 0)
    }

    /// The configuration may have changed since a host had the envelope checked.
    private func judgedNow(_ envelope: CheckedEnvelope, now: Timestamp) throws(BroadcastRefusal) -> CheckedEnvelope {
        guard envelope.configurationSequence != self.bundle.sequence else { return envelope }
        let again: Envelope
        do {
            again = try Envelope(serialized: envelope.serialized)
        } catch {
            throw .noChannel(error)
        }
        return try self.checks.check(again, now: now)
    }

    /// Cuts what is pending, orders the configuration that the request leads to, and goes on under it.
    private mutating func takeUpdate(
        _ request: CheckedEnvelope, now: Timestamp, _ outputs: inout [Output]
    ) throws(BroadcastRefusal) {
        let transaction: ConfigurationTransaction
        do throws(ConfigurationUpdateError) {
            let envelope: Envelope
            do throws(MessageError) { envelope = try Envelope(serialized: request.serialized) } catch { throw .malformed(error) }
            transaction = try ConfigurationTransaction(request: envelope, to: self.bundle)
        } catch {
            throw .refusedUpdate(error)
        }
        let envelope = try self.consenter.configuration(transaction, now: now)
        try self.checks.checkOwnConfiguration(envelope, now: now)
        let serialized = envelope.serialized()
        let configuration = CheckedEnvelope(
            serialized: serialized, digest: SHA256.hash(serialized), sizeBytes: envelope.sizeBytes, isConfiguration: true,
            transactionID: TransactionID(""), configurationSequence: self.bundle.sequence)
        try self.drive(.arrived(configuration), now: now, &outputs)
        if let halt = self.halt { throw .unavailable(reason: halt.description) }
        self.bundle = transaction.bundle
        self.checks = BroadcastChecks(bundle: self.bundle, takesUpdates: true)
        self.cutter.adopt(self.bundle.batch)
        outputs.insert(.reply(.accepted), at: 0)
    }

    private func checkReplay(of envelope: CheckedEnvelope) throws(BroadcastRefusal) {
        if self.window.isOff { return }
        guard envelope.hasDerivedID else { throw .wrongTransactionID }
        if let refusal = self.window.refusal(of: envelope) { throw refusal }
        if self.waitingIDs.contains(envelope.transactionID) { throw .alreadyPending(envelope.transactionID) }
    }

    /// Judges the past by the last block's time. A chain may rest for long, so the future is judged by the later of block and clock.
    private func checkAge(of envelope: CheckedEnvelope, now: Timestamp) throws(BroadcastRefusal) {
        guard let maxAge = self.settings.maxAgeMilliseconds else { return }
        guard let time = envelope.timestamp?.millisecondsSince1970 else { throw .outsideTimeWindow }
        let parent = self.consenter.position.timeMs
        let latest = max(parent, now.millisecondsSince1970).addingReportingOverflow(maxAge)
        let isTooOld = parent > maxAge && time < parent - maxAge
        let isTooEarly = !latest.overflow && time > latest.partialValue
        if isTooOld || isTooEarly { throw .outsideTimeWindow }
    }

    private mutating func drive(_ input: BlockCutter.Input, now: Timestamp, _ outputs: inout [Output]) throws(BroadcastRefusal) {
        let cuts: [BlockCutter.Output]
        do {
            cuts = try self.cutter.step(input)
        } catch {
            throw .full(error)
        }
        if case .arrived(let envelope) = input {
            self.waiting.insert(envelope.digest)
            self.waitingIDs.insert(envelope.transactionID)
        }
        for cut in cuts {
            switch cut {
            case .cut(let batch): self.order(batch, now: now, &outputs)
            case .startTimer(let generation, let milliseconds):
                outputs.append(.startTimer(generation: generation, milliseconds: milliseconds))
            case .cancelTimer(let generation): outputs.append(.cancelTimer(generation: generation))
            }
        }
    }

    private mutating func order(_ batch: Batch, now: Timestamp, _ outputs: inout [Output]) {
        guard self.halt == nil else { return }
        do {
            for decision in try self.consenter.order(batch, now: now) {
                self.note(decision)
                outputs.append(.block(decision))
            }
        } catch {
            self.halt = error
            outputs.append(.halted(error))
        }
    }

    private mutating func note(_ decision: Decision) {
        for envelope in decision.batch.envelopes {
            self.waiting.remove(envelope.digest)
            self.waitingIDs.remove(envelope.transactionID)
        }
        let envelopes = decision.batch.envelopes
        self.window.record(envelopes.map(\.transactionID), digests: envelopes.map(\.digest), in: decision.block.number)
    }
}
