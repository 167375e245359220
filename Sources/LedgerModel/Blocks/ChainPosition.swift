/// Where a chain stands after a block: what the next block must continue.
package struct ChainPosition: Hashable, Sendable {
    /// The number of the block that the chain ends with.
    package let number: BlockNumber
    /// The DER of that block's header.
    package let headerBytes: [UInt8]
    /// SHA-256 of that block's header: the next block's previous hash.
    package let headerHash: [UInt8]
    /// Number of the newest configuration block up to and including that block.
    package let lastConfig: UInt64
    /// The header hash of block 0: the name of the chain in extended headers.
    package let chain: [UInt8]
    /// The orderers' metadata of that block; nil for block 0 and for blocks of a stock orderer.
    package let metadata: ConsenterMetadata?

    /// The position after block 0.
    package init(genesis block: OrderedBlock) {
        self.init(block, lastConfig: block.number.rawValue, chain: nil, metadata: nil)
    }

    /// The position after a block that was verified before, for example the last one of a ledger.
    ///
    /// - Parameter chain: The header hash of block 0.
    /// - Throws: `MessageError` when slot 0 does not parse.
    package init(after block: OrderedBlock, chain: [UInt8]) throws(MessageError) {
        guard block.number > 0 else {
            self.init(genesis: block)
            return
        }
        let value = try OrdererBlockMetadata(serialized: BlockSignatures(slot: block.metadata(.signatures)).value)
        self.init(
            block, lastConfig: value.lastConfig, chain: chain, metadata: try? ExtendedHeaderFormat.decode(value.consenterMetadata))
    }

    private init(_ block: OrderedBlock, lastConfig: UInt64, chain: [UInt8]?, metadata: ConsenterMetadata?) {
        self.number = block.number
        self.headerBytes = block.headerBytes
        self.headerHash = block.headerHash
        self.lastConfig = lastConfig
        self.chain = chain ?? self.headerHash
        self.metadata = metadata
    }

    /// The id of the block; the zero hash when it has no extended header.
    package var blockID: [UInt8] {
        guard let header = self.metadata?.header else { return ExtendedHeader.zeroHash }
        return ExtendedHeaderFormat.blockID(blockHeader: self.headerBytes, header: header)
    }

    /// The block's time in milliseconds since 1970; 0 when it has none.
    package var timeMs: UInt64 { self.metadata?.header.timeMs ?? 0 }

    /// The global number of the first envelope of the next block; nil when it cannot be counted any more.
    package var nextSequence: UInt64? {
        guard let header = self.metadata?.header else { return 0 }
        let (sum, overflow) = header.txSeqBase.addingReportingOverflow(UInt64(header.txCount))
        return overflow ? nil : sum
    }
}
