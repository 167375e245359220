import FabricMessages
import LedgerModel

/// The bytes that a precommit for a block signs: those of a Fabric BFT consenter (interop 4.7), in the one form that we accept.
///
///     signed            = value | identifier header | block header
///     value             = 0a length last config | 12 length consenter metadata        OrdererBlockMetadata, nothing else
///     last config       = 08 varint of the block's number; empty for 0                LastConfig
///     consenter metadata                                                              `ExtendedHeaderFormat`, with the vote's round
///     identifier header = 08 varint of the consenter id, which is never 0             IdentifierHeader without a nonce
///     block header                                                                    `BlockHeaderFormat`
///
/// The parts are joined without lengths. Only bytes that equal what we would have written ourselves are accepted, so no byte can be moved
/// across a border.
package enum PrecommitFormat {
    /// The value that all signers of a block in one round sign; nil when the extended header has a wrong length.
    package static func value(of form: BlockForm, round: Round) -> [UInt8]? {
        guard form.extendedHeader.count == ExtendedHeaderFormat.headerBytes, round >= 0 else { return nil }
        var metadata = form.extendedHeader
        metadata.append(bigEndian: UInt32(bitPattern: round))
        return OrdererBlockMetadata(lastConfig: form.lastConfig, consenterMetadata: metadata).serialized()
    }

    /// The identifier header of a consenter.
    package static func identifierHeader(of consenter: UInt32) -> [UInt8] {
        var identifier = Common_IdentifierHeader()
        identifier.identifier = consenter
        return identifier.encoded()
    }

    /// The id of the form's block; nil when its extended header is not one, or its block header is not the one form of a header of that height.
    package static func blockID(of form: BlockForm) -> (id: BlockID, header: ExtendedHeader)? {
        guard form.isSmall, let header = try? ExtendedHeaderFormat.decode(form.extendedHeader + [0, 0, 0, 0]).header else { return nil }
        // Two octet strings of 32 bytes end the header; what is before them follows from the height.
        let (bytes, count) = (form.blockHeader, form.blockHeader.count)
        guard count > 68 else { return nil }
        let canonical = BlockHeaderFormat.encode(
            number: BlockNumber(header.height), previousHash: Array(bytes[(count - 66)..<(count - 34)]), dataHash: Array(bytes[(count - 32)...]))
        guard canonical == bytes else { return nil }
        guard let id = BlockID(ExtendedHeaderFormat.blockID(blockHeader: form.blockHeader, header: header)) else { return nil }
        return (id, header)
    }

    /// The signed bytes of a precommit for a block; nil when the form is another block's, or of another chain, epoch or height.
    package static func signedBytes(_ vote: Vote, form: BlockForm, chain: [UInt8], epoch: UInt64) -> [UInt8]? {
        guard vote.isBlockSignature, vote.isWellFormed, vote.signer > 0, form.lastConfig == vote.choice.lastConfig else { return nil }
        guard let (id, header) = self.blockID(of: form), id == vote.choice.id, let value = self.value(of: form, round: vote.round) else { return nil }
        guard header.chain == chain, header.epoch == epoch, header.height == vote.height else { return nil }
        return value + self.identifierHeader(of: vote.signer) + form.blockHeader
    }

    /// Reads a precommit as it travels and computes id, height and round again from what is signed.
    ///
    /// - Throws: `MessageError` when the parts are not exactly in the form above.
    package static func decode(
        value: [UInt8], identifierHeader: [UInt8], blockHeader: [UInt8], signature: [UInt8]
    ) throws(MessageError) -> SignedVote {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "precommit", reason: reason) }
        guard blockHeader.count <= ConsensusLimits.blockHeaderBytes else { throw refuse("its block header is \(blockHeader.count) bytes long") }
        let orderer = try OrdererBlockMetadata(serialized: value)
        let metadata = try ExtendedHeaderFormat.decode(orderer.consenterMetadata)
        let consenter = try Common_IdentifierHeader.decode(identifierHeader, as: "identifier header").identifier
        guard orderer.serialized() == value else { throw refuse("its value is not in canonical form") }
        guard consenter > 0, self.identifierHeader(of: consenter) == identifierHeader else { throw refuse("its signer is not in canonical form") }
        let form = BlockForm(
            lastConfig: orderer.lastConfig, blockHeader: blockHeader, extendedHeader: ExtendedHeaderFormat.encode(metadata.header))
        guard let id = self.blockID(of: form)?.id else { throw refuse("its block header is not one of its height in canonical form") }
        guard let round = Round(exactly: metadata.round) else { throw refuse("its round is out of range") }
        let vote = Vote(
            height: metadata.header.height, round: round, kind: .precommit, choice: .precommit(id, lastConfig: form.lastConfig), signer: consenter)
        return SignedVote(vote: vote, form: form, signature: signature)
    }
}
