/// What is true after every step, whatever came in; checked by tests and simulations, not in production.
extension Replica {
    /// The sentences that do not hold; empty when all is well.
    package func violations() -> [String] {
        var found: [String] = []
        func check(_ holds: Bool, _ sentence: String) { if !holds { found.append(sentence) } }
        check(self.locked.map { $0.round <= self.round } ?? true, "the lock is of no later round than the current one")
        check(self.valid.map { $0.round <= self.round } ?? true, "the valid block is of no later round than the current one")
        check((self.locked?.round ?? -1) <= (self.valid?.round ?? -1), "the valid block is at least as new as the lock")
        check(
            self.valid == nil || self.validPolka?.choice.id == self.valid?.id && self.validPolka?.round == self.valid?.round,
            "the valid block has its polka")
        check(
            self.round == 0 || self.height == 0 || self.roundCertificate?.round == self.round, "every round but the first has its certificate")
        check(self.step != .idle || self.round == 0, "only round 0 is idle")
        for (index, message) in self.signed.enumerated() {
            check(message.height == self.height && message.round <= self.round, "nothing is signed ahead of the current round")
            check(
                !self.signed[..<index].contains { $0.round == message.round && $0.kind == message.kind },
                "one thing is signed for each round and kind")
            guard case .vote(let vote, let form) = message, vote.isBlockSignature, let id = vote.choice.id else { continue }
            check(form != nil, "a precommit for a block carries the block's form")
            check((self.locked?.round ?? -1) >= vote.round, "who has precommitted a block is locked in that round or later")
            let hasPolka = self.polkas.contains { $0.round == vote.round && $0.choice.id == id }
            check(hasPolka || vote.round < self.round, "who precommits a block knows its polka")
        }
        check(self.reported.count <= 8 * 41 * ConsensusLimits.members, "reported facts are few")
        let span = Int(ConsensusLimits.roundsBehind + ConsensusLimits.roundsAhead) + 1
        check(
            self.rounds.count <= span && zip(self.rounds, self.rounds.dropFirst()).allSatisfy { $0.round < $1.round },
            "the rounds kept are few and in order")
        check(self.rounds.allSatisfy { $0.conflicts.count <= 2 * self.committee.members.count }, "contradictions kept are few")
        check(self.polkas.count <= span * ConsensusLimits.certificatesOfOneKind + 1, "polkas kept are few")
        check(self.verdicts.count <= ConsensusLimits.verdicts + 4 && self.requested.count <= ConsensusLimits.verdicts, "verdicts kept are few")
        check(self.future.count <= 12 * ConsensusLimits.members, "messages of later heights kept are few")
        return found
    }

    /// The sentences about a step that do not hold between the replica before and after it.
    package func violations(since before: Replica) -> [String] {
        guard before.height == self.height else { return before.height < self.height ? [] : ["heights never go back"] }
        var found: [String] = []
        if self.round < before.round || self.round == before.round && self.step < before.step { found.append("rounds and steps never go back") }
        if (self.locked?.round ?? -1) < (before.locked?.round ?? -1) { found.append("the lock never goes back") }
        if (self.valid?.round ?? -1) < (before.valid?.round ?? -1) { found.append("the valid block never goes back") }
        if self.locked?.round == before.locked?.round, self.locked != before.locked { found.append("a lock is not replaced within its round") }
        return found
    }

    /// Whether a step's outputs keep the order that safety rests on (W1).
    package static func violations(in outputs: [ReplicaOutput]) -> [String] {
        var record: SafetyRecord?
        for output in outputs {
            if case .persist(let persisted) = output { record = persisted }
            guard case .sign(let request) = output else { continue }
            guard record?.messages.contains(where: { $0.isSame(as: request) }) == true else {
                return ["what is signed is in the record that was made durable before it"]
            }
        }
        return []
    }
}
