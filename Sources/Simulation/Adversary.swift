import Ordering

/// What all liars of a world know together; they hear what any of them hears.
struct Adversary {
    /// The honest member that the cleverer strategies work on.
    var victim: UInt32
    /// Which peers hear which of two twins.
    var sides: UInt64 = 0
    /// The height that liars are busy with, the highest that they have heard of.
    private(set) var height: UInt64 = 0
    private(set) var round: Round = 0
    private(set) var proposals: [BlockProposal] = []
    private(set) var polkas: [VoteCertificate] = []
    /// The block that the victim was given the last precommit for.
    var victimBlock: (id: BlockID, round: Round)?
    /// Old messages, the newest last.
    private(set) var heard: [ConsensusMessage] = []
    /// What was said already in this height; looked up only.
    private var said: Set<UInt64> = []

    init(victim: UInt32) {
        self.victim = victim
    }

    mutating func hear(_ message: ConsensusMessage) {
        if self.heard.count >= 96 { self.heard.removeFirst(32) }
        self.heard.append(message)
        self.reach(message.height)
        guard message.height == self.height else { return }
        switch message {
        case .proposal(let proposal, let polka):
            self.note(proposal.proposal)
            if let polka { self.note(polka) }
        case .vote(let vote): self.round = max(self.round, min(vote.vote.round, 64))
        case .certificate(let certificate): self.note(certificate)
        case .round(let certificate): self.round = max(self.round, min(certificate.round, 64))
        case .bundle(let bundle):
            self.round = max(self.round, min(bundle.round, 64))
            for proposal in bundle.proposals { self.note(proposal.proposal) }
            for polka in bundle.polkas { self.note(polka) }
        }
    }

    /// Turns to a later height; what was known of the last one is forgotten.
    mutating func reach(_ height: UInt64) {
        guard height > self.height else { return }
        self.height = height
        (self.round, self.victimBlock) = (0, nil)
        self.proposals.removeAll(keepingCapacity: true)
        self.polkas.removeAll(keepingCapacity: true)
        self.said.removeAll(keepingCapacity: true)
    }

    mutating func note(_ proposal: BlockProposal) {
        self.round = max(self.round, min(proposal.round, 64))
        if self.proposals.count < 24, !self.proposals.contains(proposal) { self.proposals.append(proposal) }
    }

    private mutating func note(_ polka: VoteCertificate) {
        if polka.kind == .prevote, self.polkas.count < 12, !self.polkas.contains(polka) { self.polkas.append(polka) }
    }

    /// True the first time that a member says this kind of thing in a round of the present height.
    mutating func isNew(_ kind: UInt8, round: Round, by member: UInt32) -> Bool {
        self.said.insert(UInt64(kind) << 40 | UInt64(UInt32(bitPattern: round)) << 8 | UInt64(member & 0xFF)).inserted
    }

    /// Blocks that were proposed in the present height, each once.
    var blocks: [BlockID] {
        var ids: [BlockID] = []
        for proposal in self.proposals where !ids.contains(proposal.id) { ids.append(proposal.id) }
        return ids
    }
}
