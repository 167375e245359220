import LedgerModel

/// The world state in a key-value store: what every key holds after the last applied block.
///
/// The ledger writes the same keys together with its indexes; this type alone is enough where no blocks are kept,
/// as in the auditor's replay.
package final class WorldState: Sendable {
    private let store: any KeyValueStore

    package init(store: any KeyValueStore) { self.store = store }

    /// An immutable view of the present state.
    package func snapshot() -> any StateReading { StateSnapshot(self.store.snapshot()) }

    /// Applies the net changes of a block as a whole.
    package func apply(_ updates: [StateUpdate]) throws(KeyValueError) {
        var batch = WriteBatch()
        batch.add(updates)
        try self.store.write(batch)
    }
}

extension WriteBatch {
    /// Adds changes of the world state.
    mutating func add(_ updates: [StateUpdate]) {
        for update in updates {
            let key = StateKeyFormat.state(update.address)
            switch update.change {
            case .put(let value, let metadata): self.put(key, StateValueFormat.encode(value, metadata: metadata, version: update.version))
            case .delete: self.remove(key)
            }
        }
    }
}

/// The world state as a snapshot of the database shows it.
package struct StateSnapshot: StateReading {
    private let content: any KeyValueSnapshot

    package init(_ content: any KeyValueSnapshot) { self.content = content }

    package func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        try self.content.versionedValue(for: StateKeyFormat.state(address)) { "the value at \(address)" }
    }

    package func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        try self.content.versionedValues(in: StateKeyFormat.stateRange(namespace, from: start, to: end)) {
            StateKeyFormat.stateKey($0, in: namespace)
        } what: {
            "an entry of namespace \(namespace)"
        }
    }
}
