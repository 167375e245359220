import Ledger
import LedgerModel
import TestSupport
import Testing

@Suite struct LedgerToolTests {
    private func content(ofFirst blocks: UInt64) throws -> LedgerContent { try DiskLedger(blocks: blocks).content() }

    @Test func `a ledger that is open elsewhere is refused by every tool`() throws {
        let ledger = try DiskLedger()
        let open = try Ledger.open(folder: ledger.path)
        #expect(throws: LedgerToolError.locked(folder: ledger.path)) { try LedgerFolder(ledger.path) }
        withExtendedLifetime(open) {}
    }

    @Test func `a folder without a ledger is refused and left as it is`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: LedgerToolError.notALedger(folder: folder.path)) { try LedgerFolder(folder.path) }
        #expect(throws: LedgerToolError.notALedger(folder: folder.path(of: "x"))) { try LedgerFolder(folder.path(of: "x")) }
        #expect(try SystemFiles().list(folder.path).isEmpty)
    }

    @Test func `info tells the channel, the height and the hashes`() throws {
        let ledger = try DiskLedger()
        let info = try LedgerFolder(ledger.path).info()
        let chain = try DiskLedger.chain()
        #expect(info.channelName == "ch" && info.height == 14 && info.base == nil)
        #expect(info.lastBlockHash == chain.blocks[13].block.headerHash && info.previousBlockHash == chain.blocks[12].block.headerHash)
        #expect(info.commitHash == chain.blocks[13].commitHash)
        #expect(info.blockFiles.count > 3 && info.blockFiles.sizeBytes > 0)
    }

    @Test(arguments: [0, 3, 12] as [UInt64])
    func `a rollback leaves the ledger of the blocks that stay`(last: UInt64) throws {
        let ledger = try DiskLedger()
        let report = try LedgerFolder(ledger.path).rollback(toBlock: last)
        #expect(report.height == last + 1 && report.removedBlocks == 13 - last && report.removedBytes > 0)
        #expect(try ledger.content() == self.content(ofFirst: last + 1))
        #expect(try ledger.check().findings.isEmpty)
        // And it goes on from there.
        let open = try Ledger.open(folder: ledger.path)
        try open.commit(try DiskLedger.chain().blocks[Int(last) + 1])
    }

    @Test func `a rollback to a block that is not before the last changes nothing`() throws {
        let ledger = try DiskLedger()
        for number: UInt64 in [13, 14, .max] {
            #expect(throws: LedgerToolError.noSuchBlock(number: number, first: 0, height: 14)) {
                try LedgerFolder(ledger.path).rollback(toBlock: number)
            }
        }
        #expect(try ledger.check().findings.isEmpty)
    }

    @Test func `a rollback gets rid of damage behind its block`() throws {
        let ledger = try DiskLedger()
        let segments = try ledger.dataFiles().filter { $0.hasSuffix(".segment") }
        var bytes = try ledger.read(try #require(segments.last))
        bytes[40] ^= 1
        try ledger.write(bytes, to: try #require(segments.last))
        _ = try LedgerFolder(ledger.path).rollback(toBlock: 4)
        #expect(try ledger.content() == self.content(ofFirst: 5))
    }

    @Test func `a rollback that is stopped anywhere leaves a ledger that opens, and can be asked for again`() throws {
        let original = try DiskLedger()
        let expected = try self.content(ofFirst: 4)
        var changes = 0
        while true {
            let ledger = try DiskLedger(of: original)
            let files = StoppingFiles(after: changes)
            do { _ = try LedgerFolder(ledger.path, files: files).rollback(toBlock: 3) } catch {
                #expect(files.isStopped, "\(error)")
            }
            let content = try ledger.content()
            #expect((4...14).contains(content.head.height))
            if content.head.height > 4 {
                #expect(try ledger.check().findings.isEmpty, "after \(changes) changes")
                _ = try LedgerFolder(ledger.path).rollback(toBlock: 3)
            }
            #expect(try ledger.content() == expected, "after \(changes) changes")
            if !files.isStopped { break }
            changes += 1
        }
        #expect(changes > 8, "\(changes)")
    }

    @Test func `a rebuild that is stopped anywhere leaves a ledger that opens`() throws {
        let original = try DiskLedger()
        let expected = try DiskLedger(of: original).content()
        var changes = 0
        while true {
            let ledger = try DiskLedger(of: original)
            let files = StoppingFiles(after: changes)
            do { _ = try LedgerFolder(ledger.path, files: files).rebuild() } catch { #expect(files.isStopped, "\(error)") }
            #expect(try ledger.content() == expected, "after \(changes) changes")
            #expect(try SystemFiles().list(ledger.path) == ["LOCK", "blocks", "state"])
            #expect(try ledger.check().findings.isEmpty)
            if !files.isStopped { break }
            changes += 1
        }
        #expect(changes > 3)
    }

    @Test func `a repair of blocks that is stopped anywhere can be asked for again`() throws {
        let original = try DiskLedger()
        let expected = try DiskLedger(of: original).content()
        let segments = try original.dataFiles().filter { $0.hasSuffix(".segment") }
        var changes = 0
        while true {
            let ledger = try DiskLedger(of: original)
            for segment in segments[1...1] {
                var bytes = try ledger.read(segment)
                bytes[100] ^= 1
                try ledger.write(bytes, to: segment)
            }
            let files = StoppingFiles(after: changes)
            do { _ = try LedgerFolder(ledger.path, files: files).repair(from: original.path, temporary: ledger.folder.path) } catch {
                #expect(files.isStopped, "\(error)")
            }
            _ = try ledger.repair(from: original.path)
            #expect(try ledger.content() == expected, "after \(changes) changes")
            if !files.isStopped { break }
            changes += 1
        }
        #expect(changes > 4)
    }

    @Test func `a reset goes back to the genesis block`() throws {
        let ledger = try DiskLedger()
        #expect(try LedgerFolder(ledger.path).reset().removedBlocks == 13)
        #expect(try ledger.content() == self.content(ofFirst: 1))
        #expect(try LedgerFolder(ledger.path).reset().removedBlocks == 0)
    }

    @Test func `a ledger that began from a snapshot is checked, mended and rolled back from there`() throws {
        let whole = try DiskLedger()
        let part = try DiskLedger(blocks: 6)
        _ = try Ledger.open(folder: part.path).snapshot().writeSnapshot(to: part.folder.path(of: "snapshot"))
        let folder = try DiskLedger(blocks: 0)
        let chain = try DiskLedger.chain()
        do {
            let ledger = try Ledger.join(snapshot: part.folder.path(of: "snapshot"), folder: folder.path)
            for block in chain.blocks[6...] { try ledger.commit(block) }
        }
        let report = try folder.check()
        #expect(report.findings.isEmpty && report.firstBlock == 6 && report.height == 14 && report.goodBlocks == 8, "\(report)")
        #expect(try folder.content().head.commitHash == whole.content().head.commitHash)
        let expected = try folder.content()
        // A flipped bit in the snapshot is named, and needs a good copy of it.
        let good = try folder.read("base/public_state.data")
        try folder.write([good[0], good[1] ^ 1] + good[2...], to: "base/public_state.data")
        #expect(try folder.check().damage.contains { $0.kind == .base && $0.file == "base/public_state.data" })
        #expect(throws: LedgerToolError.baseDamaged(.wrongHash(file: "public_state.data", sizeBytes: UInt64(good.count)))) { try folder.repair() }
        try folder.write(good, to: "base/public_state.data")
        // The state is rebuilt from the snapshot and the blocks behind it.
        try folder.alter(StateKeyFormat.state(.key("cc", "b2")), nil)
        #expect(try folder.repair().didRebuildState)
        #expect(try folder.content() == expected)
        #expect(throws: LedgerToolError.beganFromSnapshot(block: 5)) { try LedgerFolder(folder.path).reset() }
        #expect(throws: LedgerToolError.noSuchBlock(number: 4, first: 6, height: 14)) { try LedgerFolder(folder.path).rollback(toBlock: 4) }
        #expect(try LedgerFolder(folder.path).rollback(toBlock: 8).height == 9)
        #expect(try LedgerFolder(folder.path).rollback(toBlock: 5).height == 6)
        #expect(try folder.check().findings.isEmpty)
    }

    @Test func `beginning from a snapshot that is stopped anywhere can be asked for again or is opened`() throws {
        let part = try DiskLedger(blocks: 6)
        let source = part.folder.path(of: "snapshot")
        _ = try Ledger.open(folder: part.path).snapshot().writeSnapshot(to: source)
        let expected = try DiskLedger(of: part).content().head
        var changes = 0
        while true {
            let folder = try TemporaryFolder()
            let path = folder.path(of: "ledger")
            let files = StoppingFiles(after: changes)
            do { _ = try Ledger.join(snapshot: source, folder: path, files: files) } catch { #expect(files.isStopped, "\(error)") }
            if (try? SystemFiles().list(path))?.contains("base") != true { _ = try Ledger.join(snapshot: source, folder: path) }
            let head = try Ledger.open(folder: path).snapshot().head
            #expect(head.blockHash == expected.blockHash && head.commitHash == expected.commitHash)
            if !files.isStopped { break }
            changes += 1
        }
        #expect(changes > 5)
    }

    @Test(.enabled(if: FabricVectors.isPresent, SharedData.reason))
    func `a ledger of a stock peer's blocks is checked without a finding`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "ledger")
        try FabricLedger.commit(0..<74, to: Ledger.open(folder: path))
        let report = try LedgerFolder(path).check(temporary: folder.path)
        #expect(report.findings.isEmpty && report.goodBlocks == 74 && report.stateHeight == 74, "\(report.findings)")
        #expect(report.comparedEntries.map { $0 > 149 + 109 + 2 * 74 } == true)
    }

    @Test func `private data is checked too, a check changes nothing of it, and a repair does not pretend to make it again`() throws {
        let ledger = try DiskLedger()
        do {
            let store = try LevelDBStore(folder: ledger.path + "/" + LedgerLayout.privateData)
            var batch = WriteBatch()
            // A key of a kind that the store does not look for when it opens.
            batch.put([0xfe], Array(repeating: 7, count: 200))
            try store.write(batch)
        }
        func files() throws -> [[UInt8]] {
            try SystemFiles().list(ledger.path + "/private").map { try ledger.read("private/" + $0) }
        }
        let before = try files()
        #expect(try ledger.check().findings.isEmpty)
        #expect(try files() == before)
        let manifest = try #require(try SystemFiles().list(ledger.path + "/private").first { $0.hasPrefix("MANIFEST") })
        let good = try ledger.read("private/" + manifest)
        try ledger.write([good[0] ^ 1] + good.dropFirst(), to: "private/" + manifest)
        #expect(try ledger.check().damage.contains { $0.kind == .privateData && $0.file == "private/" + manifest })
        #expect { try ledger.repair() } throws: { error in
            guard case LedgerToolError.privateDataDamaged = error else { return false }
            return true
        }
    }
}
