import ChannelConfiguration

/// What members of a committee send each other.
///
/// A proposal travels apart from its block, and the block as an outline: the envelopes are in everybody's pool already (1.14). Who misses the
/// outline asks for it by its id, and who misses envelopes asks for them by their hashes.
package enum MemberParcel: Hashable, Sendable {
    case consensus(ConsensusMessage)
    /// A serialised `CandidateOutline`.
    case candidate([UInt8])
    case candidateWanted(BlockID)
    /// Hashes of envelopes that the sender needs for a candidate.
    case envelopesWanted([[UInt8]])
    /// Serialised envelopes that the receiver asked for.
    case envelopesFound([[UInt8]])
    /// Serialised decided blocks, ascending, without gaps.
    case decisions([[UInt8]])
    case decisionsWanted(from: UInt64)
    /// Serialised envelopes from clients of the sender; they are not passed on.
    case envelopes([[UInt8]])
    /// A member's consent to the change of the committee that is due at a height.
    case changeSignature(height: UInt64, ConfigurationSignature)

    /// A receipt that was not honoured, as its bytes, with the serialised envelope that it is for: from a client, by way of any member, to the
    /// audit nodes.
    case complaint(receipt: [UInt8], envelope: [UInt8])

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
        case .candidate, .candidateWanted, .envelopesWanted, .envelopesFound, .decisions, .decisionsWanted, .changeSignature, .complaint: .blocks
        case .envelopes: .envelopes
        }
    }

    /// Roughly what it occupies; votes are counted, not weighed.
    package var sizeBytes: Int {
        switch self {
        case .consensus, .candidateWanted, .decisionsWanted: 64
        case .candidate(let bytes): bytes.count
        case .complaint(let receipt, let envelope): receipt.count + envelope.count + 64
        case .changeSignature(_, let signature): signature.signatureHeader.count + signature.signature.count + 64
        case .decisions(let items), .envelopes(let items), .envelopesWanted(let items), .envelopesFound(let items):
            items.reduce(64) { $0 + $1.count }
        }
    }

    /// Where in the protocol a message belongs; nil for what is not of the consensus.
    package var place: (height: UInt64, round: Round)? {
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
