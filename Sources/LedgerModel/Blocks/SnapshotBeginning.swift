/// Where a chain of blocks begins on a peer that joined with a snapshot: the blocks up to this one are not there.
package struct SnapshotBeginning: Hashable, Sendable {
    /// The last block that the snapshot contains.
    package let lastBlock: BlockNumber
    /// The header hash of the block before that one; empty when there is none.
    package let previousBlockHash: [UInt8]

    package init(lastBlock: BlockNumber, previousBlockHash: [UInt8]) {
        self.lastBlock = lastBlock
        self.previousBlockHash = previousBlockHash
    }
}

extension BlockReading {
    package func snapshotBeginning() throws(StateReadError) -> SnapshotBeginning? { nil }
    package func configurationInOffice() throws(StateReadError) -> [UInt8]? { nil }
}
