import Ledger
import LedgerModel
import TestSupport
import Testing

/// Reads snapshots whose files were altered in ways drawn from a seed: an answer or an error with its place, never anything else.
@Suite struct SnapshotFuzzTests {
    private static let folder = "s"

    private static func sample() throws -> [SnapshotFile: [UInt8]] {
        let ledger = try Ledger(blockFolder: "b", files: FaultyDisk(), store: InMemoryStore())
        for block in try SampleChain.eventful().blocks { try ledger.commit(block) }
        let folder = try TemporaryFolder()
        _ = try ledger.snapshot().writeSnapshot(to: folder.path(of: "s"))
        var files: [SnapshotFile: [UInt8]] = [:]
        for file in SnapshotFile.allCases { files[file] = folder.read("s/" + file.rawValue) }
        let row = SnapshotFileFormat.rowKey(chaincode: [0x63], block: 3)
        var history: [UInt8] = [1, UInt8(row.count)]
        history += row
        history += [2, 10, 0]
        files[.configurationHistory] = history
        files[.configurationHistoryMetadata] = [1, 1]
        return files
    }

    /// Reads everything that the files hold.
    private static func read(_ disk: FaultyDisk) throws {
        let metadata = try SnapshotMetadataFormat.decode(
            signable: disk["s/_snapshot_signable_metadata.json"], additional: disk["s/_snapshot_additional_metadata.json"])
        _ = metadata
        for file in [SnapshotFile.publicState, .privateStateHashes] {
            var records = try SnapshotRecords(file, in: Self.folder, files: disk)
            while try records.next() != nil {}
        }
        var ids = try SnapshotTransactionIDs(in: Self.folder, files: disk)
        while try ids.next() != nil {}
        var rows = try SnapshotConfigurationHistory(in: Self.folder, files: disk)
        while try rows.next() != nil {}
    }

    private static func mutate(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes = Array(bytes.prefix(place))
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 2: if place < bytes.count { bytes.remove(at: place) }
            case 3: if place < bytes.count { bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0 }
            case 4: bytes.insert(contentsOf: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], at: place)
            case 5:
                let slice = bytes[place...].prefix(20)
                bytes.insert(contentsOf: slice, at: place)
            default: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            }
        }
        return bytes
    }

    @Test func `no altered file traps the reader, and each error names a file and a place in it`() throws {
        var random = SeededGenerator(seed: 2026)
        let files = try Self.sample()
        let disk = FaultyDisk()
        for (file, bytes) in files { disk["s/" + file.rawValue] = bytes }
        try Self.read(disk)
        var refused = 0
        for round in 0..<4000 {
            let file = SnapshotFile.allCases[round % SnapshotFile.allCases.count]
            let good = try #require(files[file])
            let bad = Self.mutate(good, &random)
            disk["s/" + file.rawValue] = bad
            do {
                try Self.read(disk)
            } catch SnapshotError.damaged(let damage) {
                refused += 1
                let size = disk["s/" + damage.file].count
                #expect(SnapshotFile(rawValue: damage.file) != nil && damage.offset <= UInt64(size), "\(damage), \(random)")
            } catch {
                Issue.record("\(error), \(random)")
            }
            disk["s/" + file.rawValue] = good
        }
        #expect(refused > 3000, "\(refused) of 4000 were refused, \(random)")
    }

    @Test func `a length that promises more than the file holds allocates nothing`() throws {
        let disk = FaultyDisk()
        disk["s/public_state.metadata"] = [1, 1, 2, 0x63, 0x63, 1]
        disk["s/public_state.data"] = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        var records = try SnapshotRecords(.publicState, in: "s", files: disk)
        #expect(throws: SnapshotError.damaged(SnapshotDamage(file: "public_state.data", offset: 1, problem: .cutShort))) { try records.next() }
        disk["s/public_state.metadata"] = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        #expect(throws: SnapshotError.damaged(SnapshotDamage(file: "public_state.metadata", offset: 1, problem: .count))) {
            try SnapshotRecords(.publicState, in: "s", files: disk)
        }
    }
}
