/// What members send each other about one height.
package enum ConsensusMessage: Hashable, Sendable {
    /// A re-proposal comes with the polka of its valid round.
    case proposal(SignedBlockProposal, polka: VoteCertificate?)
    case vote(SignedVote)
    /// A polka or a commit.
    case certificate(VoteCertificate)
    case round(RoundCertificate)
    case bundle(RelayBundle)

    package var height: UInt64 {
        switch self {
        case .proposal(let proposal, _): proposal.proposal.height
        case .vote(let vote): vote.vote.height
        case .certificate(let certificate): certificate.height
        case .round(let certificate): certificate.height
        case .bundle(let bundle): bundle.height
        }
    }
}

/// What a member knows of the current and the previous round, from whomever it has it (L1 to L3); alone it says where the member stands.
package struct RelayBundle: Hashable, Sendable {
    package let height: UInt64
    package let round: Round
    package var proposals: [SignedBlockProposal] = []
    package var votes: [SignedVote] = []
    package var polkas: [VoteCertificate] = []
    package var roundCertificate: RoundCertificate?

    package init(height: UInt64, round: Round) {
        self.height = height
        self.round = round
    }
}

/// Something that this member is to sign and send to all members, itself included.
package enum SignRequest: Hashable, Sendable {
    case proposal(BlockProposal, polka: VoteCertificate?)
    case vote(Vote, form: BlockForm?)

    package var height: UInt64 {
        switch self {
        case .proposal(let proposal, _): proposal.height
        case .vote(let vote, _): vote.height
        }
    }

    package var round: Round {
        switch self {
        case .proposal(let proposal, _): proposal.round
        case .vote(let vote, _): vote.round
        }
    }

    /// 0 for a proposal, else the raw value of the vote's kind: with height and round it names the one thing that may be signed there.
    package var kind: UInt8 {
        switch self {
        case .proposal: 0
        case .vote(let vote, _): vote.kind.rawValue
        }
    }

    /// The bytes to sign; nil when a block's form is not the vote's, chain's and epoch's.
    package func signedBytes(chain: [UInt8], epoch: UInt64) -> [UInt8]? {
        switch self {
        case .proposal(let proposal, _): VoteFormat.signedBytes(proposal, chain: chain, epoch: epoch)
        case .vote(let vote, let form): SignedVote(vote: vote, form: form, signature: []).signedBytes(chain: chain, epoch: epoch)
        }
    }

    /// The message to send.
    package func message(signature: [UInt8]) -> ConsensusMessage {
        switch self {
        case .proposal(let proposal, let polka): .proposal(SignedBlockProposal(proposal: proposal, signature: signature), polka: polka)
        case .vote(let vote, let form): .vote(SignedVote(vote: vote, form: form, signature: signature))
        }
    }

    /// Whether it asks for the same as another; a certificate that travels along is not signed.
    package func isSame(as other: SignRequest) -> Bool {
        switch (self, other) {
        case (.proposal(let left, _), .proposal(let right, _)): left == right
        case (.vote(let left, _), .vote(let right, _)): left == right
        default: false
        }
    }
}
