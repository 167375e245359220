import CryptoPrimitives
import LedgerModel

/// From an envelope to a block in etcd.
extension EtcdConsenter {
    mutating func take(_ envelope: CheckedEnvelope, ticket: UInt64, now: Timestamp, _ out: inout [EtcdOutput]) {
        do throws(BroadcastRefusal) {
            if let reason = self.unavailability { throw .unavailable(reason: reason) }
            guard self.leadership != nil else {
                guard let leader = self.leader, leader.address != self.address else {
                    throw .unavailable(reason: "the lease that this orderer held has ended")
                }
                out.append(.forward(ticket: ticket, to: leader.address))
                return
            }
            let envelope = try self.judgedNow(envelope, now: now)
            if self.waiters[envelope.digest] != nil {
                self.waiters[envelope.digest]?.append(ticket)
                return
            }
            try self.checkReplay(of: envelope)
            self.waiters[envelope.digest] = [ticket]
            self.waitingIDs.insert(envelope.transactionID)
            do {
                try self.cut(.arrived(envelope.isUpdate ? Self.alone(envelope) : envelope), &out)
            } catch {
                self.waiters[envelope.digest] = nil
                self.waitingIDs.remove(envelope.transactionID)
                throw .full(error)
            }
            if self.bug == .acknowledgesEarly { out.append(.reply(ticket: ticket, .accepted)) }
        } catch {
            out.append(.reply(ticket: ticket, error.verdict))
        }
    }

    /// A request for another configuration is cut as the configuration that will stand in its place.
    private static func alone(_ request: CheckedEnvelope) -> CheckedEnvelope {
        CheckedEnvelope(
            serialized: request.serialized, digest: request.digest, sizeBytes: request.sizeBytes, isConfiguration: true,
            transactionID: request.transactionID, hasDerivedID: request.hasDerivedID, timestamp: request.timestamp, creator: request.creator,
            isUpdate: true, configurationSequence: request.configurationSequence)
    }

    /// The configuration may have changed since the envelope was checked.
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

    private func checkReplay(of envelope: CheckedEnvelope) throws(BroadcastRefusal) {
        if self.window.isOff { return }
        guard envelope.hasDerivedID else { throw .wrongTransactionID }
        if let refusal = self.window.refusal(of: envelope) { throw refusal }
        if self.waitingIDs.contains(envelope.transactionID) { throw .alreadyPending(envelope.transactionID) }
    }

    mutating func drive(_ input: BlockCutter.Input, _ out: inout [EtcdOutput]) {
        // Only an arrival can be refused for want of room.
        try? self.cut(input, &out)
    }

    private mutating func cut(_ input: BlockCutter.Input, _ out: inout [EtcdOutput]) throws(BlockCutter.Full) {
        for output in try self.cutter.step(input) {
            switch output {
            case .cut(let batch): self.queue.append(batch)
            case .startTimer(let generation, let milliseconds):
                out.append(.startTimer(EtcdTimer(epoch: self.cutterEpoch, generation: generation), milliseconds: milliseconds))
            case .cancelTimer: break  // It fires without effect.
            }
        }
    }

    /// Sends the next block, when there is one and nothing stands against it.
    mutating func order(now: Timestamp, _ out: inout [EtcdOutput]) {
        while case .following(let headRevision, _) = self.phase, self.flight == nil, self.hasSpace, let leadership = self.leadership,
            !self.queue.isEmpty
        {
            let batch = self.queue.removeFirst()
            let envelopes = self.ready(batch, now: now, &out)
            guard !envelopes.isEmpty else {
                self.drive(.consumed, &out)
                continue
            }
            do {
                let block = try self.blocks.block(envelopes, after: self.position, leadership: leadership, now: now)
                let commit = EtcdCommit(block: block, leadership: leadership, headRevision: headRevision)
                self.flight = Flight(commit: commit, batch: batch, isUnderWay: true, cutterEpoch: self.cutterEpoch)
                out.append(.commit(commit))
            } catch {
                self.halt(error.description, &out)
            }
        }
    }

