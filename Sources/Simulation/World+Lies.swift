import LedgerModel
import Ordering

/// What liars do with the messages that they hear, and with what a corrupt replica wants to sign.
extension World {
    // MARK: Speaking

    /// Signs anything for a liar; nothing for anybody else.
    func lie(_ request: SignRequest, by member: UInt32) -> ConsensusMessage? {
        guard self.plan.strategy(of: member) != nil else { return nil }
        return request.message(signature: self.keys.signature(of: SimulatedKeys.content(of: request, epoch: Self.epoch), by: member))
    }

    mutating func tell(_ message: ConsensusMessage, from member: UInt32, to receiver: UInt32) {
        guard let index = self.process(of: receiver, for: member, height: message.height) else { return }
        self.count { $0.faults.lies += 1 }
        self.transmit(message, from: member, to: index)
    }

    private mutating func vote(_ kind: VoteKind, _ id: BlockID?, round: Round, valid: Round = -1, by member: UInt32, to receivers: [UInt32]) {
        let choice = id.map { kind == .prevote ? VoteChoice.prevote($0, validRound: valid) : .precommit($0, lastConfig: 0) } ?? .nil
        let vote = Vote(height: self.adversary.height, round: round, kind: kind, choice: choice, signer: member)
        guard let message = self.lie(.vote(vote, form: vote.isBlockSignature ? Self.form : nil), by: member) else { return }
        for receiver in receivers where receiver != member { self.tell(message, from: member, to: receiver) }
    }

    private mutating func propose(
        _ id: BlockID, round: Round, valid: Round, polka: VoteCertificate?, by member: UInt32, to receivers: [UInt32]
    ) {
        let proposal = BlockProposal(height: self.adversary.height, round: round, id: id, validRound: valid, signer: member)
        self.adversary.note(proposal)
        guard let message = self.lie(.proposal(proposal, polka: polka), by: member) else { return }
        for receiver in receivers where receiver != member { self.tell(message, from: member, to: receiver) }
    }

    // MARK: Corrupt replicas

    /// Sends what a liar's replica wants to sign, in the liar's way.
    mutating func signFalsely(_ request: SignRequest, by index: Int) {
        let member = self.nodes[index].member
        guard let message = self.lie(request, by: member) else { return }
        self.later(index, .message(message, from: member), 0)
        var receivers = self.everyone.filter { $0 != member }
        switch (self.nodes[index].strategy, request) {
        case (.twins, _): receivers = receivers.filter { self.speaks(index, to: $0, height: request.height) }
        case (.withholder, .vote(let vote, _)) where vote.kind == .precommit: receivers = [self.adversary.victim]
        case (.doubleProposer, .proposal(let proposal, _)) where proposal.validRound == -1:
            let other = self.makeBlock(
                height: proposal.height, parent: self.nodes[index].disk.blocks.last?.id, by: index, isForged: false)
            self.nodes[index].otherBlock = (proposal.id, other)
            let second = BlockProposal(height: proposal.height, round: proposal.round, id: other, validRound: -1, signer: member)
            guard let secondMessage = self.lie(.proposal(second, polka: nil), by: member) else { return }
            for receiver in receivers {
                self.tell(self.side(of: receiver, height: proposal.height) ? message : secondMessage, from: member, to: receiver)
            }
            return
        case (.doubleProposer, .vote(let vote, let form)):
            guard let (mine, other) = self.nodes[index].otherBlock, vote.choice.id == mine else { break }
            let choice = VoteChoice(id: other, validRound: vote.choice.validRound, lastConfig: vote.choice.lastConfig)
            let second = Vote(height: vote.height, round: vote.round, kind: vote.kind, choice: choice, signer: member)
            guard let secondMessage = self.lie(.vote(second, form: form), by: member) else { return }
            for receiver in receivers {
                self.tell(self.side(of: receiver, height: vote.height) ? message : secondMessage, from: member, to: receiver)
            }
            return
        default: break
        }
        for receiver in receivers {
            if let process = self.process(of: receiver, for: member, height: request.height) { self.transmit(message, from: member, to: process) }
        }
    }

