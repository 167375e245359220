import Ledger
import LedgerModel
import TestSupport
import Testing

/// Reads the snapshot that a stock peer made of its ledger, and makes the same one.
@Suite(.enabled(if: FabricVectors.isPresent, SharedData.reason))
struct FabricSnapshotTests {
    private static let source = SharedData.path(of: "vectors/fabric/snapshot")

    private func files(in folder: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in try SystemFiles().list(folder) {
            let file = try SystemFiles().open(folder + "/" + name, for: .reading)
            found[name] = try file.read(Int(file.sizeBytes()), at: 0)
        }
        return found
    }

    @Test func `the peer's snapshot loads and all its hashes verify`() throws {
        let snapshot = try SnapshotFolder(Self.source)
        #expect(snapshot.metadata.channelName == "labch")
        #expect(snapshot.metadata.lastBlockNumber == 73)
        #expect(snapshot.metadata.fileHashes.map(\.file) == SnapshotFile.hashed)
        try snapshot.verifyHashes()
        var records: [String] = []
        var all = try #require(try snapshot.records(of: .publicState))
        while let record = try all.next() { records.append("\(record.address)") }
        #expect(UInt64(records.count) == all.count)
        #expect(records.count == 112)
        #expect(records.contains("kvor/k"))
        var hashes = try #require(try snapshot.records(of: .privateStateHashes))
        var count = 0
        while let record = try hashes.next() {
            guard case .hashed(_, let collection, let keyHash) = record.address else { throw Unexpected() }
            #expect(["_implicit_org_Org1MSP", "_implicit_org_Org2MSP", "collA"].contains(collection.text) && keyHash.count == 32)
            count += 1
        }
        #expect(count == 18 + 18 + 1)
        var ids = try #require(try snapshot.transactionIDs())
        var idCount = 0
        while try ids.next() != nil { idCount += 1 }
        #expect(idCount == 109)
        var rows = try #require(try snapshot.configurationHistory())
        let row = try #require(try rows.next())
        #expect(SnapshotFileFormat.readRowKey(row.key).map { String(decoding: $0.chaincode, as: UTF8.self) } == "kvand")
        #expect(SnapshotFileFormat.readRowKey(row.key)?.block == 3)
        #expect(try rows.next() == nil)
    }

    @Test func `the snapshot of the replayed ledger is byte for byte the peer's, metadata included`() throws {
        let folder = try TemporaryFolder()
        let metadata = try FabricLedger.inMemory(blocks: 74).snapshot().writeSnapshot(to: folder.path(of: "ours"))
        #expect(metadata.lastBlockNumber == 73)
        #expect(try self.files(in: folder.path(of: "ours")) == self.files(in: Self.source))
    }

    @Test func `a ledger that joined from the peer's snapshot gives the same snapshot again`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger.join(snapshot: Self.source, folder: folder.path(of: "ledger"))
        #expect(ledger.height == 74)
        _ = try ledger.snapshot().writeSnapshot(to: folder.path(of: "again"))
        #expect(try self.files(in: folder.path(of: "again")) == self.files(in: Self.source))
    }

    @Test func `a ledger that joined at block 40 goes on like the full one`() throws {
        let folder = try TemporaryFolder()
        let full = try FabricLedger.inMemory(blocks: 41)
        _ = try full.snapshot().writeSnapshot(to: folder.path(of: "at40"))
        try FabricLedger.commit(41..<74, to: full)
        do {
            let joined = try Ledger.join(snapshot: folder.path(of: "at40"), folder: folder.path(of: "ledger"))
            #expect(joined.height == 41)
            // The configuration that judges the next block is there before any block is.
            #expect(try joined.snapshot().configEnvelope()?.isEmpty == false)
            try FabricLedger.commit(41..<60, to: joined)
        }
        // Its state is rebuilt from the snapshot and the blocks behind it, and then it goes on.
        try SystemFiles().removeFolder(folder.path(of: "ledger/state"))
        let joined = try Ledger.open(folder: folder.path(of: "ledger"))
        #expect(joined.recovery.replayedBlocks == 19)
        try FabricLedger.commit(60..<74, to: joined)
        #expect(joined.snapshot().head.blockHash == full.snapshot().head.blockHash)
        #expect(joined.snapshot().head.commitHash == full.snapshot().head.commitHash)
        _ = try joined.snapshot().writeSnapshot(to: folder.path(of: "at73"))
        #expect(try self.files(in: folder.path(of: "at73")) == self.files(in: Self.source))
        var scan = try joined.scanBlocks()
        #expect(try scan.next()?.number == 41)
    }

    @Test func `what came before the snapshot is not here, and ids stay taken`() throws {
        let folder = try TemporaryFolder()
        _ = try FabricLedger.inMemory(blocks: 41).snapshot().writeSnapshot(to: folder.path(of: "at40"))
        let ledger = try Ledger.join(snapshot: folder.path(of: "at40"), folder: folder.path(of: "ledger"))
        let snapshot = ledger.snapshot()
        for number: UInt64 in [0, 7, 40] {
            #expect(throws: LedgerError.notHere(item: "block \(number)", snapshotBlock: 40)) { try snapshot.block(BlockNumber(number)) }
        }
        #expect(try snapshot.block(41) == nil)
        let block = try OrderedBlock(serialized: try #require(FabricVectors.block(8)))
        let header = try ChannelHeader(serialized: Payload(serialized: Envelope(serialized: block.envelopes[0]).payload).channelHeaderBytes)
        let id = header.transactionID
        #expect(try snapshot.contains(id))
        #expect(throws: LedgerError.notHere(item: "transaction \(id)", snapshotBlock: 40)) { try snapshot.entry(of: id) }
        #expect(try snapshot.entry(of: "unknown") == nil)
        try FabricLedger.commit(41..<43, to: ledger)
        #expect(try ledger.snapshot().block(41)?.number == 41)
        #expect(throws: LedgerError.notHere(item: "block 40", snapshotBlock: 40)) { try ledger.snapshot().block(40) }
        #expect(
            LedgerError.notHere(item: "block 40", snapshotBlock: 40).description.contains("not here: this ledger began from a snapshot at block 40"))
    }

    struct Unexpected: Error {}
}
