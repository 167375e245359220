import LedgerModel

/// What a replica holds of one round: the first proposal, the first vote of each kind of each member, and what contradicts them.
struct RoundState: Sendable {
    enum Insertion {
        case first, known
        case conflict(SignedVote)
    }

    let round: Round
    private(set) var proposal: SignedBlockProposal?
    private(set) var secondProposal: SignedBlockProposal?
    /// By member index.
    private(set) var prevotes: [SignedVote?]
    private(set) var precommits: [SignedVote?]
    /// The first contradicting vote of each kind of each member: kept for relays, never counted.
    private(set) var conflicts: [SignedVote] = []
    var isPrevoteTimerArmed = false
    var isPrecommitTimerArmed = false
    /// Votes that the planted bug `countedTwice` counts again.
    var repeated: [SignedVote] = []

    init(round: Round, members: Int) {
        self.round = round
        self.prevotes = Array(repeating: nil, count: members)
        self.precommits = Array(repeating: nil, count: members)
    }

    func votes(_ kind: VoteKind) -> [SignedVote?] { kind == .prevote ? self.prevotes : self.precommits }

    func vote(_ kind: VoteKind, member: Int) -> SignedVote? { kind == .prevote ? self.prevotes[member] : self.precommits[member] }

    /// Whether a vote would tell nothing new, so that its signature need not be checked.
    func knows(_ vote: SignedVote, member: Int) -> Bool {
        guard let first = self.vote(vote.vote.kind, member: member) else { return false }
        return first.vote == vote.vote || self.conflicts.contains { $0.vote.signer == vote.vote.signer && $0.vote.kind == vote.vote.kind }
    }

    /// R14: the first vote counts, a different second one is kept beside it and never replaces it.
    mutating func insert(_ vote: SignedVote, member: Int) -> Insertion {
        guard let first = self.vote(vote.vote.kind, member: member) else {
            if vote.vote.kind == .prevote { self.prevotes[member] = vote } else { self.precommits[member] = vote }
            return .first
        }
        guard !self.knows(vote, member: member) else { return .known }
        self.conflicts.append(vote)
        return .conflict(first)
    }

    /// R14 for proposals.
    ///
    /// - Returns: The first proposal when this one contradicts it for the first time.
    mutating func insert(_ proposal: SignedBlockProposal) -> SignedBlockProposal? {
        guard let first = self.proposal else {
            self.proposal = proposal
            return nil
        }
        guard first.proposal != proposal.proposal, self.secondProposal == nil else { return nil }
        self.secondProposal = proposal
        return first
    }

    /// How many members voted, whatever for.
    func count(_ kind: VoteKind) -> Int {
        var count = 0
        for vote in self.votes(kind) where vote != nil { count += 1 }
        return count + self.repeated.count { $0.vote.kind == kind }
    }

    /// How many members made exactly this choice.
    func count(_ kind: VoteKind, for choice: VoteChoice) -> Int {
        var count = 0
        for case let vote? in self.votes(kind) where vote.vote.choice == choice { count += 1 }
        return count + self.repeated.count { $0.vote.kind == kind && $0.vote.choice == choice }
    }

    /// How many members sent a vote of either kind.
    var voters: Int {
        var count = 0
        for index in self.prevotes.indices where self.prevotes[index] != nil || self.precommits[index] != nil { count += 1 }
        return count
    }

    /// All votes that are known, first ones and contradicting ones.
    var allVotes: [SignedVote] { self.prevotes.compactMap { $0 } + self.precommits.compactMap { $0 } + self.conflicts }

    /// The certificate that equal votes for a block amount to.
    func certificate(_ kind: VoteKind, like vote: SignedVote) -> VoteCertificate {
        let entries = self.votes(kind).compactMap { $0 }.filter { $0.vote.choice == vote.vote.choice }
            .map { CommitCertificate.Entry(consenter: $0.vote.signer, signature: $0.signature) }
        return VoteCertificate(
            height: vote.vote.height, round: self.round, kind: kind, choice: vote.vote.choice, form: vote.form, entries: entries)
    }
}
