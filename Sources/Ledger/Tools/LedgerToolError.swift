/// Why a tool could not do its work on a ledger.
package enum LedgerToolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file system refused. Mend its cause and try again.
    case file(FileError)
    /// The folder holds no ledger. Name the folder that holds 'blocks'.
    case notALedger(folder: String)
    /// A node or another tool has the ledger open. Stop it first.
    case locked(folder: String)
    /// The ledger cannot be opened or read; the inner error says what to do.
    case ledger(LedgerError)
    /// The ledger does not have that block in its own files, or it is the last one already.
    case noSuchBlock(number: UInt64, first: UInt64, height: UInt64)
    /// A ledger that began from a snapshot has no genesis block to go back to.
    case beganFromSnapshot(block: UInt64)
    /// Blocks are damaged and there is nothing to mend them with. Name another ledger with --from, or give the blocks up with rollback.
    case blocksNeeded(numbers: [ClosedRange<UInt64>], reason: String)
    /// A block of the other ledger does not belong here. Nothing was changed.
    case foreignBlock(number: UInt64, reason: String)
    /// The private data is damaged, and the blocks hold only its hashes. Restore the folder 'private' from a copy.
    case privateDataDamaged(place: String)
    /// The snapshot in the ledger's folder is damaged and the blocks before it are not here.
    case baseDamaged(SnapshotError)
    /// Something that should not happen; nothing was changed.
    case unexpected(reason: String)

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .notALedger(let folder): "\(folder) holds no ledger; name the folder that holds 'blocks'"
        case .locked(let folder): "the ledger in \(folder) is open elsewhere; stop its node first"
        case .ledger(let error): error.description
        case .noSuchBlock(let number, let first, let height):
            "block \(number) cannot become the last one: "
                + (height > first
                    ? "this ledger goes from block \(first) to \(height - min(height, 1))"
                    : "the first block of this ledger is \(first), which it has not yet")
                + "; nothing was changed"
        case .beganFromSnapshot(let block):
            "this ledger began from a snapshot at block \(block) and has no genesis block; 'rollback --block \(block)' goes back to the snapshot"
        case .blocksNeeded(let numbers, let reason):
            "\(Self.text(numbers)) cannot be mended: \(reason); name another ledger of this channel with --from, or give up what follows with "
                + "'rollback'; nothing was changed"
        case .foreignBlock(let number, let reason): "block \(number) of the other ledger does not belong here: \(reason); nothing was changed"
        case .privateDataDamaged(let place):
            "\(place); the blocks hold only hashes of private data: restore the folder 'private' from a copy; nothing was changed"
        case .baseDamaged(let error): "the snapshot in 'base', from which this ledger began: \(error); put a good copy of the snapshot there"
        case .unexpected(let reason): reason
        }
    }

    static func text(_ ranges: [ClosedRange<UInt64>]) -> String {
        let parts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
        return (ranges.count == 1 && ranges[0].count == 1 ? "block " : "blocks ") + parts.joined(separator: ", ")
    }
}

/// Runs file calls and reports their failure as the tool's.
func toolFiles<Result>(_ calls: () throws(FileError) -> Result) throws(LedgerToolError) -> Result {
    do { return try calls() } catch { throw .file(error) }
}
