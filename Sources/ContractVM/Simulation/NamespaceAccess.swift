import CryptoPrimitives
import LedgerModel

/// What a transaction did in one namespace so far.
struct NamespaceAccess {
    /// The last version read of each key.
    var reads: [StateKey: StateVersion?] = [:]
    /// The last value written to each key; nil deletes.
    var writes: [StateKey: [UInt8]?] = [:]
    var metadataWrites: [StateKey: [MetadataEntry]] = [:]
    var rangeQueries: [RangeQuery] = []
    var collections: [CollectionName: CollectionAccess] = [:]

    /// Adds a range query unless an equal one (by start, end and exhaustion) is there; Fabric keeps the first.
    mutating func append(_ query: RangeQuery) {
        let isKnown = rangeQueries.contains { $0.start == query.start && $0.end == query.end && $0.isExhausted == query.isExhausted }
        if !isKnown { rangeQueries.append(query) }
    }

    /// The namespace's part of the read-write set: keys and collections in byte order, range queries in order of execution.
    func readWriteSet(_ namespace: Namespace) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(
            namespace: namespace,
            reads: reads.map { KeyRead(key: $0.key, version: $0.value) }.sorted { $0.key < $1.key },
            rangeQueries: rangeQueries,
            writes: writes.map { KeyWrite(key: $0.key, isDelete: $0.value == nil, value: $0.value ?? []) }.sorted { $0.key < $1.key },
            metadataWrites: metadataWrites.map { MetadataWrite(key: $0.key, entries: $0.value) }.sorted { $0.key < $1.key },
            collections: collections.map { $0.value.readWriteSet(namespace, $0.key) }.sorted { $0.collection < $1.collection })
    }
}

/// What a transaction did in one private data collection so far, under clear-text keys, because these decide the order.
struct CollectionAccess {
    var reads: [StateKey: StateVersion?] = [:]
    var writes: [StateKey: [UInt8]?] = [:]

    /// The writes in the clear; nil when there are none.
    func privateWriteSet(_ namespace: Namespace, _ collection: CollectionName) -> PrivateWriteSet? {
        guard !writes.isEmpty else { return nil }
        let sorted = writes.keys.sorted().map { key in
            let value = writes[key] ?? nil
            return KeyWrite(key: key, isDelete: value == nil, value: value ?? [])
        }
        return PrivateWriteSet(namespace: namespace, collection: collection, writes: sorted)
    }

    /// The hashed form, ordered by the clear-text keys (interop 4.11).
    func readWriteSet(_ namespace: Namespace, _ collection: CollectionName) -> CollectionReadWriteSet {
        CollectionReadWriteSet(
            collection: collection,
            reads: reads.keys.sorted().map { .init(keyHash: SHA256.hash($0.utf8), version: reads[$0] ?? nil) },
            writes: writes.keys.sorted().map { key in
                let value = writes[key] ?? nil
                return .init(keyHash: SHA256.hash(key.utf8), isDelete: value == nil, valueHash: value.map { SHA256.hash($0) } ?? [], isPurge: false)
            },
            privateHash: privateWriteSet(namespace, collection).map { SHA256.hash($0.bytes) } ?? [])
    }
}
