import Ledger

/// Why a ledger could not be audited at all; what is wrong inside a ledger is a finding of the report instead.
package enum AuditError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The block files cannot be read.
    case unreadable(FileError)
    /// There are no blocks in the folder.
    case noBlocks(folder: String)
    /// The ledger began from a snapshot: what its later blocks must be judged by came before it. Nothing was audited.
    case beganFromSnapshot(folder: String, lastBlock: UInt64)
    /// The ledger began from a snapshot whose copy in its folder cannot be read.
    case unreadableSnapshot(folder: String, SnapshotError)
    /// A file holds no block.
    case noBlockInFile(String)

    package var description: String {
        switch self {
        case .unreadable(let error):
            "the ledger cannot be read: \(error); give the folder that holds 'blocks' and 'state', or files of Fabric blocks, and check that "
                + "you may read it"
        case .noBlocks(let folder):
            "\(folder) holds no blocks: nothing to audit; give the folder that holds 'blocks' and 'state', or files of Fabric blocks"
        case .beganFromSnapshot(let folder, let block):
            "the ledger in \(folder) began from a snapshot at block \(block), and its first block is \(block &+ 1): blocks 0 to \(block) are not "
                + "here, so no signature, verdict or read was checked, neither theirs nor that of later blocks; audit the ledger of a peer that "
                + "holds the whole chain, and compare commit hashes ('selvage ledger info'); 'selvage ledger verify' checks the files, links, "
                + "data hashes and commit hashes of the blocks that are here, and the state against the snapshot and these blocks"
        case .unreadableSnapshot(let folder, let error):
            "the ledger in \(folder) began from a snapshot, and its copy there cannot be read: \(error)"
        case .noBlockInFile(let path): "\(path) is no block: a file must hold one serialised common.Block, as a peer or an orderer delivers it"
        }
    }
}
