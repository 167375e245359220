import Ledger
import LedgerModel
import TestSupport
import Testing

@Suite struct BlockRepairTests {
    private static let original = Result { try DiskLedger() }

    /// Damages a copy of a ledger.
    private func damaged(_ body: (DiskLedger, [String]) throws -> Void) throws -> (DiskLedger, original: DiskLedger) {
        let original = try Self.original.get()
        let ledger = try DiskLedger(of: original)
        try body(ledger, try ledger.dataFiles().filter { $0.hasSuffix(".segment") })
        return (ledger, original)
    }

    private func flip(_ ledger: DiskLedger, _ file: String, at offset: Int) throws {
        var bytes = try ledger.read(file)
        bytes[offset] ^= 0x10
        try ledger.write(bytes, to: file)
    }

    private func requireMended(_ ledger: DiskLedger, _ original: DiskLedger) throws {
        for file in try original.dataFiles() where file.hasSuffix(".segment") { #expect(try ledger.read(file) == original.read(file), "\(file)") }
        #expect(try ledger.check().findings.isEmpty)
    }

    @Test func `a damaged block is taken from another ledger after its links were checked`() throws {
        let (ledger, original) = try self.damaged { ledger, segments in try self.flip(ledger, segments[2], at: 200) }
        let finding = try #require(try ledger.check().damage.first)
        #expect(finding.kind == .blockFile && finding.offset == 28)
        let number = try #require(finding.block)
        #expect(throws: LedgerToolError.blocksNeeded(numbers: [number...number], reason: "no other ledger was given")) { try ledger.repair() }
        let report = try ledger.repair(from: original.path)
        #expect(report.fetchedBlocks == [number] && !report.didRebuildState)
        #expect(report.rewrittenFiles.count == 1)
        try self.requireMended(ledger, original)
    }

    @Test func `damaged heads, headers and files that are gone are mended`() throws {
        let (ledger, original) = try self.damaged { ledger, segments in
            try #require(segments.count > 5)
            try self.flip(ledger, segments[0], at: 28 + 5)
            try self.flip(ledger, segments[1], at: 9)
            try SystemFiles().removeFile(ledger.path + "/" + segments[3])
            try ledger.write(Array(try ledger.read(segments[4]).dropLast(7)), to: segments[4])
        }
        let report = try ledger.check()
        #expect(report.damage.count { $0.kind == .blockFile } >= 4, "\(report.findings)")
        #expect(report.comparedEntries == nil)
        _ = try ledger.repair(from: original.path)
        try self.requireMended(ledger, original)
    }

    @Test func `blocks are taken from files with one block each`() throws {
        let (ledger, original) = try self.damaged { ledger, segments in try self.flip(ledger, segments[1], at: 300) }
        for (number, block) in try DiskLedger(of: original).content().blocks.enumerated() {
            try ledger.folder.write(block, to: "files/block_\(number).pb")
        }
        try ledger.folder.write([1, 2, 3], to: "files/readme.txt")
        _ = try ledger.repair(from: ledger.folder.path(of: "files"))
        try self.requireMended(ledger, original)
    }

    @Test func `a block of another chain is refused, and nothing is changed`() throws {
        let (ledger, _) = try self.damaged { ledger, segments in try self.flip(ledger, segments[2], at: 200) }
        let number = try #require(try ledger.check().damage.first?.block)
        let other = try DiskLedger.chain(salt: "other-")
        for block in other.blocks { try ledger.folder.write(block.block.serialized(), to: "files/\(block.block.number)") }
        let before = try ledger.dataFiles().map(ledger.read)
        #expect { try ledger.repair(from: ledger.folder.path(of: "files")) } throws: { error in
            guard case LedgerToolError.foreignBlock(number, _) = error else { return false }
            return true
        }
        #expect(try ledger.dataFiles().map(ledger.read) == before)
    }

    @Test func `a block whose own hashes do not hold is named although its frame is whole`() throws {
        let chain = try DiskLedger.chain()
        let disk = FaultyDisk()
        do {
            let blocks = try BlockStore(folder: "l/blocks", files: disk)
            for validated in chain.blocks {
                var block = validated.block
                if block.number == 6 {
                    block = OrderedBlock(
                        number: block.number, previousHash: block.previousHash, dataHash: block.dataHash,
                        envelopes: block.envelopes.map { $0 + [0] }, metadata: block.metadata)
                }
                _ = try blocks.append(block.serialized(), number: block.number.rawValue)
            }
        }
        let folder = try TemporaryFolder()
        try folder.write(disk["l/blocks/blocks-00000000.segment"], to: "l/blocks/blocks-00000000.segment")
        let report = try LedgerFolder(folder.path(of: "l")).check(temporary: folder.path)
        #expect(report.damage.contains { $0.kind == .block && $0.block == 6 && $0.text.contains("transactions") })
    }
}
