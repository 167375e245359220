import Ledger
import LedgerModel
import TestSupport
import Testing

/// Ledgers made of the blocks that a stock peer wrote.
enum FabricLedger {
    /// Commits blocks of the vectors on top of what a ledger holds, with the codes that the peer gave.
    static func commit(_ numbers: Range<Int>, to ledger: Ledger) throws {
        for number in numbers {
            let block = try OrderedBlock(serialized: try #require(FabricVectors.block(number)))
            let before = ledger.snapshot()
            let codes = try #require(block.storedCodes)
            let validated = try BlockEffects.derive(from: block, codes: codes, state: before, previousCommitHash: before.head.commitHash)
            // Committing compares with the commit hash that the peer computed.
            try ledger.commit(validated)
        }
    }

    /// A ledger in memory with the first blocks of the vectors.
    static func inMemory(blocks: Int) throws -> Ledger {
        let ledger = try Ledger(blockFolder: "b", files: FaultyDisk(), store: InMemoryStore())
        try self.commit(0..<blocks, to: ledger)
        return ledger
    }
}

extension LedgerSnapshot {
    /// All public and hashed state of the given namespaces' keys, as a snapshot lists it.
    func state(through folder: TemporaryFolder, _ name: String) throws -> [StateAddress: VersionedValue] {
        _ = try self.writeSnapshot(to: folder.path(of: name))
        let snapshot = try SnapshotFolder(folder.path(of: name))
        var found: [StateAddress: VersionedValue] = [:]
        for file in [SnapshotFile.publicState, .privateStateHashes] {
            guard var records = try snapshot.records(of: file) else { continue }
            while let record = try records.next() { found[record.address] = record.value }
        }
        return found
    }
}
