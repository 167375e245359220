import LedgerModel

extension WriteBatch {
    /// Adds the plain values of private writes, in the order of their transactions.
    mutating func add(_ privateWrites: [CommittedPrivateWrites]) throws(LedgerError) {
        for writes in privateWrites.sorted(by: { $0.version < $1.version }) {
            let keys: [KeyWrite]
            do { keys = try writes.set.writes() } catch {
                throw .privateData(KeyValueError(operation: "read", reason: error.description))
            }
            for write in keys {
                let key = StateKeyFormat.privateState(writes.set.namespace, writes.set.collection, write.key)
                if write.isDeletion {
                    self.remove(key)
                } else {
                    self.put(key, StateValueFormat.encode(write.value, metadata: [], version: writes.version))
                }
            }
        }
    }
}

extension LedgerSnapshot: PrivateDataReading {
    package func privateValue(
        of key: StateKey, collection: CollectionName, in namespace: Namespace
    ) throws(StateReadError) -> VersionedValue? {
        try self.content.versionedValue(for: StateKeyFormat.privateState(namespace, collection, key)) {
            "a private value of collection \(collection)"
        }
    }

    package func scanPrivate(
        _ collection: CollectionName, in namespace: Namespace, from start: StateKey, to end: StateKey?
    ) throws(StateReadError) -> any StateScan {
        let prefix = StateKeyFormat.privateState(namespace, collection, "").count
        return try self.content.versionedValues(in: StateKeyFormat.privateRange(namespace, collection, from: start, to: end)) {
            StateKey(utf8: Array($0.dropFirst(prefix)))
        } what: {
            "a private value of collection \(collection)"
        }
    }
}
