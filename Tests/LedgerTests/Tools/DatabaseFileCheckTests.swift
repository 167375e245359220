import Ledger
import TestSupport
import Testing

@Suite struct DatabaseFileCheckTests {
    @Test func `the checksum is the published one`() {
        #expect(CRC32C.checksum(Array("123456789".utf8)[...]) == 0xe306_9283)
    }

    @Test func `compressed bytes are read, and broken ones end in nothing`() {
        func read(_ bytes: [UInt8]) -> [UInt8]? { SnappyBlock.decompress(bytes[...], limit: 100) }
        // A literal of 3, then a copy of 6 from 3 before, which reaches into itself.
        #expect(read([9, 2 << 2, 1, 2, 3, 2 << 2 | 1, 3]) == [1, 2, 3, 1, 2, 3, 1, 2, 3])
        #expect(read([4, 0, 7, 2 << 2 | 2, 1, 0]) == [7, 7, 7, 7])
        #expect(read([3, 60 << 2, 2, 1, 2, 3]) == [1, 2, 3])
        for broken: [UInt8] in [
            [], [9], [9, 2 << 2, 1, 2], [2, 0, 7, 2 << 2 | 2, 2, 0], [200, 1], [1, 2 << 2, 1, 2, 3], [4, 0, 7, 2 << 2 | 2, 0, 0],
        ] {
            #expect(read(broken) == nil, "\(broken)")
        }
    }

    @Test func `a large database with compressed tables checks without a finding, whole to the last byte`() throws {
        let folder = try TemporaryFolder()
        for round in 0..<3 {
            let store = try LevelDBStore(folder: folder.path(of: "state"))
            var batch = WriteBatch()
            for number in 0..<4000 {
                let text = "a long and similar key with the number \(round)-\(String(number * 7919 % 100_003, radix: 2))"
                batch.put(Array(text.utf8), Array(repeating: UInt8(number % 7), count: 300))
            }
            try store.write(batch)
        }
        _ = try LevelDBStore(folder: folder.path(of: "state"))
        var check = DatabaseFileCheck(folder: folder.path(of: "state"), files: SystemFiles())
        try check.run()
        #expect(check.findings.isEmpty, "\(check.findings)")
        #expect(check.checkedBytes > 100_000)
    }

    @Test func `cut and empty files end in findings`() throws {
        let ledger = try DiskLedger()
        let files = try ledger.dataFiles().filter { $0.hasPrefix("state/") }
        for file in files {
            let good = try ledger.read(file)
            for size in [0, 1, good.count / 2, good.count - 1] where size < good.count {
                try ledger.write(Array(good.prefix(size)), to: file)
                var check = DatabaseFileCheck(folder: ledger.path + "/state", files: SystemFiles())
                try check.run()
                // An empty log is a log without records; what was in it is missed by the comparison of the entries.
                let isLog = file.hasSuffix(".log") || file.contains("MANIFEST")
                #expect(!check.findings.isEmpty || isLog && size == 0, "\(file) cut to \(size)")
            }
            try ledger.write(good, to: file)
        }
    }
}
