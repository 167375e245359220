/// Proof that a quorum of the committee committed a block: the canonical record of who signed, carried by the next block in slot 3.
package struct CommitCertificate: Hashable, Sendable {
    /// One committee member's signature over its precommit: value, identifier header, header (interop 4.7).
    package struct Entry: Hashable, Sendable {
        package let consenter: UInt32
        package let signature: [UInt8]

        package init(consenter: UInt32, signature: [UInt8]) {
            self.consenter = consenter
            self.signature = signature
        }
    }

    package let height: UInt64
    package let round: UInt32
    /// Id of the block, see `ExtendedHeaderFormat`.
    package let blockID: [UInt8]
    /// Ascending by consenter id, each id once.
    package let entries: [Entry]

    package init(height: UInt64, round: UInt32, blockID: [UInt8], entries: [Entry]) {
        self.height = height
        self.round = round
        self.blockID = blockID
        self.entries = entries
    }

    /// The certificate that a block's slot 0 amounts to.
    ///
    /// - Throws: `MessageError` when the block is not one of ours.
    package init(of block: OrderedBlock) throws(MessageError) {
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let metadata = try ExtendedHeaderFormat.decode(OrdererBlockMetadata(serialized: signatures.value).consenterMetadata)
        var entries: [Entry] = []
        for entry in signatures.entries {
            guard case .consenter(let id, _) = entry.signer else {
                throw MessageError(part: "block signatures", reason: "a signer carries its identity instead of its consenter id")
            }
            entries.append(Entry(consenter: id, signature: entry.signature))
        }
        self.init(
            height: block.number.rawValue, round: metadata.round,
            blockID: ExtendedHeaderFormat.blockID(blockHeader: block.headerBytes, header: metadata.header),
            entries: entries.sorted { $0.consenter < $1.consenter })
    }
}
