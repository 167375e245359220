/// The rules that fire as soon as their guard holds, evaluated from the top again after each firing.
extension Replica {
    mutating func evaluate() {
        while self.height > 0, self.step != .decided,
            self.decide() || self.skip() || self.wake() || self.answerProposal() || self.lock() || self.adoptLatePolka() || self.giveUpOnNil()
                || self.armTimers()
        {}
    }

    /// R1: a commit for a block that this node finds valid, in whatever round, decides the height.
    private mutating func decide() -> Bool {
        for commit in self.commits {
            guard let id = commit.choice.id else { continue }
            switch self.verdict(of: id) {
            case .valid:
                self.step = .decided
                self.outputs.append(.decide(id: id, commit: commit))
                return true
            case .invalid:
                self.step = .decided
                self.outputs.append(.fatal(.invalidBlockCommitted))
                return true
            case nil: self.fetch(id, hint: commit.entries.first?.consenter ?? 0)
            }
        }
        return false
    }

    /// R2: f + 1 members voted in a later round, so an honest one is there.
    private mutating func skip() -> Bool {
        guard !self.has(.noSkip) else { return false }
        var target: Round = -1
        for state in self.rounds where state.round > self.round && state.voters >= self.committee.honest { target = state.round }
        let far = self.far.compactMap { $0 }
        for vote in far where vote.vote.round > target && far.count(where: { $0.vote.round == vote.vote.round }) >= self.committee.honest {
            target = vote.vote.round
        }
        guard target > self.round else { return false }
        let votes: [SignedVote]
        if let state = self.state(of: target) {
            votes = zip(state.prevotes, state.precommits).compactMap { $0 ?? $1 }
        } else {
            votes = far.filter { $0.vote.round == target }
        }
        self.enter(because: RoundCertificate(height: self.height, round: target, votes: votes))
        return true
    }

    /// 1.12: a proposal, the votes of f + 1 members or a certificate is a reason to begin.
    private mutating func wake() -> Bool {
        guard self.step == .idle else { return false }
        let state = self.state(of: 0)
        guard state?.proposal != nil || (state?.voters ?? 0) >= self.committee.honest || !self.polkas.isEmpty || !self.commits.isEmpty else {
            return false
        }
        self.beginRound()
        return true
    }

    /// R5 and R6: answers the round's proposal with a prevote, under the strict lock rule.
    private mutating func answerProposal() -> Bool {
        guard self.step == .propose, let signed = self.state(of: self.round)?.proposal else { return false }
        let proposal = signed.proposal
        let polka = self.polkas.first { $0.round == proposal.validRound && $0.choice.id == proposal.id }
        if proposal.validRound >= 0 {
            // R6 waits for the polka: the proposer sends it along and again with each relay (L2).
            guard polka != nil || self.has(.anyValidRound) else { return false }
        }
        guard let verdict = self.verdict(of: proposal.id) else {
            self.fetch(proposal.id, hint: proposal.signer)
            return false
        }
        var accepts = false
        if case .valid(_, let isTimely) = verdict {
            let lockAllows = self.locked.map { $0.round <= proposal.validRound } ?? true
            let isExcused = self.has(.noLock) || self.has(.textbookLock) && self.locked?.id == proposal.id
            accepts = (lockAllows || isExcused) && (isTimely || proposal.validRound >= 0)
        }
        if accepts, let polka { self.outputs.append(.archive(polka)) }
        self.vote(.prevote, accepts ? .prevote(proposal.id, validRound: proposal.validRound) : .nil)
        self.step = .prevote
        return true
    }

    /// R9: a polka in this round for a block found valid locks it, and is answered with the precommit.
    private mutating func lock() -> Bool {
        guard self.step == .prevote else { return false }
        for polka in self.polkas where polka.round == self.round {
            guard let id = polka.choice.id else { continue }
            guard let verdict = self.verdict(of: id) else {
                self.fetch(id, hint: polka.entries.first?.consenter ?? 0)
                continue
            }
            guard case .valid(let form, _) = verdict else { continue }
            self.locked = BlockInRound(id: id, round: self.round)
            self.valid = self.locked
            self.validPolka = polka
            self.outputs.append(.archive(polka))
            self.vote(.precommit, .precommit(id, lastConfig: form.lastConfig), form: form)
            self.step = .precommit
            return true
        }
        return false
    }

    /// R10: a polka newer than the valid block's, of this round or an earlier one, makes its block the valid one; the lock stays.
    ///
    /// A proposer that still waits for its candidate proposes the valid block instead (R3).
    private mutating func adoptLatePolka() -> Bool {
        guard !self.has(.noLatePolka) else { return false }
        for polka in self.polkas where polka.round <= self.round && polka.round > (self.valid?.round ?? -1) {
            guard let id = polka.choice.id else { continue }
            let verdict = self.verdict(of: id)
            if verdict == .invalid { continue }
            if verdict == nil { self.fetch(id, hint: polka.entries.first?.consenter ?? 0) }
            self.valid = BlockInRound(id: id, round: polka.round)
            self.validPolka = polka
            if self.step == .propose { self.proposeValid() }
            return true
        }
        return false
    }

    /// R11, first half: a quorum of nil prevotes.
    private mutating func giveUpOnNil() -> Bool {
        guard self.step == .prevote, let state = self.state(of: self.round), state.count(.prevote, for: .nil) >= self.quorum else { return false }
        self.vote(.precommit, .nil)
        self.step = .precommit
        return true
    }

    /// R8 and R13: a quorum has voted, whatever for, so waiting for the rest ends some time.
    private mutating func armTimers() -> Bool {
        let index = self.index(of: self.round)
        if self.step == .prevote, !self.rounds[index].isPrevoteTimerArmed, self.rounds[index].count(.prevote) >= self.quorum {
            self.rounds[index].isPrevoteTimerArmed = true
            self.arm(.prevote)
        }
        if self.step != .idle, !self.rounds[index].isPrecommitTimerArmed, self.rounds[index].count(.precommit) >= self.quorum {
            self.rounds[index].isPrecommitTimerArmed = true
            self.arm(.precommit)
        }
        return false
    }

    /// R7, R11 second half and R12; a timer of another height, round or step means nothing any more.
    mutating func take(timeout kind: TimeoutKind, height: UInt64, round: Round) {
        guard height == self.height, round == self.round else { return }
        switch (kind, self.step) {
        case (.propose, .propose):
            self.vote(.prevote, .nil)
            self.step = .prevote
        case (.prevote, .prevote):
            self.vote(.precommit, .nil)
            self.step = .precommit
        case (.precommit, .propose), (.precommit, .prevote), (.precommit, .precommit):
            // R13 has started it, so the quorum is there to show.
            let votes = self.state(of: round)?.precommits.compactMap { $0 } ?? []
            guard votes.count >= self.quorum else { return }
            self.enter(because: RoundCertificate(height: height, round: round + 1, votes: votes))
        default: break
        }
    }

    private mutating func vote(_ kind: VoteKind, _ choice: VoteChoice, form: BlockForm? = nil) {
        guard let me = self.signer else { return }
        self.sign(.vote(Vote(height: self.height, round: self.round, kind: kind, choice: choice, signer: me), form: form))
    }
}