    // MARK: Hearing

    /// What a liar does about a message that came to it.
    mutating func overhear(_ message: ConsensusMessage, from: UInt32, by index: Int) {
        self.adversary.hear(message)
        let member = self.nodes[index].member
        switch self.nodes[index].strategy {
        case .doubleVoter: if self.random.chance(250) { self.babble(about: message, by: index) }
        case .amnesiac: self.voteForAnything(message, by: member)
        case .hunter: self.hunt(message, by: index)
        case .flatterer: self.flatter(message, by: index)
        case .replayer: if self.random.chance(150) { self.replay(by: member) }
        case .forger: if self.random.chance(150), message.height == self.adversary.height { self.forge(from: message, by: member) }
        case .silent, .doubleProposer, .withholder, .refuser, .hoarder, .twins, .flooder, nil: break
        }
    }

    /// What a liar does now and then by itself.
    mutating func act(_ index: Int) {
        let member = self.nodes[index].member
        switch self.nodes[index].strategy {
        case .hunter: self.proposeAsHunter(by: index)
        case .flatterer:
            self.adversary.reach(UInt64(self.decided.count) + 1)
            self.proposeAnything(by: index)
        case .doubleVoter: self.proposeAnything(by: index)
        case .replayer: self.replay(by: member)
        case .flooder: self.flood(by: member)
        default: break
        }
    }

    private mutating func replay(by member: UInt32) {
        guard !self.adversary.heard.isEmpty else { return }
        self.tell(self.random.pick(self.adversary.heard), from: member, to: self.random.pick(self.everyone))
    }

    private mutating func babble(about message: ConsensusMessage, by index: Int) {
        let member = self.nodes[index].member
        let round: Round
        switch message {
        case .proposal(let proposal, _): round = proposal.proposal.round
        case .vote(let vote): round = vote.vote.round
        case .bundle(let bundle): round = bundle.round
        case .certificate, .round: return
        }
        guard message.height == self.adversary.height else { return }
        let known = self.adversary.blocks
        for receiver in self.everyone where receiver != member {
            let pick = self.random.below(known.count + 1)
            let kind = self.random.chance(500) ? VoteKind.prevote : .precommit
            let valid = self.random.chance(700) ? -1 : Round(self.random.below(UInt64(round) + 1)) - 1
            self.vote(kind, pick < known.count ? known[pick] : nil, round: round, valid: valid, by: member, to: [receiver])
        }
        self.proposeAnything(by: index)
    }

    /// In its turn: to each receiver another block, maybe with a valid round that is not true.
    private mutating func proposeAnything(by index: Int) {
        let member = self.nodes[index].member
        guard self.adversary.height > 0 else { return }
        for round in [self.adversary.round, self.adversary.round + 1] {
            guard self.isTurn(of: member, round: round) else { continue }
            guard self.adversary.isNew(0, round: round, by: member) else { continue }
            for receiver in self.everyone where receiver != member {
                guard let id = self.anyBlock(by: index) else { return }
                let valid = self.random.chance(600) ? -1 : Round(self.random.below(UInt64(round) + 1)) - 1
                self.propose(id, round: round, valid: valid, polka: nil, by: member, to: [receiver])
            }
        }
    }

    private func isTurn(of member: UInt32, round: Round) -> Bool {
        self.office(at: self.adversary.height).schedule.proposer(height: self.adversary.height, round: round) == member
    }

    /// A block that was proposed already, or a new one on the decided parent.
    private mutating func anyBlock(by index: Int, except: BlockID? = nil) -> BlockID? {
        let known = self.adversary.blocks.filter { $0 != except }
        if !known.isEmpty, self.random.chance(self.plan.expectsFork ? 250 : 600) { return self.random.pick(known) }
        let height = self.adversary.height
        guard height > 0, self.decided.count + 1 >= height else { return nil }
        let parent = height == 1 ? nil : self.decided[Int(height) - 2]
        return self.makeBlock(height: height, parent: parent, by: index, isForged: self.random.chance(50))
    }

