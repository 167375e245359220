/// What becomes of one key in a block.
package struct StateUpdate: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        /// The key's value and all its metadata from now on.
        case put(value: [UInt8], metadata: [MetadataEntry])
        /// The key and its metadata are gone.
        case delete
    }

    package let address: StateAddress
    package let change: Change
    /// The transaction that made the last change of this key in the block.
    package let version: StateVersion

    package init(address: StateAddress, change: Change, version: StateVersion) {
        self.address = address
        self.change = change
        self.version = version
    }

    /// What the state holds after the update; nil after a delete.
    package var result: VersionedValue? {
        switch self.change {
        case .put(let value, let metadata): VersionedValue(value: value, metadata: metadata, version: self.version)
        case .delete: nil
        }
    }
}

/// One write of a public key by a valid endorser transaction, for the history index.
package struct HistoryWrite: Hashable, Sendable {
    package let namespace: Namespace
    package let key: StateKey
    package let version: StateVersion

    package init(namespace: Namespace, key: StateKey, version: StateVersion) {
        self.namespace = namespace
        self.key = key
        self.version = version
    }
}
