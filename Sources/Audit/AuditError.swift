import Ledger

/// Why a ledger could not be audited at all; what is wrong inside a ledger is a finding of the report instead.
package enum AuditError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The block files cannot be read.
    case unreadable(FileError)
    /// There are no blocks in the folder.
    case noBlocks(folder: String)
    /// A file holds no block.
    case noBlockInFile(String)

    package var description: String {
        switch self {
        case .unreadable(let error):
            "the ledger cannot be read: \(error); give the folder that holds 'blocks' and 'state', or files of Fabric blocks, and check that "
                + "you may read it"
        case .noBlocks(let folder):
            "\(folder) holds no blocks: nothing to audit; give the folder that holds 'blocks' and 'state', or files of Fabric blocks"
        case .noBlockInFile(let path): "\(path) is no block: a file must hold one serialised common.Block, as a peer or an orderer delivers it"
        }
    }
}
