import LedgerModel

/// A world state in memory; a copy is a snapshot.
package struct InMemoryState: StateReading {
    private var values: [StateAddress: VersionedValue] = [:]
    /// The public keys of each namespace in byte order.
    private var keys: [Namespace: [StateKey]] = [:]

    package init() {}

    package func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        values[address]
    }

    package func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        InMemoryScan(state: self, namespace: namespace, keys: keys(of: namespace, from: start, to: end))
    }

    /// Applies the changes of a block.
    package mutating func apply(_ updates: [StateUpdate]) {
        for update in updates {
            values[update.address] = update.result
            guard case .key(let namespace, let key) = update.address else { continue }
            var sorted = keys[namespace] ?? []
            keys[namespace] = nil
            let index = Self.firstIndex(in: sorted, notBefore: key)
            let isPresent = index < sorted.count && sorted[index] == key
            if update.result == nil, isPresent { sorted.remove(at: index) }
            if update.result != nil, !isPresent { sorted.insert(key, at: index) }
            keys[namespace] = sorted
        }
    }

    /// How many keys there are, public and hashed.
    package var count: Int { values.count }

    fileprivate func value(_ namespace: Namespace, _ key: StateKey) -> VersionedValue? {
        values[.key(namespace, key)]
    }

    private func keys(of namespace: Namespace, from start: StateKey, to end: StateKey?) -> ArraySlice<StateKey> {
        let sorted = keys[namespace] ?? []
        let first = Self.firstIndex(in: sorted, notBefore: start)
        let last = end.map { Self.firstIndex(in: sorted, notBefore: $0) } ?? sorted.count
        return first < last ? sorted[first..<last] : []
    }

    private static func firstIndex(in sorted: [StateKey], notBefore key: StateKey) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = low + (high - low) / 2
            if sorted[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

private final class InMemoryScan: StateScan {
    private let state: InMemoryState
    private let namespace: Namespace
    private var keys: ArraySlice<StateKey>

    init(state: InMemoryState, namespace: Namespace, keys: ArraySlice<StateKey>) {
        self.state = state
        self.namespace = namespace
        self.keys = keys
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        while let key = keys.popFirst() {
            if let value = state.value(namespace, key) { return (key, value) }
        }
        return nil
    }
}
