import LedgerModel

/// Why a ledger could not be opened, read or extended.
package enum LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The block files are damaged, missing or not writable; the inner error says what to do.
    case blocks(BlockStoreError)
    /// The state database refused.
    case state(KeyValueError)
    /// The state database holds something that this program did not write. Remove the state folder: it is rebuilt from the blocks.
    case stateDamaged(reason: String)
    /// The store of private data refused. It cannot be made again from the blocks: mend the cause, or restore it from a copy.
    case privateData(KeyValueError)
    /// The database was written by another version. Use that version, or remove the state folder.
    case unknownFormat(version: UInt8)
    /// Another ledger has the folder open. Stop it first.
    case locked(folder: String)
    /// The ledger began from a snapshot and does not hold what came before it. Ask a peer that holds the whole chain.
    case notHere(item: String, snapshotBlock: UInt64)
    /// The snapshot from which the ledger began cannot be loaded; the inner error says what to do.
    case snapshot(SnapshotError)
    /// The block is not the next one. Commit blocks in order.
    case outOfSequence(expected: UInt64, found: UInt64)
    /// The block does not continue this chain. Nothing was stored; ask the sender for the right block.
    case wrongPreviousHash(block: UInt64)
    /// The block is not in the form of a validated block. Nothing was stored.
    case notValidated(block: UInt64, reason: String)
    /// A stored block has the right checksum and yet cannot be used. Fetch it again from another peer.
    case blockUnusable(block: UInt64, reason: String)
    /// Replaying a stored block gave another commit hash than it carries. The block or the state before it is wrong.
    case stateDiverged(block: UInt64)
    /// An earlier commit failed between the block file and the database. Open the ledger again: it recovers.
    case stopped(reason: String)

    package var description: String {
        switch self {
        case .blocks(let error): error.description
        case .state(let error):
            "\(error); if it reports corruption, remove the state folder, it is rebuilt from the blocks; else mend the cause and open the ledger again"
        case .stateDamaged(let reason): "the state database is damaged: \(reason); remove the state folder, it is rebuilt from the blocks"
        case .privateData(let error): "private data: \(error); keep the private folder, it cannot be made again from the blocks"
        case .unknownFormat(let version):
            "the state database has format \(version), this program reads \(StateKeyFormat.version); remove the state folder, it is rebuilt"
        case .locked(let folder): "the ledger in \(folder) is open elsewhere; stop the other process first"
        case .notHere(let item, let block):
            "\(item) is not here: this ledger began from a snapshot at block \(block), and its first block is \(block &+ 1); ask a peer that holds "
                + "the whole chain"
        case .snapshot(let error): error.description
        case .outOfSequence(let expected, let found): "block \(found) was offered where block \(expected) is next; commit blocks in order"
        case .wrongPreviousHash(let block): "block \(block) does not name the hash of the block before it; ask the sender for the right block"
        case .notValidated(let block, let reason): "block \(block) is not a validated block: \(reason)"
        case .blockUnusable(let block, let reason): "the stored block \(block) cannot be used: \(reason); fetch it from another peer"
        case .stateDiverged(let block):
            "replaying block \(block) gives another commit hash than it carries; restore the block files or remove the state folder"
        case .stopped(let reason): "the ledger takes no more blocks because \(reason); open it again to recover"
        }
    }
}

extension StateReadError {
    /// The ledger's error for those who read it as a state or as a chain.
    init(_ error: LedgerError) {
        var firstBlock: BlockNumber?
        if case .notHere(_, let block) = error { firstBlock = BlockNumber(block &+ 1) }
        self.init(reason: error.description, firstBlock: firstBlock)
    }
}
