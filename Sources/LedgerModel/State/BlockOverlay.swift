/// The world state as it becomes while the transactions of one block are applied in order (interop 8.3).
///
/// The validator asks it what earlier transactions of the block did; at the end it holds the net changes of the block.
package struct BlockOverlay {
    private let base: any StateReading
    private var changes: [StateAddress: StateUpdate] = [:]
    /// Public writes in the order of execution, for the history index.
    package private(set) var history: [HistoryWrite] = []

    /// - Parameter base: The state after the block before.
    package init(base: any StateReading) {
        self.base = base
    }

    /// The update that earlier transactions of this block made to an address; nil when they left it alone.
    package func update(at address: StateAddress) -> StateUpdate? {
        self.changes[address]
    }

    /// The current value: this block's, else the state's.
    package func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        if let update = self.changes[address] { return update.result }
        return try self.base.value(at: address)
    }

    /// This block's changes to public keys of a namespace between two bounds, in byte order; the end is included when asked for.
    package func changes(in namespace: Namespace, from start: StateKey, to end: StateKey?, includingEnd: Bool) -> [(StateKey, StateUpdate)] {
        var found: [(StateKey, StateUpdate)] = []
        // The dictionary's order does not matter: what is found is sorted.
        for (address, update) in self.changes {
            guard case .key(namespace, let key) = address, key >= start else { continue }
            if let end, key > end || (key == end && !includingEnd) { continue }
            found.append((key, update))
        }
        return found.sorted { $0.0 < $1.0 }
    }

    /// Applies the writes of a valid endorser transaction.
    package mutating func apply(_ readWriteSet: ReadWriteSet, version: StateVersion) throws(StateReadError) {
        for part in readWriteSet.namespaces {
            for write in part.writes {
                try self.write(.key(part.namespace, write.key), write.isDelete ? nil : write.value, version)
                self.history.append(HistoryWrite(namespace: part.namespace, key: write.key, version: version))
            }
            for write in part.metadataWrites {
                try self.writeMetadata(.key(part.namespace, write.key), write.entries, version)
            }
            for collection in part.collections {
                for write in collection.writes {
                    let address = StateAddress.hashed(part.namespace, collection.collection, keyHash: write.keyHash)
                    try self.write(address, write.isDelete ? nil : write.valueHash, version)
                }
                for write in collection.metadataWrites {
                    try self.writeMetadata(.hashed(part.namespace, collection.collection, keyHash: write.keyHash), write.entries, version)
                }
            }
        }
    }

    /// Stores the channel configuration that a CONFIG transaction carries.
    package mutating func applyConfiguration(_ configEnvelope: [UInt8], version: StateVersion) {
        let address = StateAddress.key(Namespace(""), ConfigurationState.key)
        self.changes[address] = StateUpdate(address: address, change: .put(value: configEnvelope, metadata: []), version: version)
    }

    /// The net changes of the block, sorted by address.
    package var updates: [StateUpdate] {
        self.changes.values.sorted { $0.address < $1.address }
    }

    private mutating func write(_ address: StateAddress, _ value: [UInt8]?, _ version: StateVersion) throws(StateReadError) {
        guard let value else {
            self.changes[address] = StateUpdate(address: address, change: .delete, version: version)
            return
        }
        // A plain put keeps the key's metadata.
        let metadata = try self.value(at: address)?.metadata ?? []
        self.changes[address] = StateUpdate(address: address, change: .put(value: value, metadata: metadata), version: version)
    }

    private mutating func writeMetadata(_ address: StateAddress, _ entries: [MetadataEntry], _ version: StateVersion) throws(StateReadError) {
        // On a key that does not exist metadata has nothing to belong to and is dropped.
        guard let current = try self.value(at: address) else { return }
        self.changes[address] = StateUpdate(address: address, change: .put(value: current.value, metadata: entries), version: version)
    }
}

/// Where a peer keeps the channel configuration in its world state.
package enum ConfigurationState {
    /// The key, in the empty namespace; its value is a serialised `common.ConfigEnvelope`.
    package static let key: StateKey = "CHANNEL_CONFIG_ENV_BYTES"
}
