/// The world state as it becomes while the transactions of one block are applied in order (interop 8.3).
///
/// The validator asks it what earlier transactions of the block did; at the end it holds the net changes of the block.
package struct BlockOverlay {
    private let base: any StateReading
    private var changes: [StateAddress: StateUpdate] = [:]
    /// The public keys of `changes`, so that a range query costs only what it finds.
    private var changedKeys: [Namespace: SortedKeys<StateKey>] = [:]
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
        guard let keys = self.changedKeys[namespace] else { return [] }
        return keys.keys(from: start, to: end, includingEnd: includingEnd).compactMap { key in
            self.changes[.key(namespace, key)].map { (key, $0) }
        }
    }

    /// Applies the writes of a valid endorser transaction.
    package mutating func apply(_ readWriteSet: ReadWriteSet, version: StateVersion) throws(StateReadError) {
        for part in readWriteSet.namespaces {
            for write in part.writes {
                try self.write(.key(part.namespace, write.key), write.isDeletion ? nil : write.value, version)
                self.history.append(HistoryWrite(namespace: part.namespace, key: write.key, version: version))
            }
            for write in part.metadataWrites {
                try self.writeMetadata(.key(part.namespace, write.key), write.entries, version)
            }
            for collection in part.collections {
                for write in collection.writes {
                    let address = StateAddress.hashed(part.namespace, collection.collection, keyHash: write.keyHash)
                    try self.write(address, write.isDeletion ? nil : write.valueHash, version)
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
        self.set(StateUpdate(address: address, change: .put(value: configEnvelope, metadata: []), version: version))
    }

    /// The net changes of the block, sorted by address.
    package var updates: [StateUpdate] {
        // Sorted as numbers: an update is large to move.
        let changes = Array(self.changes.values)
        let order = changes.withUnsafeBufferPointer { changes in
            (0..<changes.count).sorted { changes[$0].address < changes[$1].address }
        }
        return order.map { changes[$0] }
    }

    private mutating func set(_ update: StateUpdate) {
        let isNew = self.changes.updateValue(update, forKey: update.address) == nil
        if isNew, case .key(let namespace, let key) = update.address { self.changedKeys[namespace, default: SortedKeys()].insert(key) }
    }

    private mutating func write(_ address: StateAddress, _ value: [UInt8]?, _ version: StateVersion) throws(StateReadError) {
        guard let value else {
            self.set(StateUpdate(address: address, change: .delete, version: version))
            return
        }
        // A plain put keeps the key's metadata.
        let metadata = try self.value(at: address)?.metadata ?? []
        self.set(StateUpdate(address: address, change: .put(value: value, metadata: metadata), version: version))
    }

    private mutating func writeMetadata(_ address: StateAddress, _ entries: [MetadataEntry], _ version: StateVersion) throws(StateReadError) {
        // On a key that does not exist metadata has nothing to belong to and is dropped.
        guard let current = try self.value(at: address) else { return }
        self.set(StateUpdate(address: address, change: .put(value: current.value, metadata: entries), version: version))
    }
}

/// Where a peer keeps the channel configuration in its world state.
package enum ConfigurationState {
    /// The key, in the empty namespace; its value is a serialised `common.ConfigEnvelope`.
    package static let key: StateKey = "CHANNEL_CONFIG_ENV_BYTES"
}
