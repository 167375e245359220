import LedgerModel

/// A quorum of equal votes for a block: of prevotes it is a polka, of precommits a commit.
package struct VoteCertificate: Hashable, Sendable {
    package let height: UInt64
    package let round: Round
    package let kind: VoteKind
    package let choice: VoteChoice
    /// In a commit: what all its signers signed.
    package let form: BlockForm?
    /// Ascending by consenter id, each once.
    package let entries: [CommitCertificate.Entry]

    package init(height: UInt64, round: Round, kind: VoteKind, choice: VoteChoice, form: BlockForm?, entries: [CommitCertificate.Entry]) {
        self.height = height
        self.round = round
        self.kind = kind
        self.choice = choice
        self.form = form
        self.entries = entries
    }

    /// The votes that it consists of.
    package var votes: [SignedVote] {
        self.entries.map { entry in
            SignedVote(
                vote: Vote(height: self.height, round: self.round, kind: self.kind, choice: self.choice, signer: entry.consenter), form: self.form,
                signature: entry.signature)
        }
    }

    /// The commit as slot 3 of the next block has it; nil for a polka.
    package var commitCertificate: CommitCertificate? {
        guard self.kind == .precommit, let id = self.choice.id else { return nil }
        return CommitCertificate(height: self.height, round: UInt32(clamping: self.round), blockID: id.bytes, entries: self.entries)
    }

    /// Why it proves nothing; nil when it does. One bad signature or stranger makes the whole certificate bad: there is no counting of the good.
    ///
    /// - Parameter quorum: n - f, except where a test plants another one.
    package func flaw(committee: Committee, verifier: any VoteVerifying, quorum: Int? = nil) -> ConsensusRefusal? {
        guard self.choice.id != nil else { return .malformed }
        return flaws(in: self.votes, atLeast: quorum ?? committee.quorum, committee: committee, verifier: verifier)
    }
}

/// Why a round may be entered: a quorum's precommits of the round before, or votes of the round from one honest member at least.
package struct RoundCertificate: Hashable, Sendable {
    package let height: UInt64
    package let round: Round
    /// Ascending by signer, each once.
    package let votes: [SignedVote]

    package init(height: UInt64, round: Round, votes: [SignedVote]) {
        self.height = height
        self.round = round
        self.votes = votes
    }

    /// A proof of the same with no more votes than it needs: votes for nil first, then those for the block with the most votes.
    ///
    /// A vote for a block brings the block's headers along, and every liar may name a block of its own; so this is what keeps it small.
    func trimmed(to count: Int) -> RoundCertificate {
        guard self.votes.count > count else { return self }
        func weight(_ vote: SignedVote) -> Int {
            vote.form == nil ? .max : self.votes.count { $0.vote.choice == vote.vote.choice && $0.form == vote.form }
        }
        let heaviest = self.votes.map { (weight: weight($0), vote: $0) }
            .sorted { ($1.weight, $0.vote.vote.signer) < ($0.weight, $1.vote.vote.signer) }
        let chosen = heaviest.prefix(count).map(\.vote).sorted { $0.vote.signer < $1.vote.signer }
        return RoundCertificate(height: self.height, round: self.round, votes: chosen)
    }

    /// Whether it consists of votes of the round itself rather than of precommits of the round before.
    var isOfRound: Bool { self.votes.allSatisfy { $0.vote.round == self.round } }

    /// Why it proves nothing; nil when it does.
    package func flaw(committee: Committee, verifier: any VoteVerifying, quorum: Int? = nil) -> ConsensusRefusal? {
        guard self.round > 0, self.votes.allSatisfy({ $0.vote.height == self.height }) else { return .malformed }
        let isOfRound = self.isOfRound
        guard isOfRound || self.votes.allSatisfy({ $0.vote.round == self.round - 1 && $0.vote.kind == .precommit }) else { return .malformed }
        return flaws(in: self.votes, atLeast: isOfRound ? committee.honest : quorum ?? committee.quorum, committee: committee, verifier: verifier)
    }
}

/// The one check of all certificates: enough votes, ascending signers, all of them members, all signatures right.
private func flaws(in votes: [SignedVote], atLeast: Int, committee: Committee, verifier: any VoteVerifying) -> ConsensusRefusal? {
    guard votes.count <= committee.members.count else { return .malformed }
    guard votes.count >= atLeast else { return .tooFewSigners }
    guard !zip(votes, votes.dropFirst()).contains(where: { $0.vote.signer >= $1.vote.signer }) else { return .malformed }
    for vote in votes {
        if let flaw = vote.flaw(committee: committee) { return flaw }
    }
    return votes.allSatisfy { verifier.isSigned($0, epoch: committee.epoch) } ? nil : .badSignature
}

extension SignedVote {
    /// Why it cannot be a vote of the committee, before its signature is looked at.
    func flaw(committee: Committee) -> ConsensusRefusal? {
        guard self.vote.isWellFormed, (1...ConsensusLimits.signatureBytes).contains(self.signature.count) else { return .malformed }
        guard self.form?.isSmall ?? true, self.vote.isBlockSignature == (self.form != nil),
            (self.form?.lastConfig ?? 0) == self.vote.choice.lastConfig
        else { return .malformed }
        return committee.index(of: self.vote.signer) == nil ? .stranger : nil
    }
}
