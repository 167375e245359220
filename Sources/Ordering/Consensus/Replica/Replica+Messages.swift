/// Taking messages in: ranges, height, membership, whether it is news, and only then the signature.
extension Replica {
    mutating func receive(_ message: ConsensusMessage, from: UInt32) {
        guard self.height > 0 else { return }
        if message.height < self.height { return self.answerLate(message.height, to: from) }
        if message.height > self.height { return self.keepForLater(message, from: from) }
        guard self.step != .decided else { return }
        switch message {
        case .proposal(let proposal, let polka):
            if let polka { self.take(polka, from: from) }
            self.take(proposal, from: from)
            self.answerBehind(proposal.proposal.round, from)
        case .vote(let vote):
            self.take(vote, from: from)
            self.answerBehind(vote.vote.round, from)
        case .certificate(let certificate): self.take(certificate, from: from)
        case .round(let certificate): self.take(certificate, from: from)
        case .bundle(let bundle):
            guard bundle.votes.count <= 8 * self.committee.members.count, bundle.proposals.count <= 4, bundle.polkas.count <= 4 else {
                return self.refuse(.malformed, from)
            }
            if let certificate = bundle.roundCertificate { self.take(certificate, from: from) }
            for polka in bundle.polkas { self.take(polka, from: from) }
            for proposal in bundle.proposals { self.take(proposal, from: from) }
            for vote in bundle.votes { self.take(vote, from: from) }
            self.answerBehind(bundle.round, from)
        }
    }

    /// The first proposal of the round's proposer is taken, a second one is evidence (R14, E2).
    private mutating func take(_ proposal: SignedBlockProposal, from: UInt32) {
        let body = proposal.proposal
        guard body.height == self.height, body.isWellFormed, (1...ConsensusLimits.signatureBytes).contains(proposal.signature.count) else {
            return self.refuse(.malformed, from)
        }
        guard self.committee.index(of: body.signer) != nil else { return self.refuse(.stranger, from) }
        guard body.signer == self.schedule.proposer(height: body.height, round: body.round) else { return self.refuse(.wrongProposer, from) }
        guard self.isNear(body.round) else { return }
        if let state = self.state(of: body.round), let first = state.proposal, first.proposal == body || state.secondProposal != nil { return }
        guard self.verifier.isSigned(proposal, epoch: self.committee.epoch) else { return self.refuse(.badSignature, from) }
        guard self.isKnownToMe(.proposal(body, polka: nil)) else { return }
        if let first = self.rounds[self.index(of: body.round)].insert(proposal) { self.report(.doubleProposal(first, proposal)) }
    }

    private mutating func take(_ vote: SignedVote, from: UInt32) {
        guard vote.vote.height == self.height else { return self.refuse(.malformed, from) }
        if let flaw = vote.flaw(committee: self.committee) { return self.refuse(flaw, from) }
        guard let member = self.committee.index(of: vote.vote.signer), vote.vote.round >= self.round - ConsensusLimits.roundsBehind else { return }
        if self.isNear(vote.vote.round) {
            if let state = self.state(of: vote.vote.round), state.knows(vote, member: member), !self.has(.countedTwice) { return }
        } else if let known = self.far[member], known.vote.round >= vote.vote.round {
            return
        }
        guard self.verifier.isSigned(vote, epoch: self.committee.epoch) else { return self.refuse(.badSignature, from) }
        self.store(vote, member: member)
    }

    /// Keeps a vote whose signature is right.
    mutating func store(_ vote: SignedVote, member: Int) {
        guard self.isKnownToMe(.vote(vote.vote, form: nil)) else { return }
        guard self.isNear(vote.vote.round) else {
            // Too far ahead to be kept with the others: only the highest of each member, for R2.
            if vote.vote.round > self.round, (self.far[member]?.vote.round ?? -1) < vote.vote.round { self.far[member] = vote }
            return
        }
        let index = self.index(of: vote.vote.round)
        switch self.rounds[index].insert(vote, member: member) {
        case .known:
            guard self.has(.countedTwice) else { return }
            self.rounds[index].repeated.append(vote)
        case .conflict(let first): return self.report(.doubleVote(first, vote))
        case .first: self.checkLock(of: vote, member: member)
        }
        // Equal votes of a quorum for a block are a polka or a commit.
        if vote.vote.choice.id != nil, self.rounds[index].count(vote.vote.kind, for: vote.vote.choice) >= self.quorum {
            self.remember(self.rounds[index].certificate(vote.vote.kind, like: vote))
        }
    }

    /// A polka or a commit counts by itself, even where single votes contradict it; its votes are kept as well.
    private mutating func take(_ certificate: VoteCertificate, from: UInt32) {
        guard certificate.height == self.height, certificate.round >= 0 else { return self.refuse(.malformed, from) }
        let isPolka = certificate.kind == .prevote
        guard !isPolka || self.isNear(certificate.round) || certificate.round < self.round else { return }
        guard !(isPolka ? self.polkas : self.commits).contains(where: { $0.round == certificate.round && $0.choice == certificate.choice }) else {
            return
        }
        if let flaw = certificate.flaw(committee: self.committee, verifier: self.verifier, quorum: self.quorum) { return self.refuse(flaw, from) }
        self.remember(certificate)
        guard self.isNear(certificate.round) else { return }
        self.storeAll(certificate.votes)
    }

