import TestSupport
import Testing

@testable import Ledger

/// How LevelDB's logs are judged before LevelDB opens them: an unfinished end is told from damage.
@Suite struct DatabaseRecordsTests {
    /// The log of a real database: one record for each size.
    private static func log(_ sizes: [Int]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let store = try LevelDBStore(folder: folder.path + "/state")
        var random = SeededGenerator(seed: 3)
        for size in sizes {
            var batch = WriteBatch()
            batch.put([1], random.bytes(count: size))
            try store.write(batch)
        }
        let name = try #require(try SystemFiles().list(folder.path + "/state").last { $0.hasSuffix(".log") })
        return try #require(folder.read("state/" + name))
    }

    @Test func `the records of a real log are found whole, over blocks too`() throws {
        let content = DatabaseRecords(try Self.log([10, 40_000, 0, 32_700, 70_000, 5]), keepsRecords: true)
        #expect(content.end == .whole)
        #expect(content.records.map { $0.count } == [10, 40_000, 0, 32_700, 70_000, 5].map { $0 + 12 + 3 + ($0 < 128 ? 1 : $0 < 16_384 ? 2 : 3) })
    }

    @Test(arguments: [[30, 900], [30, 40_000]])
    func `sectors missing from the last record are an unfinished end, and from any other one damage`(sizes: [Int]) throws {
        let whole = try Self.log(sizes)
        let first = DatabaseRecords(Array(whole.prefix(7 + 30 + 16)), keepsRecords: true)
        #expect(first.records.count == 1 && first.end == .whole)
        let boundary = 7 + 30 + 16
        for start in stride(from: 0, to: whole.count, by: 512) {
            for missing in [max(start, boundary)..<min(start + 512, whole.count), max(start, boundary)..<whole.count] where !missing.isEmpty {
                var bytes = whole
                for index in missing { bytes[index] = 0 }
                #expect(DatabaseRecords(bytes, keepsRecords: false).end == .torn(offset: boundary), "\(missing)")
            }
        }
        for index in 0..<boundary {
            var bytes = whole
            bytes[index] ^= 0x10
            guard case .damaged = DatabaseRecords(bytes, keepsRecords: false).end else {
                Issue.record("a flipped bit at \(index) is taken for an unfinished end")
                continue
            }
        }
    }

    @Test func `every cut of a log is an unfinished end or a whole one`() throws {
        let whole = try Self.log([30, 200, 15])
        for cut in 0...whole.count {
            switch DatabaseRecords(Array(whole.prefix(cut)), keepsRecords: false).end {
            case .whole, .torn: break
            case .damaged(let offset): Issue.record("cut at \(cut): damage at \(offset)")
            }
        }
    }

    @Test func `damage in the middle of a log is left for the database to report`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger"
        let chain = try SampleChain.eventful()
        do {
            let ledger = try Ledger.open(folder: path)
            for block in chain.blocks { try ledger.commit(block) }
        }
        let name = try #require(try SystemFiles().list(path + "/state").last { $0.hasSuffix(".log") })
        var bytes = try #require(folder.read("ledger/state/" + name))
        bytes[20] ^= 1
        try folder.write(bytes, to: "ledger/state/" + name)
        let error = #expect(throws: LedgerError.self) { try Ledger.open(folder: path) }
        guard case .state(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.reason.contains("Corruption"))
        #expect(folder.read("ledger/state/" + name) == bytes)
    }
}
