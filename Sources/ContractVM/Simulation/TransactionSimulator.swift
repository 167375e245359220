import CryptoPrimitives
import LedgerModel

/// Collects what one transaction reads and writes on a snapshot of the world state, and yields Fabric's read-write set (interop 6 and 9).
///
/// Reads come from the snapshot only: a transaction never sees its own writes. One simulator serves one transaction on one thread.
package final class TransactionSimulator {
    private let state: any StateReading
    private let privateData: (any PrivateDataReading)?
    private var namespaces: [Namespace: NamespaceAccess] = [:]
    /// In the order in which they were opened.
    private var cursors: [RangeCursor] = []
    private var hasWritten = false
    private var hasReadPages = false
    private var hasQueriedPrivateData = false
    private var collectionsRead: [Namespace: Set<CollectionName>] = [:]

    /// Starts a transaction on a snapshot.
    ///
    /// - Parameter privateData: What the node holds in the clear, in the same snapshot; nil on a node without private data, such as an auditor.
    package init(state: any StateReading, privateData: (any PrivateDataReading)? = nil) {
        self.state = state
        self.privateData = privateData
    }

    /// The committed value of a key; the key and its version enter the read set.
    package func value(of key: StateKey, in namespace: Namespace) throws(SimulationError) -> VersionedValue? {
        let value = try committed(.key(namespace, key))
        namespaces[namespace, default: NamespaceAccess()].reads.updateValue(value?.version, forKey: key)
        return value
    }

    /// Puts a key; empty bytes delete it.
    package func put(_ value: [UInt8], at key: StateKey, in namespace: Namespace) throws(SimulationError) {
        try beginWrite()
        namespaces[namespace, default: NamespaceAccess()].writes.updateValue(value.isEmpty ? nil : value, forKey: key)
    }

    /// Deletes a key.
    package func delete(_ key: StateKey, in namespace: Namespace) throws(SimulationError) {
        try put([], at: key, in: namespace)
    }

    /// All metadata of a key; the key enters the read set.
    package func metadata(of key: StateKey, in namespace: Namespace) throws(SimulationError) -> [MetadataEntry] {
        try value(of: key, in: namespace)?.metadata ?? []
    }

    /// Replaces all metadata of a key.
    package func setMetadata(_ entries: [MetadataEntry], of key: StateKey, in namespace: Namespace) throws(SimulationError) {
        try beginWrite()
        namespaces[namespace, default: NamespaceAccess()].metadataWrites[key] = entries
    }

    /// Opens a range query from `start` (inclusive) to `end` (exclusive; empty: to the end of the namespace).
    func openRange(from start: StateKey, to end: StateKey, in namespace: Namespace) throws(SimulationError) -> RangeCursor {
        let scan: any StateScan
        do throws(StateReadError) {
            scan = try state.scan(namespace, from: start, to: end.isEmpty ? nil : end)
        } catch {
            throw .state(error)
        }
        let cursor = RangeCursor(namespace: namespace, start: start, end: end, scan: scan)
        cursors.append(cursor)
        return cursor
    }

    /// Opens a range query for one page, which forbids writes.
    func openPage(from start: StateKey, to end: StateKey, in namespace: Namespace) throws(SimulationError) -> RangeCursor {
        guard !hasWritten else { throw .pagedQueryAfterWrite }
        hasReadPages = true
        return try openRange(from: start, to: end, in: namespace)
    }

    /// The read-write set: namespaces and keys in byte order.
    package func readWriteSet() -> ReadWriteSet {
        var accesses = namespaces
        for cursor in cursors {
            accesses[cursor.namespace, default: NamespaceAccess()].append(cursor.recorded)
        }
        return ReadWriteSet(namespaces: accesses.keys.sorted().map { (accesses[$0] ?? NamespaceAccess()).readWriteSet($0) })
    }

    private func beginWrite() throws(SimulationError) {
        guard !hasReadPages else { throw .writeAfterPagedQuery }
        guard !hasQueriedPrivateData else { throw .writeAfterPrivateQuery }
        hasWritten = true
    }

    private func committed(_ address: StateAddress) throws(SimulationError) -> VersionedValue? {
        do throws(StateReadError) {
            return try state.value(at: address)
        } catch {
            throw .state(error)
        }
    }
}

// MARK: - Private data, of which the ledger holds hashes

extension TransactionSimulator {
    /// SHA-256 of the committed private value of a key, or nil; the hashed key enters the read set.
    package func privateHash(of key: StateKey, collection: CollectionName, in namespace: Namespace) throws(SimulationError) -> [UInt8]? {
        let value = try committed(.hashed(namespace, collection, keyHash: SHA256.hash(key.utf8)))
        namespaces[namespace, default: NamespaceAccess()].collections[collection, default: CollectionAccess()].reads
            .updateValue(value?.version, forKey: key)
        return value?.value
    }

    /// The committed private value of a key, or nil; the hashed key enters the read set.
    ///
    /// - Throws: `.privateValueMissing` unless this node has the value in the version whose hash is on the ledger.
    package func privateValue(of key: StateKey, collection: CollectionName, in namespace: Namespace) throws(SimulationError) -> [UInt8]? {
        let hashed = try committed(.hashed(namespace, collection, keyHash: SHA256.hash(key.utf8)))
        collectionsRead[namespace, default: []].insert(collection)
        namespaces[namespace, default: NamespaceAccess()].collections[collection, default: CollectionAccess()].reads
            .updateValue(hashed?.version, forKey: key)
        guard let hashed else { return nil }
        let value: VersionedValue?
        do throws(StateReadError) {
            value = try privateData?.privateValue(of: key, collection: collection, in: namespace)
        } catch {
            throw .state(error)
        }
        guard let value, value.version == hashed.version else { throw .privateValueMissing(collection) }
        return value.value
    }

    /// The private keys of a collection that begin with a prefix, with their values, as this node has them; nothing is recorded.
    package func privateKeys(
        from start: StateKey, to end: StateKey?, collection: CollectionName, in namespace: Namespace
    ) throws(SimulationError) -> (any StateScan)? {
        guard !hasWritten else { throw .privateQueryAfterWrite }
        hasQueriedPrivateData = true
        do throws(StateReadError) {
            return try privateData?.scanPrivate(collection, in: namespace, from: start, to: end)
        } catch {
            throw .state(error)
        }
    }

    /// Puts a private key; empty bytes delete it. Only hashes enter the read-write set.
    package func putPrivate(
        _ value: [UInt8], at key: StateKey, collection: CollectionName, in namespace: Namespace
    ) throws(SimulationError) {
        try beginWrite()
        namespaces[namespace, default: NamespaceAccess()].collections[collection, default: CollectionAccess()].writes
            .updateValue(value.isEmpty ? nil : value, forKey: key)
    }

    /// The collections of which values were asked for in the clear, in byte order; asking for hashes does not count.
    package func privateReads() -> [PrivateRead] {
        collectionsRead.keys.sorted().flatMap { namespace in
            (collectionsRead[namespace] ?? []).sorted().map { PrivateRead(namespace: namespace, collection: $0) }
        }
    }

    /// The private writes of all collections, by namespace and collection in byte order.
    package func privateWriteSets() -> [PrivateWriteSet] {
        var result: [PrivateWriteSet] = []
        for namespace in namespaces.keys.sorted() {
            let collections = namespaces[namespace]?.collections ?? [:]
            for name in collections.keys.sorted() {
                if let set = collections[name]?.privateWriteSet(namespace, name) { result.append(set) }
            }
        }
        return result
    }
}
