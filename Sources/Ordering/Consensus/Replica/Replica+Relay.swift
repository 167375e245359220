/// What has to be sent again so that no loss and no liar can hold the committee up (L1 to L5).
extension Replica {
    /// L1 to L3: once the round has lasted longer than a tick, everything known goes to everybody.
    mutating func tick() {
        self.answered.removeAll(keepingCapacity: true)
        guard self.height > 0, self.step != .decided, !self.has(.noRelay) else { return }
        self.ticks += 1
        if self.step == .idle {
            // A replica that missed the last decision is idle too, and is answered by L4 when it shows.
            guard self.ticks.isMultiple(of: ConsensusLimits.idleTicks) else { return }
            self.outputs.append(.relay(RelayBundle(height: self.height, round: self.round), to: nil))
        } else if self.ticks > 1 {
            self.outputs.append(.relay(self.bundle(), to: nil))
        }
    }

    /// L4: a member at a lower height is sent that height's decision, once a tick.
    mutating func answerLate(_ height: UInt64, to member: UInt32) {
        guard self.mayAnswer(member) else { return }
        self.outputs.append(.sendDecision(height: height, to: member))
    }

    /// L5: a member behind in the same height is sent what is known, once a tick.
    mutating func answerBehind(_ round: Round, _ member: UInt32) {
        guard round < self.round, self.step != .decided, !self.has(.noRelay), self.mayAnswer(member) else { return }
        self.outputs.append(.relay(self.bundle(), to: member))
    }

    private mutating func mayAnswer(_ member: UInt32) -> Bool {
        guard member != self.signer, self.committee.index(of: member) != nil, !self.answered.contains(member) else { return false }
        self.answered.append(member)
        return true
    }

    /// Votes of all members, not only the own ones (L1), the polkas of the valid block and of the proposal (L2), the round's reason (L3).
    func bundle() -> RelayBundle {
        var bundle = RelayBundle(height: self.height, round: self.round)
        for state in self.rounds where state.round == self.round || state.round == self.round - 1 {
            if let proposal = state.proposal { bundle.proposals.append(proposal) }
            if let second = state.secondProposal { bundle.proposals.append(second) }
            let isOmitted = { (vote: SignedVote) in vote.vote.round < self.round || vote.vote.signer != self.signer }
            bundle.votes += self.has(.ownVotesOnly) ? state.allVotes.filter { !isOmitted($0) } : state.allVotes
        }
        guard !self.has(.ownVotesOnly) else { return bundle }
        if !self.has(.noPolkaRelay) {
            if let polka = self.validPolka { bundle.polkas.append(polka) }
            if let proposal = self.state(of: self.round)?.proposal?.proposal, proposal.validRound >= 0,
                let polka = self.polkas.first(where: { $0.round == proposal.validRound && $0.choice.id == proposal.id }), polka != self.validPolka
            {
                bundle.polkas.append(polka)
            }
        }
        bundle.roundCertificate = self.roundCertificate
        return bundle
    }
}
