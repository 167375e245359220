import LedgerModel

/// A state and a transaction index in memory that take validated blocks.
struct MemoryState: StateReading, TransactionIndexReading {
    private(set) var values: [StateAddress: VersionedValue] = [:]
    private(set) var transactionIDs: Set<TransactionID> = []
    private(set) var commitHash: [UInt8] = []

    init() {}

    init(_ values: [StateAddress: VersionedValue]) {
        self.values = values
    }

    mutating func commit(_ block: ValidatedBlock) {
        for update in block.updates { self.values[update.address] = update.result }
        self.transactionIDs.formUnion(block.transactionIDs.compactMap { $0 })
        self.commitHash = block.commitHash
    }

    mutating func set(_ address: StateAddress, _ value: VersionedValue?) {
        self.values[address] = value
    }

    func value(at address: StateAddress) -> VersionedValue? { self.values[address] }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> any StateScan {
        var found: [(key: StateKey, value: VersionedValue)] = []
        for (address, value) in self.values {
            guard case .key(namespace, let key) = address, key >= start else { continue }
            if let end, key >= end { continue }
            found.append((key, value))
        }
        return MemoryScan(found.sorted { $0.key < $1.key })
    }

    func contains(_ id: TransactionID) -> Bool { self.transactionIDs.contains(id) }
}

private final class MemoryScan: StateScan {
    private var rest: ArraySlice<(key: StateKey, value: VersionedValue)>

    init(_ results: [(key: StateKey, value: VersionedValue)]) {
        self.rest = results[...]
    }

    func next() -> (key: StateKey, value: VersionedValue)? { self.rest.popFirst() }
}
