/// A round of one height; -1 stands for "none".
package typealias Round = Int32

/// The two votes of a round.
package enum VoteKind: UInt8, Hashable, Sendable {
    case prevote = 1
    case precommit = 2
}

/// What a vote is for. Two votes are the same vote, and count together, exactly when their choices are equal.
package struct VoteChoice: Hashable, Sendable {
    /// The valid round of every vote that has none.
    package static let unused: Round = -2
    /// The vote for no block.
    package static let `nil` = VoteChoice(id: nil, validRound: unused, lastConfig: 0)

    package let id: BlockID?
    /// In a prevote for a block: the valid round of the proposal that it answers.
    package let validRound: Round
    /// In a precommit for a block: the number of the newest configuration block, which is signed along and is not part of the id.
    package let lastConfig: UInt64

    package init(id: BlockID?, validRound: Round, lastConfig: UInt64) {
        self.id = id
        self.validRound = validRound
        self.lastConfig = lastConfig
    }

    package static func prevote(_ id: BlockID, validRound: Round) -> VoteChoice { VoteChoice(id: id, validRound: validRound, lastConfig: 0) }
    package static func precommit(_ id: BlockID, lastConfig: UInt64) -> VoteChoice {
        VoteChoice(id: id, validRound: unused, lastConfig: lastConfig)
    }
}

/// A vote without its signature.
package struct Vote: Hashable, Sendable {
    package let height: UInt64
    package let round: Round
    package let kind: VoteKind
    package let choice: VoteChoice
    /// Consenter id of the member who votes.
    package let signer: UInt32

    package init(height: UInt64, round: Round, kind: VoteKind, choice: VoteChoice, signer: UInt32) {
        self.height = height
        self.round = round
        self.kind = kind
        self.choice = choice
        self.signer = signer
    }

    /// A precommit for a block signs Fabric's block signature instead of our own layout.
    package var isBlockSignature: Bool { self.kind == .precommit && self.choice.id != nil }

    /// Whether every field is in its range, and fields without a meaning have their one value.
    package var isWellFormed: Bool {
        guard self.round >= 0, self.round <= ConsensusLimits.highestRound else { return false }
        guard self.kind == .prevote, self.choice.id != nil else {
            return self.choice.validRound == VoteChoice.unused && (self.isBlockSignature || self.choice.lastConfig == 0)
        }
        return self.choice.validRound >= -1 && self.choice.validRound < self.round && self.choice.lastConfig == 0
    }
}

/// What a block's signature covers beside the signer and the round; see `PrecommitFormat`.
package struct BlockForm: Hashable, Sendable {
    package let lastConfig: UInt64
    /// The DER of Fabric's header.
    package let blockHeader: [UInt8]
    /// The bytes of the extended header.
    package let extendedHeader: [UInt8]

    package init(lastConfig: UInt64, blockHeader: [UInt8], extendedHeader: [UInt8]) {
        self.lastConfig = lastConfig
        self.blockHeader = blockHeader
        self.extendedHeader = extendedHeader
    }
}

extension BlockForm {
    /// Whether both headers have a length that a real one can have; a simulation's are empty.
    var isSmall: Bool {
        self.blockHeader.count <= ConsensusLimits.blockHeaderBytes && self.extendedHeader.count <= ConsensusLimits.extendedHeaderBytes
    }
}

/// A vote as it travels; nothing about it has been believed yet.
package struct SignedVote: Hashable, Sendable {
    package let vote: Vote
    /// Present in precommits for a block only: from it a receiver computes the id again.
    package let form: BlockForm?
    package let signature: [UInt8]

    package init(vote: Vote, form: BlockForm? = nil, signature: [UInt8]) {
        self.vote = vote
        self.form = form
        self.signature = signature
    }
}

/// A proposal without its signature; the block itself travels apart.
package struct BlockProposal: Hashable, Sendable {
    package let height: UInt64
    package let round: Round
    package let id: BlockID
    /// The round of the polka that the block had before; -1 for a fresh block.
    package let validRound: Round
    /// Consenter id of the proposer.
    package let signer: UInt32

    package init(height: UInt64, round: Round, id: BlockID, validRound: Round, signer: UInt32) {
        self.height = height
        self.round = round
        self.id = id
        self.validRound = validRound
        self.signer = signer
    }

    package var isWellFormed: Bool {
        self.round >= 0 && self.round <= ConsensusLimits.highestRound && self.validRound >= -1 && self.validRound < self.round
    }
}

/// A proposal as it travels.
package struct SignedBlockProposal: Hashable, Sendable {
    package let proposal: BlockProposal
    package let signature: [UInt8]

    package init(proposal: BlockProposal, signature: [UInt8]) {
        self.proposal = proposal
        self.signature = signature
    }
}
