import LedgerModel

/// A small world state in memory.
package struct FuzzState: StateReading, TransactionIndexReading {
    private let values: [StateAddress: VersionedValue]
    private let sorted: [(key: StateAddress, value: VersionedValue)]
    private let ids: Set<TransactionID>

    package init(_ values: [StateAddress: VersionedValue], ids: Set<TransactionID> = []) {
        self.values = values
        self.sorted = values.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        self.ids = ids
    }

    package func value(at address: StateAddress) -> VersionedValue? { self.values[address] }

    package func contains(_ id: TransactionID) -> Bool { self.ids.contains(id) }

    package func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> any StateScan {
        FuzzScan(
            self.sorted.compactMap { address, value in
                guard case .key(namespace, let key) = address, key >= start, end.map({ key < $0 }) ?? true else { return nil }
                return (key, value)
            })
    }
}

private final class FuzzScan: StateScan {
    private var rest: ArraySlice<(key: StateKey, value: VersionedValue)>

    init(_ results: [(key: StateKey, value: VersionedValue)]) {
        self.rest = results[...]
    }

    func next() -> (key: StateKey, value: VersionedValue)? { self.rest.popFirst() }
}
