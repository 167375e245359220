/// An immutable view of a chain of blocks as a peer stored them.
package protocol BlockReading: Sendable {
    /// The number of blocks, and the number of the next one.
    var blockCount: UInt64 { get }
    /// The header hash of the last block; empty when there is none.
    var lastBlockHash: [UInt8] { get }
    /// The stored block with a number; nil when the chain is shorter.
    func storedBlock(_ number: BlockNumber) throws(StateReadError) -> OrderedBlock?
    /// The number of the block with a header hash; nil when there is none.
    func blockNumber(withHash hash: [UInt8]) throws(StateReadError) -> BlockNumber?
    /// A transaction with its verdict; nil when the chain does not hold its id.
    func storedTransaction(_ id: TransactionID) throws(StateReadError) -> StoredTransaction?
    /// Where the chain begins when the peer joined with a snapshot; nil when all blocks are there.
    func snapshotBeginning() throws(StateReadError) -> SnapshotBeginning?
    /// The configuration in office, a serialised `common.ConfigEnvelope`; nil when only the blocks can tell.
    func configurationInOffice() throws(StateReadError) -> [UInt8]?
}

/// A transaction as the ledger holds it.
package struct StoredTransaction: Hashable, Sendable {
    package let block: BlockNumber
    /// Its place in the block, from 0.
    package let index: Int
    package let code: ValidationCode
    /// The serialised `common.Envelope`.
    package let envelope: [UInt8]

    package init(block: BlockNumber, index: Int, code: ValidationCode, envelope: [UInt8]) {
        self.block = block
        self.index = index
        self.code = code
        self.envelope = envelope
    }
}
