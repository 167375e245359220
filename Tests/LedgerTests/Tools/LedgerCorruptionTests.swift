import Ledger
import LedgerModel
import TestSupport
import Testing

/// Flips single bits of a real ledger's files at places drawn from a seed: each has to be noticed and named, and mended.
@Suite struct LedgerCorruptionTests {
    private struct Flip {
        var file: String
        var offset: Int
        var bit: UInt8
    }

    /// One flip in every so many bytes of each file, at a place drawn in them.
    private static func flips(in ledger: DiskLedger, every step: Int, _ random: inout SeededGenerator) throws -> [Flip] {
        var flips: [Flip] = []
        for file in try ledger.dataFiles() {
            let size = try ledger.read(file).count
            for start in stride(from: 0, to: size, by: step) {
                let offset = min(size - 1, start + Int.random(in: 0..<step, using: &random))
                flips.append(Flip(file: file, offset: offset, bit: UInt8.random(in: 0..<8, using: &random)))
            }
        }
        return flips
    }

    /// How many flips a check did not notice.
    private static func missed(_ flips: [Flip], in ledger: DiskLedger, steps: LedgerCheckSteps) throws -> [Flip] {
        try flips.filter { flip in
            let good = try ledger.read(flip.file)
            var bad = good
            bad[flip.offset] ^= 1 << flip.bit
            try ledger.write(bad, to: flip.file)
            let report = try ledger.check(steps)
            let isNoticed = !report.findings.isEmpty
            if steps == .all, isNoticed {
                // The file is named, with a place at or before the bit.
                let isNamed = report.findings.contains { finding in
                    finding.file == flip.file && finding.offset.map { $0 <= UInt64(flip.offset) } != false
                }
                #expect(isNamed, "\(flip): \(report.findings)")
            }
            #expect(try ledger.read(flip.file) == bad, "a check changes nothing")
            try ledger.write(good, to: flip.file)
            return !isNoticed
        }
    }

    @Test func `every flipped bit in block files and database files is noticed and named`() throws {
        var random = SeededGenerator(seed: 14)
        let ledger = try DiskLedger()
        #expect(try ledger.check().findings.isEmpty)
        let files = try ledger.dataFiles()
        #expect(files.count { $0.hasSuffix(".segment") } > 3 && files.count { $0.hasSuffix(".ldb") } > 1, "\(files)")
        let flips = try Self.flips(in: ledger, every: 30, &random)
        #expect(flips.count > 300, "\(flips.count) flips")
        let missed = try Self.missed(flips, in: ledger, steps: .all)
        #expect(missed.isEmpty, "\(missed), \(random)")
        #expect(try ledger.check().findings.isEmpty)
    }

    @Test func `a check that skips LevelDB's checksums is caught`() throws {
        var random = SeededGenerator(seed: 14)
        let ledger = try DiskLedger()
        let flips = try Self.flips(in: ledger, every: 30, &random).filter { $0.file.hasPrefix("state") }
        #expect(try !Self.missed(flips, in: ledger, steps: [.blocks, .entries]).isEmpty)
    }

    @Test func `what a flipped bit spoils is mended, and the ledger is what it was`() throws {
        var random = SeededGenerator(seed: 15)
        let original = try DiskLedger()
        let expected = try DiskLedger(of: original).content()
        let flips = try Self.flips(in: original, every: 800, &random)
        #expect(flips.count > 15)
        for flip in flips {
            let ledger = try DiskLedger(of: original)
            var bytes = try ledger.read(flip.file)
            bytes[flip.offset] ^= 1 << flip.bit
            try ledger.write(bytes, to: flip.file)
            let report = try ledger.repair(from: original.path)
            #expect(!report.before.isEmpty && report.didChange, "\(flip), \(report), \(random)")
            #expect(try ledger.content() == expected, "\(flip), \(random)")
            #expect(try ledger.check().findings.isEmpty)
        }
    }

    @Test(arguments: ["CURRENT", "MANIFEST", ".ldb", ".log"], [true, false])
    func `a database file that is gone or emptied is noticed and the state is rebuilt`(kind: String, isRemoved: Bool) throws {
        let ledger = try DiskLedger()
        let expected = try DiskLedger(of: ledger).content()
        let file = try #require(try ledger.dataFiles().first { $0.hasPrefix("state/") && $0.contains(kind) })
        if isRemoved { try SystemFiles().removeFile(ledger.path + "/" + file) } else { try ledger.write([], to: file) }
        let report = try ledger.check()
        #expect(!report.isGood && report.damage.contains { $0.file?.hasPrefix("state") == true }, "\(report)")
        #expect(try ledger.repair().didRebuildState)
        #expect(try ledger.content() == expected)
    }

    /// Changes of the database that every checksum confirms.
    private static let alterations: [(name: String, key: [UInt8], value: [UInt8]?)] = [
        ("state of cc/b7", StateKeyFormat.state(.key("cc", "b7")), Array("nonsense".utf8)),
        ("state of cc/b8", StateKeyFormat.state(.key("cc", "b8")), nil),
        ("state of cc/planted", StateKeyFormat.state(.key("cc", "planted")), [0, 0, 0, 1]),
        ("state of cc/secret#05", StateKeyFormat.state(.hashed("cc", "secret", keyHash: [5])), nil),
        ("history of cc/b7 at 7:0", StateKeyFormat.history("cc", "b7", StateVersion(block: 7, transaction: 0)), nil),
        ("index of transaction t4a", StateKeyFormat.transaction("t4a"), [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0]),
        ("index of block 3", StateKeyFormat.block(3), nil),
        ("savepoint", StateKeyFormat.savepointKey, nil),
        ("an unknown key of 2 bytes", [0x7a, 0x7a], [1]),
    ]

    @Test(arguments: 0..<9)
    func `an entry that is not what the blocks give is named by its key, and mended`(index: Int) throws {
        let alteration = Self.alterations[index]
        let ledger = try DiskLedger()
        let expected = try DiskLedger(of: ledger).content()
        try ledger.alter(alteration.key, alteration.value)
        let report = try ledger.check()
        #expect(report.damage.contains { $0.kind == .entry && $0.key?.description == alteration.name }, "\(report.findings)")
        // A check that skips the comparison does not notice, so this test would.
        if alteration.name != "savepoint" { #expect(try ledger.check([.blocks, .databaseFiles]).findings.isEmpty) }
        #expect(try ledger.repair().didRebuildState)
        #expect(try ledger.check().findings.isEmpty)
        #expect(try ledger.content() == expected)
    }

    @Test func `what a crash leaves is told and is no damage`() throws {
        let ledger = try DiskLedger()
        let segment = try #require(try ledger.dataFiles().last { $0.hasSuffix(".segment") })
        let good = try ledger.read(segment)
        try ledger.write(good + BlockFileFormat.frameHead(number: 14, block: [1, 2, 3]), to: segment)
        let report = try ledger.check()
        #expect(report.isGood && report.findings.map(\.kind) == [.unfinishedBlock])
        #expect(report.findings.first?.offset == UInt64(good.count))
        #expect(try ledger.repair().droppedBytes > 0)
        #expect(try ledger.read(segment) == good)
    }
}
