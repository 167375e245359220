/// Why a snapshot could not be read, written or begun from.
package enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file system refused. Mend its cause and try again.
    case file(FileError)
    /// A file that belongs to the snapshot is absent. Copy the snapshot again.
    case missing(file: String)
    /// The bytes of a file are not those of a snapshot. Copy the snapshot again, or have another peer make one.
    case damaged(SnapshotDamage)
    /// A file does not have the hash that the snapshot gives for it. Copy the snapshot again.
    case wrongHash(file: String, sizeBytes: UInt64)
    /// There is something already where a folder was to be made. Name another folder.
    case exists(folder: String)
    /// The ledger from which the snapshot is made could not be read.
    case ledger(reason: String)
    /// There is no block yet, so there is nothing to make a snapshot of.
    case emptyLedger

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .missing(let file): "the snapshot lacks \(file); copy the snapshot again"
        case .damaged(let damage): "\(damage); copy the snapshot again, or have another peer make one"
        case .wrongHash(let file, let size):
            "\(file): bytes 0 to \(size) do not have the hash that the snapshot gives for this file; copy the snapshot again"
        case .exists(let folder): "\(folder) exists already; name a folder that does not"
        case .ledger(let reason): "the ledger could not be read: \(reason); run 'selvage ledger verify' on it"
        case .emptyLedger: "the ledger has no block yet, so there is nothing to make a snapshot of"
        }
    }
}

/// Damage in a file of a snapshot, located.
package struct SnapshotDamage: Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the bytes.
    package enum Problem: String, Hashable, Sendable {
        case unknownFormat = "the file does not begin with format 1"
        case cutShort = "the file ends inside this item"
        case number = "this is not a number in its shortest form"
        case overLimit = "this item is larger than any that is read"
        case record = "this is not a record of the state"
        case version = "this record is of a block after the snapshot's last one"
        case namespace = "this is not the name of a namespace that may stand here"
        case order = "this item is not in order"
        case count = "there are fewer items here than counted"
        case surplus = "bytes follow the last item"
        case row = "this is not a row of the history of collections"
        case json = "this is not the JSON that belongs here"
        case field = "this field is unknown, missing, double or has a value that it may not have"
        case fileName = "this is not the name of a file of a snapshot"
        case unlisted = "the metadata does not list this file"
        case chain = "the snapshot's last block is not the one whose hash it gives"
    }

    /// The name of the file, without its folder.
    package var file: String
    /// Where the item begins, in bytes from the start of the file.
    package var offset: UInt64
    package var problem: Problem

    package init(file: String, offset: UInt64, problem: Problem) {
        self.file = file
        self.offset = offset
        self.problem = problem
    }

    package var description: String { "damaged snapshot file \(self.file) at offset \(self.offset): \(self.problem.rawValue)" }
}

/// Runs file calls and reports their failure as the snapshot's.
func snapshotFiles<Result>(_ calls: () throws(FileError) -> Result) throws(SnapshotError) -> Result {
    do { return try calls() } catch { throw .file(error) }
}
