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
        guard let bytes = try reading({ () throws(KeyValueError) in try self.content.value(for: StateKeyFormat.state(address)) }) else { return nil }
        guard let value = StateValueFormat.decode(bytes) else { throw StateReadError(reason: "the value at \(address) is damaged") }
        return value
    }

    package func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        let range = StateKeyFormat.stateRange(namespace, from: start, to: end)
        let scan = try reading { () throws(KeyValueError) in try self.content.scan(from: range.start, to: range.end) }
        return PublicStateScan(scan, namespace: namespace)
    }
}

private final class PublicStateScan: StateScan {
    private let scan: any KeyValueScan
    private let namespace: Namespace

    init(_ scan: any KeyValueScan, namespace: Namespace) {
        self.scan = scan
        self.namespace = namespace
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        guard let entry = try reading({ () throws(KeyValueError) in try self.scan.next() }) else { return nil }
        guard let key = StateKeyFormat.stateKey(entry.key, in: self.namespace), let value = StateValueFormat.decode(entry.value) else {
            throw StateReadError(reason: "an entry of namespace \(self.namespace) is damaged")
        }
        return (key, value)
    }
}

/// Runs database calls and reports their failure as one of reading the state.
func reading<Result>(_ calls: () throws(KeyValueError) -> Result) throws(StateReadError) -> Result {
    do { return try calls() } catch { throw StateReadError(reason: error.description) }
}
