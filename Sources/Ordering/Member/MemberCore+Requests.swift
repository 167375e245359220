import LedgerModel

/// Requests of clients for another configuration, and what another configuration means for everything else that waits (decision 0021).
extension MemberCore {
    /// The request that the next block is for; nil while the block is for something else.
    var nextRequest: CheckedEnvelope? {
        guard !self.blocks.governance.isHalted, self.blocks.governance.dueChange == nil else { return nil }
        return self.pool.state.withLock { state in
            if self.has(.starvesRequests), !state.pool.nextBatch().isEmpty { return nil }
            return state.pool.nextRequest
        }
    }

    /// Gives a request up that no block can hold any more: another configuration came first, or it is too old.
    ///
    /// - Returns: Whether it is gone.
    func drop(request: CheckedEnvelope) -> Bool {
        if self.has(.keepsStaleRequests) { return false }
        self.pool.state.withLock { _ = $0.pool.drop(request) }
        return true
    }

    /// A block was stored: drops the requests that the next one cannot be for. They are few.
    ///
    /// - Parameter former: The rules by which they were judged before.
    ///
    /// Were they kept, heights would begin for blocks that nobody can make, and honest proposers would miss their turns.
    func dropStaleRequests(former: CommitteeBlocks) {
        let (requests, rules) = self.pool.state.withLock { ($0.pool.requests, $0.pool.rules) }
        guard !requests.isEmpty else { return }
        let isOther = self.blocks.judgesRequestsOtherwise(than: former)
        let now = self.around.now().millisecondsSince1970
        for request in requests {
            let isInTime = (try? rules.check(request, parentMs: self.position.timeMs, latestMs: now)) != nil
            if !isInTime || isOther && self.blocks.refusal(ofRequest: request) != nil { _ = self.drop(request: request) }
        }
    }

    /// Another configuration is in force: drops the transactions that may not be ordered under it any more, for the same reason.
    ///
    /// Who may write is a question of the creator alone, for signatures were checked when the envelopes came; so one of each is asked.
    func dropUnauthorizedTransactions() {
        if self.has(.keepsOldChecks) { return }
        let limit = min(Int(self.blocks.bundle.batch.absoluteMaxBytes), OrderingLimits.blockPayloadBytes)
        let samples = self.pool.state.withLock { state in
            state.pool.drop(largerThan: limit)
            return state.pool.oldestOfEachCreator
        }
        let time = CommitteeBlocks.judgedAt(self.position)
        let silenced = samples.filter { item in
            guard let envelope = try? Envelope(serialized: item.serialized) else { return true }
            return (try? self.blocks.checks.check(envelope, now: time)) == nil
        }
        self.pool.state.withLock { $0.pool.drop(of: Set(silenced.map(\.creator))) }
    }
}
