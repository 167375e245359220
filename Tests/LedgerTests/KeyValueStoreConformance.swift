import Ledger
import TestSupport
import Testing

/// The stores that keep state; each must pass every test that names this type.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case levelDB

    var testDescription: String { self.rawValue }

    /// Calls the body with a fresh store.
    func withStore(_ body: (any KeyValueStore) throws -> Void) throws {
        switch self {
        case .memory: try body(InMemoryStore())
        case .levelDB:
            let folder = try TemporaryFolder()
            try body(try LevelDBStore(folder: folder.path + "/state"))
        }
    }
}

extension KeyValueSnapshot {
    /// All entries between two keys.
    func entries(from start: [UInt8] = [0], to end: [UInt8] = [0xff, 0xff]) throws -> [[[UInt8]]] {
        let scan = try self.scan(from: start, to: end)
        var entries: [[[UInt8]]] = []
        while let entry = try scan.next() { entries.append([entry.key, entry.value]) }
        return entries
    }
}

@Suite struct KeyValueStoreConformance {
    @Test(arguments: StoreKind.allCases)
    func `a batch puts and removes, and the last entry of a key wins`(kind: StoreKind) throws {
        try kind.withStore { store in
            var batch = WriteBatch()
            batch.put([1], [10])
            batch.put([2], [])
            batch.put([3], [30])
            batch.put([1], [11])
            batch.remove([3])
            batch.remove([4])
            batch.remove([5])
            batch.put([5], [50])
            try store.write(batch)
            let snapshot = store.snapshot()
            #expect(try snapshot.value(for: [1]) == [11])
            #expect(try snapshot.value(for: [2]) == [])
            #expect(try snapshot.value(for: [3]) == nil)
            #expect(try snapshot.value(for: [4]) == nil)
            #expect(try snapshot.entries() == [[[1], [11]], [[2], []], [[5], [50]]])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a snapshot and its scans do not see later batches`(kind: StoreKind) throws {
        try kind.withStore { store in
            var batch = WriteBatch()
            for key in 0..<100 as Range<UInt8> { batch.put([key], [key]) }
            try store.write(batch)
            let before = store.snapshot()
            let scan = try before.scan(from: [10], to: [20])
            _ = try scan.next()
            var change = WriteBatch()
            change.remove([11])
            change.put([12], [0xff])
            change.put([12, 1], [1])
            try store.write(change)
            #expect(try before.value(for: [11]) == [11])
            #expect(try scan.next()?.key == [11])
            #expect(try scan.next()?.value == [12])
            #expect(try scan.next()?.key == [13])
            #expect(try store.snapshot().entries(from: [11], to: [14]) == [[[12], [0xff]], [[12, 1], [1]], [[13], [13]]])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `scans are in byte order with the start included and the end excluded`(kind: StoreKind) throws {
        try kind.withStore { store in
            var batch = WriteBatch()
            for key in [[0x80], [0x7f], [0x7f, 0], [0], [0xff], [0x7f, 0xff]] as [[UInt8]] { batch.put(key, key) }
            try store.write(batch)
            let snapshot = store.snapshot()
            #expect(try snapshot.entries(from: [0], to: [0xff]).map { $0[0] } == [[0], [0x7f], [0x7f, 0], [0x7f, 0xff], [0x80]])
            #expect(try snapshot.entries(from: [0x7f, 0], to: [0x80]).map { $0[0] } == [[0x7f, 0], [0x7f, 0xff]])
            #expect(try snapshot.entries(from: [0x90], to: [0x10]).isEmpty)
            #expect(try snapshot.entries(from: [1], to: [2]).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases, [1, 2, 3] as [UInt64])
    func `random batches leave what a dictionary would hold`(kind: StoreKind, seed: UInt64) throws {
        try kind.withStore { store in
            var random = SeededGenerator(seed: seed)
            var model: [[UInt8]: [UInt8]] = [:]
            for _ in 0..<20 {
                var batch = WriteBatch()
                for _ in 0..<80 {
                    let key = random.bytes(count: Int.random(in: 1...2, using: &random))
                    if Int.random(in: 0..<3, using: &random) == 0 {
                        batch.remove(key)
                        model[key] = nil
                    } else {
                        let value = random.bytes(count: 3)
                        batch.put(key, value)
                        model[key] = value
                    }
                }
                try store.write(batch)
            }
            let expected = model.map { [$0.key, $0.value] }.sorted { $0[0].lexicographicallyPrecedes($1[0]) }
            #expect(try store.snapshot().entries(from: [], to: [0xff, 0xff, 0xff]) == expected, "\(random)")
            for entry in expected { #expect(try store.snapshot().value(for: entry[0]) == entry[1], "\(random)") }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `snapshots and scans may outlive the store`(kind: StoreKind) throws {
        var scan: (any KeyValueScan)?
        try kind.withStore { store in
            var batch = WriteBatch()
            batch.put([1], [2])
            try store.write(batch)
            scan = try store.snapshot().scan(from: [0], to: [9])
        }
        #expect(try scan?.next()?.value == [2])
    }

    @Test func `LevelDB keeps its content when it is opened again`() throws {
        let folder = try TemporaryFolder()
        do {
            var batch = WriteBatch()
            batch.put([1], [2])
            try LevelDBStore(folder: folder.path).write(batch)
        }
        #expect(try LevelDBStore(folder: folder.path).snapshot().entries() == [[[1], [2]]])
    }

    @Test func `LevelDB refuses a second opening and a folder that cannot be made`() throws {
        let folder = try TemporaryFolder()
        let store = try LevelDBStore(folder: folder.path)
        let error = #expect(throws: KeyValueError.self) { try LevelDBStore(folder: folder.path) }
        #expect(error?.reason.contains("lock") == true)
        #expect(throws: KeyValueError.self) { try LevelDBStore(folder: folder.path + "/no/state") }
        withExtendedLifetime(store) {}
    }
}