    /// The amnesiac prevotes every proposal and precommits whatever somebody has prevoted.
    private mutating func voteForAnything(_ message: ConsensusMessage, by member: UInt32) {
        guard message.height == self.adversary.height else { return }
        if case .proposal(let proposal, _) = message, self.adversary.isNew(1, round: proposal.proposal.round, by: member) {
            let body = proposal.proposal
            self.vote(.prevote, body.id, round: body.round, valid: body.validRound, by: member, to: self.everyone)
        }
        if case .vote(let vote) = message, vote.vote.kind == .prevote, let id = vote.vote.choice.id,
            self.adversary.isNew(2, round: vote.vote.round, by: member)
        {
            self.vote(.precommit, id, round: vote.vote.round, by: member, to: self.everyone)
        }
    }

    /// The flatterer gives each member's vote back to it.
    private mutating func flatter(_ message: ConsensusMessage, by index: Int) {
        let member = self.nodes[index].member
        self.proposeAnything(by: index)
        guard case .vote(let heard) = message, message.height == self.adversary.height else { return }
        let vote = heard.vote
        guard self.plan.strategy(of: vote.signer) == nil else { return }
        let kind = UInt8(truncatingIfNeeded: 4 + 2 * vote.signer) + vote.kind.rawValue
        guard self.adversary.isNew(kind, round: vote.round, by: member) else { return }
        self.vote(vote.kind, vote.choice.id, round: vote.round, valid: vote.choice.validRound, by: member, to: [vote.signer])
    }

    // MARK: The hunter

    private mutating func hunt(_ message: ConsensusMessage, by index: Int) {
        guard message.height == self.adversary.height else { return }
        let member = self.nodes[index].member
        let others = self.everyone.filter { $0 != self.adversary.victim }
        if case .proposal(let proposal, _) = message {
            let body = proposal.proposal
            guard self.adversary.isNew(1, round: body.round, by: member) else { return }
            let isSecret = self.plan.expectsFork && self.random.chance(500)
            let receivers = isSecret ? [self.adversary.victim] : self.everyone
            self.vote(.prevote, body.id, round: body.round, valid: body.validRound, by: member, to: receivers)
        }
        guard case .vote(let vote) = message, vote.vote.kind == .precommit, self.plan.strategy(of: vote.vote.signer) == nil else { return }
        let round = vote.vote.round
        if let id = vote.vote.choice.id, self.adversary.isNew(2, round: round, by: member) {
            if let first = self.adversary.victimBlock, first.id != id {
                // The rest goes another way than the victim: help it to decide.
                self.vote(.precommit, id, round: round, by: member, to: others)
            } else {
                self.adversary.victimBlock = (id, round)
                self.vote(.precommit, id, round: round, by: member, to: [self.adversary.victim])
                if self.random.chance(800) {
                    self.network.silence(self.adversary.victim, until: self.now + 200 + self.random.below(1500 as UInt64))
                }
            }
        }
        self.proposeAsHunter(by: index)
    }

    private mutating func proposeAsHunter(by index: Int) {
        let member = self.nodes[index].member
        let height = self.adversary.height
        guard height > 0 else { return }
        for round in [self.adversary.round, self.adversary.round + 1] {
            guard self.isTurn(of: member, round: round), self.adversary.isNew(0, round: round, by: member) else { continue }
            guard let id = self.anyBlock(by: index, except: self.adversary.victimBlock?.id) else { return }
            var valid: Round = -1
            if round > 0, !self.random.chance(400) { valid = self.random.chance(700) ? round - 1 : Round(self.random.below(UInt64(round))) }
            let polka = self.adversary.polkas.first { $0.choice.id == id && $0.round == valid }
            let everybody = self.random.chance(500)
            let receivers = self.everyone.filter { everybody || $0 != self.adversary.victim }
            self.propose(id, round: round, valid: valid, polka: polka, by: member, to: receivers)
            self.vote(.prevote, id, round: round, valid: valid, by: member, to: receivers)
        }
    }
}
