import LedgerModel

/// The bytes that members sign for prevotes, nil votes and proposals; all integers big-endian, all lengths fixed.
///
///     vote     = "SELVAGE-VOTE-1" | chain[32] | epoch u64 | height u64 | round u32 | type u8 | hasId u8 | id[32] | validRound i32    104 bytes
///     proposal = "SELVAGE-PROP-1" | chain[32] | epoch u64 | height u64 | round u32 | id[32] | validRound i32                         102 bytes
///
/// type 1 is a prevote, 2 a precommit. For nil, hasId is 0 and id is zeros. validRound is -2 but in a prevote for a block. A precommit for a
/// block is not written this way: it signs the bytes of `PrecommitFormat`, which begin with 0x0a where these begin with "S".
package enum VoteFormat {
    private static let voteTag = Array("SELVAGE-VOTE-1".utf8)
    private static let proposalTag = Array("SELVAGE-PROP-1".utf8)

    /// The signed bytes of a vote; nil for a precommit for a block, and for a vote whose fields have no meaning.
    package static func signedBytes(_ vote: Vote, chain: [UInt8], epoch: UInt64) -> [UInt8]? {
        guard !vote.isBlockSignature, vote.isWellFormed else { return nil }
        var bytes = self.place(self.voteTag, chain: chain, epoch: epoch, height: vote.height, round: vote.round)
        bytes.append(vote.kind.rawValue)
        bytes.append(vote.choice.id == nil ? 0 : 1)
        bytes += vote.choice.id?.bytes ?? ExtendedHeader.zeroHash
        bytes.append(bigEndian: UInt32(bitPattern: vote.choice.validRound))
        return bytes
    }

    /// The signed bytes of a proposal.
    package static func signedBytes(_ proposal: BlockProposal, chain: [UInt8], epoch: UInt64) -> [UInt8] {
        var bytes = self.place(self.proposalTag, chain: chain, epoch: epoch, height: proposal.height, round: proposal.round)
        bytes += proposal.id.bytes
        bytes.append(bigEndian: UInt32(bitPattern: proposal.validRound))
        return bytes
    }

    private static func place(_ tag: [UInt8], chain: [UInt8], epoch: UInt64, height: UInt64, round: Round) -> [UInt8] {
        var bytes = tag + chain
        bytes.append(bigEndian: epoch)
        bytes.append(bigEndian: height)
        bytes.append(bigEndian: UInt32(bitPattern: round))
        return bytes
    }
}
