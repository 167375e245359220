import LedgerModel

/// A block that the committee has not decided yet, as it travels from its proposer to the other members.
///
/// It is written as a Fabric block whose slot 0 holds the value of round 0 without any signature; slot 3 holds the parent's certificate.
/// Being one says only that the parts have their one form: what they are worth is `CommitteeBlocks.fault`.
package struct CandidateBlock: Hashable, Sendable {
    package let block: OrderedBlock
    package let header: ExtendedHeader
    package let form: BlockForm
    package let id: BlockID

    /// Takes a block apart.
    ///
    /// - Throws: `MessageError` when it is signed already, or one of its slots is not in its one form.
    package init(_ block: OrderedBlock) throws(MessageError) {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "candidate", reason: reason) }
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let value = try OrdererBlockMetadata(serialized: signatures.value)
        let metadata = try ExtendedHeaderFormat.decode(value.consenterMetadata)
        guard block.metadata.count == BlockMetadataSlot.allCases.count, signatures.entries.isEmpty, metadata.round == 0,
            value.serialized() == signatures.value, signatures.slot() == block.metadata(.signatures)
        else { throw refuse("its slots are not those of an undecided block") }
        guard block.metadata(.lastConfig) == value.lastConfigSlot, block.metadata(.transactionsFilter).isEmpty, block.metadata(.commitHash).isEmpty
        else { throw refuse("slot 1, 2 or 4 is not in its one form") }
        let form = BlockForm(
            lastConfig: value.lastConfig, blockHeader: block.headerBytes, extendedHeader: ExtendedHeaderFormat.encode(metadata.header))
        guard let id = PrecommitFormat.blockID(of: form)?.id else { throw refuse("it has no id") }
        self.block = block
        self.header = metadata.header
        self.form = form
        self.id = id
    }

    /// Puts a new candidate together.
    init(unsigned block: OrderedBlock, header: ExtendedHeader, lastConfig: UInt64, parentCertificate: [UInt8]) throws(MessageError) {
        let value = OrdererBlockMetadata(
            lastConfig: lastConfig, consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: header, round: 0)))
        let signatures = BlockSignatures(value: value.serialized(), entries: [])
        try self.init(
            block.with(.signatures, signatures.slot()).with(.lastConfig, value.lastConfigSlot).with(.orderer, parentCertificate))
    }

    package var height: UInt64 { self.block.number.rawValue }
}
