import CryptoPrimitives
import Ledger
import LedgerModel
import TestSupport
import Testing

@Suite struct SnapshotTests {
    private func ledger() throws -> Ledger {
        let ledger = try Ledger(blockFolder: "b", files: FaultyDisk(), store: InMemoryStore())
        for block in try SampleChain.eventful().blocks { try ledger.commit(block) }
        return ledger
    }

    private func snapshot(in folder: TemporaryFolder) throws -> String {
        _ = try self.ledger().snapshot().writeSnapshot(to: folder.path(of: "snapshot"))
        return folder.path(of: "snapshot")
    }

    @Test func `the bytes of a small snapshot are pinned`() throws {
        let folder = try TemporaryFolder()
        _ = try self.snapshot(in: folder)
        let record = SnapshotRecord(
            key: [0x61],
            value: VersionedValue(value: [1, 2], metadata: [MetadataEntry(name: "p", value: [7])], version: StateVersion(block: 300, transaction: 0)))
        let bytes = SnapshotRecordFormat.encode(record)
        #expect(Base16.encode(bytes) == "0a0161120201021a0812060a0170120107220402012c00")
        #expect(SnapshotRecordFormat.decode(bytes) == record)
        #expect(Base16.encode(SnapshotFileFormat.rowKey(chaincode: [0x63], block: 3)) == "736c73636300637e636f6c6c656374696f6efffffffffffffffc")
        let ids = try #require(folder.read("snapshot/txids.data"))
        let expected: [String] = (0...6).map { "0274" + "3\($0)" }
        #expect(Base16.encode(ids) == "01" + expected.joined())
        #expect(folder.read("snapshot/txids.metadata") == [1, 7])
        #expect(folder.read("snapshot/public_state.metadata") == [1, 2, 0, 1, 2, 0x63, 0x63, 2])
        #expect(folder.read("snapshot/confighistory.data") == nil)
        let signable = String(decoding: try #require(folder.read("snapshot/_snapshot_signable_metadata.json")), as: UTF8.self)
        #expect(signable.hasPrefix("{\n    \"channel_name\": \"ch\",\n    \"last_block_number\": 4,\n    \"last_block_hash\": \""))
        #expect(signable.hasSuffix("    },\n    \"state_db_type\": \"SimpleKeyValueDB\"\n}"))
    }

    @Test func `a snapshot is not written over anything, and an unfinished one is replaced`() throws {
        let folder = try TemporaryFolder()
        let snapshot = try self.ledger().snapshot()
        try folder.write([1], to: "a.partial/public_state.data")
        _ = try snapshot.writeSnapshot(to: folder.path(of: "a"))
        #expect(throws: SnapshotError.exists(folder: folder.path(of: "a"))) { try snapshot.writeSnapshot(to: folder.path(of: "a")) }
        let empty = try Ledger(blockFolder: "b", files: FaultyDisk(), store: InMemoryStore())
        #expect(throws: SnapshotError.emptyLedger) { try empty.snapshot().writeSnapshot(to: folder.path(of: "b")) }
    }

    @Test func `a ledger does not begin where one is, and goes on from an interrupted beginning`() throws {
        let folder = try TemporaryFolder()
        let source = try self.snapshot(in: folder)
        let target = folder.path(of: "ledger")
        // A crash while the snapshot was copied leaves this.
        try folder.write([1], to: "ledger/base.partial/public_state.data")
        do {
            let joined = try Ledger.join(snapshot: source, folder: target)
            #expect(joined.height == 5)
        }
        #expect(throws: LedgerError.snapshot(.exists(folder: target))) { try Ledger.join(snapshot: source, folder: target) }
        // A crash while the state was loaded leaves a database without a savepoint.
        try SystemFiles().removeFolder(target + "/state")
        do {
            let store = try LevelDBStore(folder: target + "/state")
            var batch = WriteBatch()
            batch.put(StateKeyFormat.transaction("t1"), [])
            try store.write(batch)
        }
        let again = try Ledger.open(folder: target)
        #expect(again.height == 5)
        #expect(try again.snapshot().value(at: .key("cc", "b"))?.value == Array("2".utf8))
        #expect(try again.snapshot().contains("t6"))
    }

    @Test func `an altered file of any kind is refused and named`() throws {
        let folder = try TemporaryFolder()
        let source = try self.snapshot(in: folder)
        for file in SnapshotFile.allCases {
            guard let good = folder.read("snapshot/" + file.rawValue) else { continue }
            for (what, bad) in [("flipped", [good[0] ^ 1] + good.dropFirst()), ("cut", Array(good.dropLast())), ("longer", good + [0])] {
                try folder.write(bad, to: "snapshot/" + file.rawValue)
                #expect("\(file.rawValue), \(what)") { try SnapshotFolder(source).verifyHashes() } throws: { error in
                    "\(error)".contains(file.rawValue)
                }
            }
            try SystemFiles().removeFile(source + "/" + file.rawValue)
            #expect(throws: SnapshotError.missing(file: file.rawValue)) { try SnapshotFolder(source).verifyHashes() }
            try folder.write(good, to: "snapshot/" + file.rawValue)
        }
        try SnapshotFolder(source).verifyHashes()
        try folder.write([1, 0], to: "snapshot/confighistory.data")
        #expect(throws: SnapshotError.damaged(SnapshotDamage(file: "confighistory.data", offset: 0, problem: .unlisted))) {
            try SnapshotFolder(source)
        }
    }

    @Test func `a name that leads out of the folder is refused`() throws {
        let folder = try TemporaryFolder()
        let source = try self.snapshot(in: folder)
        let name = "_snapshot_signable_metadata.json"
        let good = String(decoding: try #require(folder.read("snapshot/" + name)), as: UTF8.self)
        let bad = Array(good.replacing("\"txids.data\"", with: "\"../../etc/x\"").utf8)
        try folder.write(bad, to: "snapshot/" + name)
        #expect { try SnapshotFolder(source) } throws: { error in
            guard case SnapshotError.damaged(let damage) = error else { return false }
            return damage.problem == .fileName && damage.file == name && damage.offset > 0
        }
    }
}
