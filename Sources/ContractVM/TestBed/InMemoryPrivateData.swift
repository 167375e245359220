import LedgerModel

/// Private data in the clear, in memory.
package struct InMemoryPrivateData: PrivateDataReading {
    private struct Place: Hashable {
        let namespace: Namespace
        let collection: CollectionName
    }

    private var values: [Place: [StateKey: VersionedValue]] = [:]

    package init() {}

    package func privateValue(
        of key: StateKey, collection: CollectionName, in namespace: Namespace
    ) throws(StateReadError) -> VersionedValue? {
        values[Place(namespace: namespace, collection: collection)]?[key]
    }

    package func scanPrivate(
        _ collection: CollectionName, in namespace: Namespace, from start: StateKey, to end: StateKey?
    ) throws(StateReadError) -> any StateScan {
        let all = values[Place(namespace: namespace, collection: collection)] ?? [:]
        let keys = all.keys.filter { key in start <= key && (end.map { key < $0 } ?? true) }.sorted()
        return Scan(entries: keys.compactMap { key in all[key].map { (key, $0) } })
    }

    /// Applies the private writes of a valid transaction.
    package mutating func apply(_ set: PrivateWriteSet, version: StateVersion) throws(MessageError) {
        for write in try set.writes() {
            let value = write.isDeletion ? nil : VersionedValue(value: write.value, version: version)
            values[Place(namespace: set.namespace, collection: set.collection), default: [:]][write.key] = value
        }
    }

    /// Loses everything of one collection, as a node that did not endorse the writes.
    package mutating func forget(_ collection: CollectionName, in namespace: Namespace) {
        values[Place(namespace: namespace, collection: collection)] = nil
    }

    private final class Scan: StateScan {
        private var entries: ArraySlice<(key: StateKey, value: VersionedValue)>

        init(entries: [(key: StateKey, value: VersionedValue)]) { self.entries = entries[...] }

        func next() -> (key: StateKey, value: VersionedValue)? { entries.popFirst() }
    }
}
