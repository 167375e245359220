import LedgerModel

/// What a consenter has signed last, so that it never signs two different blocks of one height.
///
/// The host keeps it in a file of its own (`SigningGuardFormat`). For each block it does three things in this order: it makes the block durable,
/// then the guard, then lets the block leave. With that order a crash at any moment leaves a ledger that is not behind the guard, and a ledger
/// that was restored from an old copy is behind it: the consenter then refuses to start instead of contradicting itself.
///
/// This is the small part of a safety record that a committee of one needs. The full record (round, locked and valid values, their
/// certificates and bodies, consensus 1.10) comes with the elected committee, where a node signs before a block is decided.
package struct SigningGuard: Hashable, Sendable {
    /// The header hash of block 0.
    package let chain: [UInt8]
    /// The number under which it signs.
    package let consenter: UInt32
    /// The highest block signed; 0 when none was.
    package private(set) var height: BlockNumber
    /// The block's id, see `ExtendedHeaderFormat`; zeros when none was signed.
    package private(set) var blockID: [UInt8]

    /// The guard of a consenter that has signed nothing.
    package init(chain: [UInt8], consenter: UInt32) {
        self.init(chain: chain, consenter: consenter, height: 0, blockID: ExtendedHeader.zeroHash)
    }

    init(chain: [UInt8], consenter: UInt32, height: BlockNumber, blockID: [UInt8]) {
        self.chain = chain
        self.consenter = consenter
        self.height = height
        self.blockID = blockID
    }

    /// Compares the guard with the ledger at start, and takes in blocks that were stored before the guard was.
    package mutating func resume(at position: ChainPosition) throws(OrderingError) {
        guard self.chain == position.chain else { throw .foreignGuard }
        guard self.height <= position.number else { throw .ledgerBehindGuard(ledger: position.number, signed: self.height) }
        if self.height == position.number {
            guard self.height == 0 || self.blockID == position.blockID else { throw .ledgerContradictsGuard(self.height) }
            return
        }
        self.height = position.number
        self.blockID = position.blockID
    }

    /// Notes that a block is about to be signed; the same block may be signed again.
    package mutating func claim(_ height: BlockNumber, blockID: [UInt8]) throws(OrderingError) {
        guard height > self.height || height == self.height && blockID == self.blockID else { throw .secondBlock(height) }
        self.height = height
        self.blockID = blockID
    }
}