    /// The envelopes of a batch that may still be ordered; the senders of the others are told.
    private mutating func ready(_ batch: Batch, now: Timestamp, _ out: inout [EtcdOutput]) -> [CheckedEnvelope] {
        if self.bug == .unknownIsFailure { return batch.envelopes }
        var envelopes: [CheckedEnvelope] = []
        for envelope in batch.envelopes {
            do throws(BroadcastRefusal) {
                if let refusal = self.window.refusal(of: envelope) { throw refusal }
                let judged = try self.judgedNow(envelope, now: now)
                envelopes.append(judged.isUpdate ? try self.blocks.configuration(judged, now: now) : judged)
            } catch {
                self.answer(envelope.digest, envelope.transactionID, error.verdict, &out)
            }
        }
        return envelopes
    }

    /// What became of the transaction of the block in flight.
    mutating func settle(_ outcome: EtcdOutcome, _ out: inout [EtcdOutput]) {
        guard var flight = self.flight, flight.isUnderWay else { return }
        flight.isUnderWay = false
        self.flight = flight
        switch outcome {
        case .answered(let answer) where answer.succeeded:
            self.land(revision: answer.revision, &out)
        case .unknown where self.bug == .unknownIsSuccess:
            if case .following(let revision, _) = self.phase { self.land(revision: revision, &out) }
        case .unknown where self.bug == .unknownIsFailure:
            self.flight = nil
            self.queue.insert(flight.batch, at: 0)
            self.look(&out)
        case .answered, .unknown:
            if outcome != .unknown { self.flight?.refusals += 1 }
            // Refused is not lost either: an earlier copy of the same transaction may be why. The chain tells.
            self.look(&out)
        case .noSpace:
            self.hasSpace = false
            self.flight = nil
            self.dropAll(because: self.unavailability ?? "", &out)
            self.pauseForSpace(&out)
        }
    }

    /// The block in flight is in the chain, at a revision.
    private mutating func land(revision: Int64, _ out: inout [EtcdOutput]) {
        // Elsewhere than while following, the read or the watch that comes next shows the block.
        guard case .following(_, let watch) = self.phase, let flight = self.flight else { return }
        if self.position.number < flight.commit.block.number {
            guard self.apply(flight.commit.block, &out) else { return }
            self.phase = .following(headRevision: revision, watch: watch)
        }
        self.endFlight(&out)
    }

    /// Clears the flight, so that the next block can go.
    mutating func endFlight(_ out: inout [EtcdOutput]) {
        // A cutter that was begun anew meanwhile has not cut this batch.
        let isOfThisCutter = self.flight?.cutterEpoch == self.cutterEpoch
        self.flight = nil
        if isOfThisCutter { self.drive(.consumed, &out) }
    }

    /// Answers those who wait for an envelope.
    mutating func answer(_ digest: [UInt8], _ id: TransactionID, _ verdict: BroadcastVerdict, _ out: inout [EtcdOutput]) {
        self.waitingIDs.remove(id)
        guard let tickets = self.waiters.removeValue(forKey: digest), !(self.bug == .acknowledgesEarly) else { return }
        for ticket in tickets { out.append(.reply(ticket: ticket, verdict)) }
    }

    /// Tells all who wait that they may send again, and forgets their envelopes; what is in flight may be ordered all the same.
    mutating func dropAll(because reason: String, _ out: inout [EtcdOutput]) {
        let verdict = BroadcastRefusal.unavailable(reason: reason).verdict
        let tickets = self.waiters.values.flatMap { $0 }.sorted()
        self.waiters = [:]
        self.waitingIDs = []
        self.queue = []
        self.cutter = Self.cutter(self.bundle, self.settings)
        self.cutterEpoch &+= 1
        if self.bug == .acknowledgesEarly { return }
        for ticket in tickets { out.append(.reply(ticket: ticket, verdict)) }
    }

    mutating func pauseForSpace(_ out: inout [EtcdOutput]) {
        guard self.spacePause == nil, !self.isAskingForSpace else { return }
        self.lastGeneration = self.nextGeneration()
        self.spacePause = self.lastGeneration
        out.append(.pause(generation: self.lastGeneration, milliseconds: EtcdLimits.spacePauseMilliseconds))
    }

    mutating func learnSpace(_ hasSpace: Bool?, _ out: inout [EtcdOutput]) {
        self.isAskingForSpace = false
        if hasSpace == true {
            self.hasSpace = true
        } else {
            self.pauseForSpace(&out)
        }
    }
}
