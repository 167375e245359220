import LedgerModel
import Ordering

/// Liars who attack what others read and keep: forged and damaged certificates, and floods.
extension World {
    mutating func forge(from message: ConsensusMessage, by member: UInt32) {
        let receiver = self.random.pick(self.everyone)
        guard self.plan.strategy(of: receiver) == nil, let forged = self.forgery(from: message, by: member) else { return }
        self.tell(forged, from: member, to: receiver)
    }

    /// What a node that is behind is given: of a forger half of the decision, or the decision of another block.
    mutating func answer(_ commit: VoteCertificate, by index: Int) -> ConsensusMessage {
        guard self.nodes[index].strategy == .forger, self.random.chance(500) else { return .certificate(commit) }
        self.mark(.wrongAnswer)
        self.count { $0.faults.lies += 1 }
        let isHalf = self.random.chance(500)
        let quorum = self.office(at: commit.height).committee.quorum
        let other = self.adversary.blocks.first { $0 != commit.choice.id } ?? BlockID(number: 0)
        let choice = isHalf ? commit.choice : VoteChoice.precommit(other, lastConfig: 0)
        let entries = isHalf ? Array(commit.entries.prefix(quorum - 1)) : commit.entries
        return .certificate(
            VoteCertificate(height: commit.height, round: commit.round, kind: .precommit, choice: choice, form: commit.form, entries: entries))
    }

    private mutating func forgery(from message: ConsensusMessage, by member: UInt32) -> ConsensusMessage? {
        guard case .vote(let heard) = message else {
            if case .bundle(let bundle) = message { return bundle.polkas.last.flatMap { self.damaged($0) } }
            guard case .proposal(let proposal, _) = message else { return nil }
            let body = BlockProposal(
                height: proposal.proposal.height, round: proposal.proposal.round, id: proposal.proposal.id, validRound: -1, signer: member)
            return self.lie(.proposal(body, polka: nil), by: member)
        }
        let vote = heard.vote
        let members = self.office(at: vote.height).committee.members
        let quorum = self.office(at: vote.height).committee.quorum
        func entries(_ signers: [UInt32]) -> [CommitCertificate.Entry] {
            let content = SimulatedKeys.content(of: vote, epoch: Self.epoch)
            return signers.map { signer in
                // Of honest members only the signature that was heard; a made-up one for the others.
                let isMine = self.plan.strategy(of: signer) != nil
                let known = signer == vote.signer ? heard.signature : [1, 2, 3, 4, 5, 6, 7, 8]
                let signature = isMine ? self.keys.signature(of: content, by: signer) : known
                return CommitCertificate.Entry(consenter: signer, signature: signature)
            }
        }
        func certificate(_ signers: [UInt32]) -> ConsensusMessage {
            .certificate(
                VoteCertificate(
                    height: vote.height, round: vote.round, kind: vote.kind, choice: vote.choice, form: heard.form, entries: entries(signers)))
        }
        func own(_ height: UInt64, _ round: Round, _ kind: VoteKind, _ choice: VoteChoice) -> ConsensusMessage? {
            self.lie(.vote(Vote(height: height, round: round, kind: kind, choice: choice, signer: member), form: nil), by: member)
        }
        switch self.random.below(12) {
        case 0: return .vote(SignedVote(vote: vote, form: heard.form, signature: heard.signature.map { $0 ^ 1 }))
        case 1:
            let stranger = Vote(height: vote.height, round: vote.round, kind: .prevote, choice: .nil, signer: 99)
            let content = SimulatedKeys.content(of: stranger, epoch: Self.epoch)
            return .vote(SignedVote(vote: stranger, signature: self.keys.signature(of: content, by: 99)))
        case 2: return certificate([vote.signer])
        case 3: return certificate(members)
        case 4: return certificate(Array(repeating: vote.signer, count: quorum))
        case 5: return certificate(Array(members.dropLast()) + [99])
        case 6: return own(vote.height, vote.round + 1000, .prevote, .nil)
        case 7: return own(vote.height + 1 + self.random.below(4 as UInt64), Round(self.random.below(3 as UInt64)), .prevote, .nil)
        case 8: return .vote(SignedVote(vote: vote, form: heard.form, signature: [UInt8](repeating: 1, count: 200)))
        case 9: return .round(RoundCertificate(height: vote.height, round: vote.round + 1, votes: [heard]))
        case 10:
            // A height that nobody has reached, with a certificate that nobody has signed.
            let signers = entries(Array(members.prefix(quorum)))
            return .certificate(
                VoteCertificate(
                    height: vote.height + 1 + self.random.below(50 as UInt64), round: vote.round, kind: .precommit, choice: vote.choice,
                    form: Self.form, entries: signers))
        default:
            return own(vote.height, vote.round, .prevote, VoteChoice(id: vote.choice.id ?? BlockID(number: 0), validRound: vote.round, lastConfig: 0))
        }
    }

    /// The bytes of a certificate with a changed, missing or additional part; what can still be read is a message.
    private mutating func damaged(_ certificate: VoteCertificate) -> ConsensusMessage? {
        let committee = self.office(at: certificate.height).committee
        guard var bytes = CertificateFormat.encode(certificate, committee: committee), !bytes.isEmpty else { return nil }
        let place = self.random.below(bytes.count)
        switch self.random.below(4) {
        case 0: bytes.removeLast(place)
        // The bitmap of a polka stands after type, height, round, count, kind, flag, id and valid round.
        case 1: bytes.insert(0, at: min(bytes.count, 14 + 2 + 32 + 4))
        case 2: bytes.append(UInt8(truncatingIfNeeded: place))
        default: bytes[place] ^= 1 << UInt8(self.random.below(8))
        }
        do {
            return try CertificateFormat.decode(bytes, committee: committee)
        } catch {
            self.count { $0.faults.lies += 1 }
            self.mark(.bytesRefused)
            return nil
        }
    }

    // MARK: The flooder

    /// Fills up whatever is kept by height, round or block: signed votes for many of each, and bundles as large as they may be and larger.
    mutating func flood(by member: UInt32) {
        guard self.adversary.height > 0 else { return }
        for receiver in self.everyone where receiver != member {
            for _ in 0..<6 {
                let height = self.adversary.height + self.random.below(4 as UInt64)
                let round = self.adversary.round + self.random.pick([0, 1, 2, 7, 8, 9, 40, 1 << 20])
                guard let message = self.lie(.vote(self.anyVote(height, round, by: member), form: nil), by: member) else { return }
                self.tell(message, from: member, to: receiver)
            }
        }
        let limit = 8 * self.office(at: self.adversary.height).committee.members.count
        let size = self.random.chance(500) ? limit : limit + 1
        var bundle = RelayBundle(height: self.adversary.height, round: self.adversary.round)
        for _ in 0..<size {
            let vote = self.anyVote(bundle.height, bundle.round + Round(self.random.below(8 as UInt64)), by: member)
            if case .vote(let signed)? = self.lie(.vote(vote, form: nil), by: member) { bundle.votes.append(signed) }
        }
        self.tell(.bundle(bundle), from: member, to: self.random.pick(self.everyone))
    }

    private mutating func anyVote(_ height: UInt64, _ round: Round, by member: UInt32) -> Vote {
        let isPrevote = self.random.chance(500)
        let choice = isPrevote ? VoteChoice.prevote(BlockID(number: self.random.below(1 << 20)), validRound: -1) : .nil
        return Vote(height: height, round: round, kind: isPrevote ? .prevote : .precommit, choice: choice, signer: member)
    }
}
