import CryptoPrimitives
import FabricMessages

/// A block as the ordering service made it, or as a peer stored it; nothing in it has been believed yet.
///
/// Only the shape is checked: it parses and has its slots. Hashes and signatures are the block verifier's work, transactions the validator's.
package struct OrderedBlock: Hashable, Sendable {
    package let number: BlockNumber
    package let previousHash: [UInt8]
    package let dataHash: [UInt8]
    /// Each item is one serialised `common.Envelope`, as received.
    package let envelopes: [[UInt8]]
    /// At least five slots, see `BlockMetadataSlot`.
    package private(set) var metadata: [[UInt8]]

    package init(number: BlockNumber, previousHash: [UInt8], dataHash: [UInt8], envelopes: [[UInt8]], metadata: [[UInt8]] = []) {
        self.number = number
        self.previousHash = previousHash
        self.dataHash = dataHash
        self.envelopes = envelopes
        self.metadata = metadata
        while self.metadata.count < BlockMetadataSlot.allCases.count { self.metadata.append([]) }
    }

    /// Makes the block that follows another one, with its data hash computed and its slots empty.
    package init(number: BlockNumber, previousHash: [UInt8], envelopes: [[UInt8]]) {
        self.init(number: number, previousHash: previousHash, dataHash: Formulas.dataHash(of: envelopes), envelopes: envelopes)
    }

    /// Reads a serialised `common.Block`.
    ///
    /// - Throws: `MessageError` when it does not parse, is too large, or has too few or too many metadata slots.
    package init(serialized: [UInt8]) throws(MessageError) {
        guard serialized.count <= LedgerModelLimits.blockBytes else {
            throw MessageError(part: "block", reason: "\(serialized.count) bytes is over the limit of \(LedgerModelLimits.blockBytes)")
        }
        if let plain = PlainBlock.plain(serialized) {
            try self.init(plain)
            return
        }
        let message = try Common_Block.decode(serialized, as: "block")
        guard message.hasHeader else { throw MessageError(part: "block", reason: "has no header") }
        try self.init(
            PlainBlock(
                number: message.header.number, previousHash: message.header.previousHash.byteArray, dataHash: message.header.dataHash.byteArray,
                envelopes: message.data.data.map(\.byteArray), metadata: message.metadata.metadata.map(\.byteArray)))
    }

    private init(_ block: PlainBlock) throws(MessageError) {
        guard block.metadata.count >= BlockMetadataSlot.allCases.count, block.metadata.count <= LedgerModelLimits.metadataSlots else {
            throw MessageError(part: "block \(block.number)", reason: "has \(block.metadata.count) metadata slots, needs 5")
        }
        self.init(
            number: BlockNumber(block.number), previousHash: block.previousHash, dataHash: block.dataHash, envelopes: block.envelopes,
            metadata: block.metadata)
    }

    /// The bytes of the header that are hashed and signed.
    package var headerBytes: [UInt8] {
        BlockHeaderFormat.encode(number: self.number, previousHash: self.previousHash, dataHash: self.dataHash)
    }

    /// SHA-256 of `headerBytes`: the next block's `previousHash`.
    package var headerHash: [UInt8] { SHA256.hash(self.headerBytes) }

    /// The bytes of one metadata slot.
    package func metadata(_ slot: BlockMetadataSlot) -> [UInt8] { self.metadata[slot.rawValue] }

    /// The same block with another value in one slot.
    package func with(_ slot: BlockMetadataSlot, _ bytes: [UInt8]) -> OrderedBlock {
        var block = self
        block.metadata[slot.rawValue] = bytes
        return block
    }

    /// The validation codes that a peer stored in slot 2; nil when there is not exactly one known code for each transaction.
    package var storedCodes: [ValidationCode]? {
        let filter = self.metadata(.transactionsFilter)
        guard filter.count == self.envelopes.count else { return nil }
        let codes = filter.compactMap(ValidationCode.init(rawValue:))
        return codes.count == filter.count ? codes : nil
    }

    /// The commit hash that a peer stored in slot 4; empty when there is none.
    package func storedCommitHash() throws(MessageError) -> [UInt8] {
        try Common_Metadata.decode(self.metadata(.commitHash), as: "commit hash of block \(self.number)").value.byteArray
    }
}
