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
        let key = StateKeyFormat.privateState(namespace, collection, key)
        guard let bytes = try reading({ () throws(KeyValueError) in try self.content.value(for: key) }) else { return nil }
        guard let value = StateValueFormat.decode(bytes) else {
            throw StateReadError(reason: "a private value of collection \(collection) is damaged")
        }
        return value
    }

    package func scanPrivate(
        _ collection: CollectionName, in namespace: Namespace, from start: StateKey, to end: StateKey?
    ) throws(StateReadError) -> any StateScan {
        let prefix = StateKeyFormat.privateState(namespace, collection, "")
        let range = StateKeyFormat.privateRange(namespace, collection, from: start, to: end)
        return PrivateScan(try reading { () throws(KeyValueError) in try self.content.scan(from: range.start, to: range.end) }, prefix: prefix.count)
    }
}

private final class PrivateScan: StateScan {
    private let scan: any KeyValueScan
    private let prefix: Int

    init(_ scan: any KeyValueScan, prefix: Int) {
        self.scan = scan
        self.prefix = prefix
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        guard let entry = try reading({ () throws(KeyValueError) in try self.scan.next() }) else { return nil }
        guard let value = StateValueFormat.decode(entry.value) else { throw StateReadError(reason: "a private value is damaged") }
        return (StateKey(utf8: Array(entry.key.dropFirst(self.prefix))), value)
    }
}
