import LedgerModel

@testable import Ordering

/// Signatures that cost nothing: a hash of what is signed and by whom. Nobody forges them here, because nobody tries.
struct FakeKeys: VoteVerifying {
    func isSigned(_ vote: SignedVote, epoch: UInt64) -> Bool { vote.signature == Self.signature(of: vote.vote) }
    func isSigned(_ proposal: SignedBlockProposal, epoch: UInt64) -> Bool { proposal.signature == Self.signature(of: proposal.proposal) }

    static func signature(of vote: Vote) -> [UInt8] {
        let id = vote.choice.id?.number ?? .max
        return self.mix(
            vote.height &* 31 &+ UInt64(vote.kind.rawValue), UInt64(bitPattern: Int64(vote.round)), id,
            UInt64(bitPattern: Int64(vote.choice.validRound)),
            vote.choice.lastConfig, UInt64(vote.signer))
    }

    static func signature(of proposal: BlockProposal) -> [UInt8] {
        self.mix(
            proposal.height, UInt64(bitPattern: Int64(proposal.round)), proposal.id.number, UInt64(bitPattern: Int64(proposal.validRound)), 77,
            UInt64(proposal.signer))
    }

    private static func mix(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64, _ f: UInt64) -> [UInt8] {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        state = (state ^ a) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ b) &* 0x94D0_49BB_1331_11EB
        state = (state ^ c ^ state >> 31) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ d) &* 0x94D0_49BB_1331_11EB
        state = (state ^ e ^ state >> 29) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ f) &* 0x94D0_49BB_1331_11EB
        state ^= state >> 32
        return [
            UInt8(truncatingIfNeeded: state), UInt8(truncatingIfNeeded: state >> 8), UInt8(truncatingIfNeeded: state >> 16),
            UInt8(truncatingIfNeeded: state >> 24),
        ]
    }

    static func sign(_ request: SignRequest) -> ConsensusMessage {
        switch request {
        case .proposal(let proposal, _): request.message(signature: self.signature(of: proposal))
        case .vote(let vote, _): request.message(signature: self.signature(of: vote))
        }
    }
}

/// Shorthand for blocks, votes and proposals of height 1 in a committee of members 1, 2, 3 and so on.
enum Fake {
    static let form = BlockForm(lastConfig: 0, blockHeader: [], extendedHeader: [])
    static let valid = Verdict.valid(form, isTimely: true)

    static func block(_ number: UInt64) -> BlockID { BlockID(number: number) }

    static func prevote(_ signer: UInt32, _ block: UInt64?, round: Round = 0, valid: Round = -1, height: UInt64 = 1) -> SignedVote {
        let choice = block.map { VoteChoice.prevote(self.block($0), validRound: valid) } ?? .nil
        return self.signed(Vote(height: height, round: round, kind: .prevote, choice: choice, signer: signer))
    }

    static func precommit(_ signer: UInt32, _ block: UInt64?, round: Round = 0, height: UInt64 = 1) -> SignedVote {
        let choice = block.map { VoteChoice.precommit(self.block($0), lastConfig: 0) } ?? .nil
        return self.signed(Vote(height: height, round: round, kind: .precommit, choice: choice, signer: signer))
    }

    static func signed(_ vote: Vote) -> SignedVote {
        SignedVote(vote: vote, form: vote.isBlockSignature ? self.form : nil, signature: FakeKeys.signature(of: vote))
    }

    static func proposal(_ signer: UInt32, _ block: UInt64, round: Round = 0, valid: Round = -1, height: UInt64 = 1) -> SignedBlockProposal {
        let body = BlockProposal(height: height, round: round, id: self.block(block), validRound: valid, signer: signer)
        return SignedBlockProposal(proposal: body, signature: FakeKeys.signature(of: body))
    }

    static func polka(_ block: UInt64, round: Round, valid: Round = -1, signers: [UInt32] = [1, 2, 3]) -> VoteCertificate {
        self.certificate(signers.map { self.prevote($0, block, round: round, valid: valid) })
    }

    static func commit(_ block: UInt64, round: Round, signers: [UInt32] = [1, 2, 3], height: UInt64 = 1) -> VoteCertificate {
        self.certificate(signers.map { self.precommit($0, block, round: round, height: height) })
    }