    private mutating func take(_ certificate: RoundCertificate, from: UInt32) {
        guard certificate.height == self.height else { return self.refuse(.malformed, from) }
        guard certificate.round > self.round, !self.has(.noSkip) else { return }
        if let flaw = certificate.flaw(committee: self.committee, verifier: self.verifier, quorum: self.quorum) { return self.refuse(flaw, from) }
        self.enter(because: certificate)
        self.storeAll(certificate.votes)
    }

    mutating func storeAll(_ votes: [SignedVote]) {
        for vote in votes {
            if let member = self.committee.index(of: vote.vote.signer) { self.store(vote, member: member) }
        }
    }

    private mutating func remember(_ certificate: VoteCertificate) {
        func isFull(_ list: [VoteCertificate], _ isCounted: (VoteCertificate) -> Bool) -> Bool {
            list.contains { $0.round == certificate.round && $0.choice == certificate.choice }
                || list.count(where: isCounted) >= ConsensusLimits.certificatesOfOneKind
        }
        if certificate.kind == .precommit {
            if !isFull(self.commits, { _ in true }) { self.commits.append(certificate) }
        } else if !isFull(self.polkas, { $0.round == certificate.round }) {
            self.polkas.append(certificate)
        }
    }

    mutating func take(_ verdict: Verdict, of id: BlockID, height: UInt64) {
        guard height == self.height, self.verdict(of: id) == nil else { return }
        if self.verdicts.count >= ConsensusLimits.verdicts, let index = self.verdicts.firstIndex(where: { !self.isPinned($0.id) }) {
            self.verdicts.remove(at: index)
        }
        self.verdicts.append((id, verdict))
    }

    private func isPinned(_ id: BlockID) -> Bool {
        self.locked?.id == id || self.valid?.id == id || self.commits.contains { $0.choice.id == id }
    }

    /// Messages of the next two heights wait, unchecked, when their signer sent them itself: nobody can fill another member's place.
    private mutating func keepForLater(_ message: ConsensusMessage, from: UInt32) {
        let place: (signer: UInt32, round: Round, kind: UInt8)
        switch message {
        case .proposal(let proposal, _): place = (proposal.proposal.signer, proposal.proposal.round, 0)
        case .vote(let vote): place = (vote.vote.signer, vote.vote.round, vote.vote.kind.rawValue)
        case .certificate(let certificate) where certificate.kind == .precommit:
            // The committee may have changed since: then it proves nothing yet, and sync finds out by the blocks.
            guard certificate.height > self.highestSeen else { return }
            guard certificate.flaw(committee: self.committee, verifier: self.verifier, quorum: self.quorum) == nil else { return }
            self.highestSeen = certificate.height
            return self.outputs.append(.behind(height: certificate.height))
        case .certificate, .round, .bundle: return
        }
        guard place.signer == from, place.round >= 0, place.round < ConsensusLimits.futureRounds else { return }
        guard message.height - self.height <= ConsensusLimits.heightsAhead, self.future.count < 12 * ConsensusLimits.members else { return }
        let isTaken = self.future.contains { item in
            guard item.from == from, item.message.height == message.height else { return false }
            switch item.message {
            case .proposal(let proposal, _): return place.kind == 0 && proposal.proposal.round == place.round
            case .vote(let vote): return vote.vote.kind.rawValue == place.kind && vote.vote.round == place.round
            default: return false
            }
        }
        if !isTaken, self.committee.index(of: from) != nil { self.future.append((message, from)) }
    }

    /// Rounds whose proposals and votes are kept in full.
    func isNear(_ round: Round) -> Bool {
        round >= self.round - ConsensusLimits.roundsBehind && round <= self.round + ConsensusLimits.roundsAhead
    }

    /// W8: a message with this node's signature that this node did not sign means that its key is in use elsewhere.
    private mutating func isKnownToMe(_ request: SignRequest) -> Bool {
        let signer: UInt32
        switch request {
        case .proposal(let proposal, _): signer = proposal.signer
        case .vote(let vote, _): signer = vote.signer
        }
        guard signer == self.signer, request.round >= self.oldestOwnRound else { return true }
        guard !self.signed.contains(where: { $0.isSame(as: request) }) else { return true }
        self.outputs.append(.fatal(.keyUsedElsewhere))
        return false
    }

    /// E3: compares a vote with what else its member has voted in this height.
    private mutating func checkLock(of vote: SignedVote, member: Int) {
        guard vote.vote.choice.id != nil else { return }
        for state in self.rounds where state.round != vote.vote.round {
            if vote.vote.kind == .prevote, let earlier = state.precommits[member], earlier.vote.contradictsLock(of: vote.vote) {
                return self.report(.lockViolation(precommit: earlier, prevote: vote))
            }
            if vote.vote.kind == .precommit, let later = state.prevotes[member], vote.vote.contradictsLock(of: later.vote) {
                return self.report(.lockViolation(precommit: vote, prevote: later))
            }
        }
    }

    private mutating func report(_ evidence: Evidence) {
        guard !self.reported.contains(evidence.identity) else { return }
        self.reported.append(evidence.identity)
        self.outputs.append(.evidence(evidence))
    }

    private mutating func refuse(_ refusal: ConsensusRefusal, _ from: UInt32) {
        self.outputs.append(.refuse(refusal, from: from))
    }
}
