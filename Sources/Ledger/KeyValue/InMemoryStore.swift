import Synchronization

/// A key-value store that lives and dies with the process: for the auditor's replay and for tests.
package final class InMemoryStore: KeyValueStore {
    private let content = Mutex(SortedByteMap())

    package init() {}

    package func snapshot() -> any KeyValueSnapshot {
        InMemorySnapshot(content: self.content.withLock { $0 })
    }

    package func write(_ batch: WriteBatch) throws(KeyValueError) {
        self.content.withLock { content in
            for operation in batch.operations { content[operation.key] = operation.value }
        }
    }
}

private struct InMemorySnapshot: KeyValueSnapshot {
    let content: SortedByteMap

    func value(for key: [UInt8]) -> [UInt8]? { self.content[key] }

    func scan(from start: [UInt8], to end: [UInt8]) -> any KeyValueScan {
        InMemoryScan(content: self.content, index: self.content.firstIndex(notBefore: start), end: end)
    }
}

private final class InMemoryScan: KeyValueScan {
    private let content: SortedByteMap
    private var index: SortedByteMap.Index
    private let end: [UInt8]

    init(content: SortedByteMap, index: SortedByteMap.Index, end: [UInt8]) {
        self.content = content
        self.index = index
        self.end = end
    }

    func next() -> (key: [UInt8], value: [UInt8])? {
        guard let entry = self.content.entry(at: self.index), entry.key.lexicographicallyPrecedes(self.end) else { return nil }
        self.index = self.content.index(after: self.index)
        return entry
    }
}
