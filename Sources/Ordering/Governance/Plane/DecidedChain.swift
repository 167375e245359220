import LedgerModel

/// What the chain holds at one height, as far as evidence asks for it.
package struct DecidedHeight: Hashable, Sendable {
    package let id: BlockID
    package let header: ExtendedHeader
    /// The DER of Fabric's header.
    package let blockHeader: [UInt8]
    /// Payload and signature bytes of all envelopes.
    package let payloadBytes: Int
    /// A configuration is alone in its block, so there was no room for anything else.
    package let isConfiguration: Bool

    package init(id: BlockID, header: ExtendedHeader, blockHeader: [UInt8], payloadBytes: Int, isConfiguration: Bool) {
        self.id = id
        self.header = header
        self.blockHeader = blockHeader
        self.payloadBytes = payloadBytes
        self.isConfiguration = isConfiguration
    }

    /// Takes a decided block apart.
    package init(_ block: OrderedBlock) throws(MessageError) {
        let value = try OrdererBlockMetadata(serialized: BlockSignatures(slot: block.metadata(.signatures)).value)
        let header = try ExtendedHeaderFormat.decode(value.consenterMetadata).header
        guard let id = BlockID(ExtendedHeaderFormat.blockID(blockHeader: block.headerBytes, header: header)) else {
            throw MessageError(part: "block", reason: "has no id")
        }
        let envelopes = block.envelopes.map { (try? Envelope(serialized: $0))?.sizeBytes ?? $0.count }
        self.init(
            id: id, header: header, blockHeader: block.headerBytes, payloadBytes: envelopes.reduce(0, +),
            isConfiguration: block.envelopes.count == 1 && EnvelopeParts(block.envelopes[0])?.header.kind == .config)
    }
}

/// The decided blocks up to the parent of the one that is judged; the same answers on every node for heights within the age of evidence.
package protocol DecidedChain: Sendable {
    /// Nil for block 0, and for heights that are not decided.
    func decided(_ height: UInt64) -> DecidedHeight?
    /// The first height that holds the transaction; nil when none does.
    func height(of transaction: TransactionID) -> UInt64?
}

/// Shows what the right answer to a query was. The engine has no such proofs yet: where none is given, E7 is refused as not provable.
package protocol StateProofChecking: Sendable {
    /// The result that the proof establishes for the query under the checkpoint; nil when it establishes none.
    func provenResult(of query: [UInt8], height: UInt64, checkpoint: [UInt8], proof: [UInt8]) -> [UInt8]?
}
