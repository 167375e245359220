import Ledger

/// Why a ledger could not be audited at all; what is wrong inside a ledger is a finding of the report instead.
package enum AuditError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The block files cannot be read.
    case unreadable(FileError)
    /// There are no blocks in the folder.
    case noBlocks(folder: String)

    package var description: String {
        switch self {
        case .unreadable(let error):
            "the ledger cannot be read: \(error); give the folder that holds 'blocks' and 'state', and check that you may read it"
        case .noBlocks(let folder): "\(folder) holds no blocks: nothing to audit; give the folder that holds 'blocks' and 'state'"
        }
    }
}
