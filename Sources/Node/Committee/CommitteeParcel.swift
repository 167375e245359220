import Ordering

/// What members of a committee send each other.
///
/// A proposal travels apart from its block: the proposer sends the whole block once to every member, and who misses it asks for it by its id.
package enum CommitteeParcel: Sendable {
    case consensus(ConsensusMessage)
    /// A serialised `CandidateBlock`.
    case candidate([UInt8])
    case candidateWanted(BlockID)
    /// Serialised decided blocks, ascending, without gaps.
    case decisions([[UInt8]])
    case decisionsWanted(from: UInt64)
    /// Serialised envelopes from clients of the sender; they are not passed on.
    case envelopes([[UInt8]])

    /// Parcels of one lane keep their order, and never wait for those of another lane.
    package enum Lane: Sendable {
        /// Small, and the committee waits for them.
        case votes
        case blocks
        case envelopes
    }

    package var lane: Lane {
        switch self {
        case .consensus: .votes
        case .candidate, .candidateWanted, .decisions, .decisionsWanted: .blocks
        case .envelopes: .envelopes
        }
    }

    /// Roughly what it occupies; votes are counted, not weighed.
    var sizeBytes: Int {
        switch self {
        case .consensus, .candidateWanted, .decisionsWanted: 64
        case .candidate(let bytes): bytes.count
        case .decisions(let items), .envelopes(let items): items.reduce(64) { $0 + $1.count }
        }
    }

    /// Where in the protocol a message belongs; nil for what is not of the consensus.
    var place: (height: UInt64, round: Round)? {
        guard case .consensus(let message) = self else { return nil }
        let round: Round
        switch message {
        case .proposal(let proposal, _): round = proposal.proposal.round
        case .vote(let vote): round = vote.vote.round
        case .certificate(let certificate): round = certificate.round
        case .round(let certificate): round = certificate.round
        case .bundle(let bundle): round = bundle.round
        }
        return (message.height, round)
    }
}