    /// A certificate of votes that agree.
    static func certificate(_ votes: [SignedVote]) -> VoteCertificate {
        let first = votes[0]
        return VoteCertificate(
            height: first.vote.height, round: first.vote.round, kind: first.vote.kind, choice: first.vote.choice, form: first.form,
            entries: votes.map { CommitCertificate.Entry(consenter: $0.vote.signer, signature: $0.signature) })
    }
}

/// One replica that a test drives by hand; what it signs comes back to it at once.
struct Bench {
    var replica: Replica
    let me: UInt32
    let schedule: ProposerSchedule
    let committee: Committee
    private(set) var log: [ReplicaOutput] = []

    /// Member `me` of 1...count, at height 1, where member r + 1 proposes in round r.
    init(me: UInt32 = 4, of count: UInt32 = 4, hasReason: Bool = true, bugs: PlantedBugs = [], record: SafetyRecord? = nil) {
        self.me = me
        self.replica = Replica(verifier: FakeKeys(), bugs: bugs)
        self.committee = Committee(epoch: 0, members: Array(1...count)) ?? .nobody
        self.schedule = ProposerSchedule(order: Array(1...count), firstHeight: 1) ?? .nobody
        self.feed(
            .startHeight(HeightStart(height: 1, committee: self.committee, schedule: self.schedule, signer: me, record: record, hasReason: hasReason))
        )
    }

    /// Feeds one input, and what gets signed because of it.
    @discardableResult mutating func feed(_ input: ReplicaInput) -> [ReplicaOutput] {
        let outputs = self.replica.step(input)
        self.log += outputs
        var all = outputs
        for case .sign(let request) in outputs { all += self.feed(.message(FakeKeys.sign(request), from: self.me)) }
        return all
    }

    @discardableResult mutating func vote(_ votes: SignedVote...) -> [ReplicaOutput] {
        votes.flatMap { self.feed(.message(.vote($0), from: $0.vote.signer)) }
    }

    @discardableResult mutating func propose(_ proposal: SignedBlockProposal, polka: VoteCertificate? = nil, isTimely: Bool = true) -> [ReplicaOutput]
    {
        self.feed(.message(.proposal(proposal, polka: polka), from: proposal.proposal.signer))
            + self.feed(.verdict(height: proposal.proposal.height, id: proposal.proposal.id, .valid(Fake.form, isTimely: isTimely)))
    }

    @discardableResult mutating func timeout(_ kind: TimeoutKind, round: Round = 0) -> [ReplicaOutput] {
        self.feed(.timeout(height: self.replica.height, round: round, kind))
    }

    /// What this replica has signed, in order, as text: "prevote 0 7 -1" is a prevote in round 0 for block 7 with valid round -1.
    var signed: [String] {
        self.log.compactMap { output in
            guard case .sign(let request) = output else { return nil }
            return Self.text(request)
        }
    }

    static func text(_ request: SignRequest) -> String {
        switch request {
        case .proposal(let proposal, _): "propose \(proposal.round) \(proposal.id.number) \(proposal.validRound)"
        case .vote(let vote, _):
            vote.kind == .prevote
                ? "prevote \(vote.round) " + (vote.choice.id.map { "\($0.number) \(vote.choice.validRound)" } ?? "nil")
                : "precommit \(vote.round) " + (vote.choice.id.map { "\($0.number)" } ?? "nil")
        }
    }
}

extension [ReplicaOutput] {
    var timers: [TimeoutKind] {
        self.compactMap { if case .arm(_, _, let kind, _) = $0 { kind } else { nil } }
    }

    var evidence: [Evidence] {
        self.compactMap { if case .evidence(let evidence) = $0 { evidence } else { nil } }
    }

    var refusals: [ConsensusRefusal] {
        self.compactMap { if case .refuse(let refusal, _) = $0 { refusal } else { nil } }
    }

    var decided: [BlockID] {
        self.compactMap { if case .decide(let id, _) = $0 { id } else { nil } }
    }

    var relays: [RelayBundle] {
        self.compactMap { if case .relay(let bundle, _) = $0 { bundle } else { nil } }
    }

    var fetched: [BlockID] {
        self.compactMap { if case .fetchBlock(let id, _) = $0 { id } else { nil } }
    }
}
