import LedgerModel

/// A candidate without its envelopes: everything that its id depends on, and the hashes by which the envelopes are found (1.14).
///
/// The hashes are bound by the header's Merkle root, so an outline with an id leads to one block at most.
package struct CandidateOutline: Hashable, Sendable {
    package let previousHash: [UInt8]
    package let dataHash: [UInt8]
    package let header: ExtendedHeader
    package let lastConfig: UInt64
    /// Slot 3: the parent's certificate.
    package let parentCertificate: [UInt8]
    /// SHA-256 of each serialised envelope, in the order of the block.
    package let envelopeHashes: [[UInt8]]
    package let id: BlockID

    package var height: UInt64 { self.header.height }

    /// - Returns: nil when a hash has a wrong length, or when the hashes are not those of the header.
    init?(
        previousHash: [UInt8], dataHash: [UInt8], header: ExtendedHeader, lastConfig: UInt64, parentCertificate: [UInt8], envelopeHashes: [[UInt8]]
    ) {
        guard previousHash.count == 32, dataHash.count == 32, envelopeHashes.allSatisfy({ $0.count == 32 }), !envelopeHashes.isEmpty,
            envelopeHashes.count == Int(header.txCount), header.txRoot == TransactionTree.root(ofEnvelopeHashes: envelopeHashes)
        else { return nil }
        let blockHeader = BlockHeaderFormat.encode(number: BlockNumber(header.height), previousHash: previousHash, dataHash: dataHash)
        guard let id = BlockID(ExtendedHeaderFormat.blockID(blockHeader: blockHeader, header: header)) else { return nil }
        self.previousHash = previousHash
        self.dataHash = dataHash
        self.header = header
        self.lastConfig = lastConfig
        self.parentCertificate = parentCertificate
        self.envelopeHashes = envelopeHashes
        self.id = id
    }

    /// The outline of a whole candidate.
    package init(of candidate: CandidateBlock) {
        self.previousHash = candidate.block.previousHash
        self.dataHash = candidate.block.dataHash
        self.header = candidate.header
        self.lastConfig = candidate.form.lastConfig
        self.parentCertificate = candidate.block.metadata(.orderer)
        self.envelopeHashes = candidate.block.envelopes.map { CommitteeBlocks.digest(of: $0) }
        self.id = candidate.id
    }

    /// The whole candidate, given all its envelopes in their order.
    ///
    /// - Returns: nil when the outline's data hash or slots cannot belong to these envelopes: then no block has this id.
    func filled(with envelopes: [[UInt8]]) -> CandidateBlock? {
        let block = OrderedBlock(number: BlockNumber(self.height), previousHash: self.previousHash, envelopes: envelopes)
        let candidate = try? CandidateBlock(
            unsigned: block, header: self.header, lastConfig: self.lastConfig, parentCertificate: self.parentCertificate)
        return candidate?.id == self.id ? candidate : nil
    }
}
