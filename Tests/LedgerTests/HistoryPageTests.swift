import Ledger
import LedgerModel
import Testing

@Suite struct HistoryPageTests {
    /// Key "n" is written in each of five blocks, twice in the last; planted older changes name transactions that do not exist.
    private static func snapshot(planted: Int = 0) throws -> LedgerSnapshot {
        var chain = SampleChain()
        try chain.add([SampleChain.Transaction(id: "t0", readWriteSet: SampleChain.writes([]), kind: .config)])
        for number in 1...4 {
            try chain.add([SampleChain.Transaction(id: TransactionID("t\(number)"), readWriteSet: SampleChain.writes([("n", "\(number)")]))])
        }
        try chain.add([
            SampleChain.Transaction(id: "t5", readWriteSet: SampleChain.writes([("n", "5")])),
            SampleChain.Transaction(id: "t6", readWriteSet: SampleChain.writes([("n", nil)])),
        ])
        let store = InMemoryStore()
        var batch = WriteBatch()
        for number in 0..<planted { batch.put(StateKeyFormat.history("cc", "n", StateVersion(block: 0, transaction: UInt64(number + 10))), []) }
        let ledger = try Ledger(blockFolder: "b", files: FaultyDisk(), store: store)
        try store.write(batch)
        for block in chain.blocks { try ledger.commit(block) }
        return ledger.snapshot()
    }

    @Test(arguments: 1...7)
    func `pages of any size join to the whole history`(limit: Int) throws {
        let snapshot = try Self.snapshot()
        var ids: [String] = []
        var pages = 0
        var start: StateVersion?
        repeat {
            let page = try snapshot.history(of: "n", in: "cc", from: start, limit: limit)
            #expect(page.modifications.count <= limit)
            ids += page.modifications.map(\.transaction.text)
            start = page.next
            pages += 1
        } while start != nil
        #expect(ids == ["t6", "t5", "t4", "t3", "t2", "t1"])
        #expect(pages == (6 + limit - 1) / limit)
    }

    @Test func `a version in between starts at the next older change, and one beyond the end gives nothing`() throws {
        let snapshot = try Self.snapshot()
        let page = try snapshot.history(of: "n", in: "cc", from: StateVersion(block: 3, transaction: 9), limit: 1)
        #expect(page.modifications.map(\.transaction) == ["t3"] && page.next == StateVersion(block: 2, transaction: 0))
        #expect(try snapshot.history(of: "n", in: "cc", from: StateVersion(block: 0, transaction: 5), limit: 9).modifications.isEmpty)
        let empty = try snapshot.history(of: "n", in: "cc", from: nil, limit: 0)
        #expect(empty == HistoryPage(modifications: [], next: StateVersion(block: 5, transaction: 1)))
    }

    @Test func `of a key with a hundred thousand changes only the page is loaded`() throws {
        let snapshot = try Self.snapshot(planted: 100_000)
        let page = try snapshot.history(of: "n", in: "cc", from: nil, limit: 6)
        #expect(page.modifications.map(\.transaction) == ["t6", "t5", "t4", "t3", "t2", "t1"])
        // Loading one of the planted changes fails: none was loaded above.
        #expect(throws: StateReadError.self) { try snapshot.history(of: "n", in: "cc", from: nil, limit: 7) }
    }
}
