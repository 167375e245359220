/// A key that a transaction read, with the version that it saw; nil when the key did not exist.
package struct KeyRead: Hashable, Sendable {
    package var key: StateKey
    package var version: StateVersion?

    package init(key: StateKey, version: StateVersion?) {
        self.key = key
        self.version = version
    }
}

/// A key that a transaction writes or deletes.
package struct KeyWrite: Hashable, Sendable {
    package var key: StateKey
    package var isDelete: Bool
    /// Empty for a delete.
    package var value: [UInt8]

    package init(key: StateKey, isDelete: Bool, value: [UInt8]) {
        self.key = key
        self.isDelete = isDelete
        self.value = value
    }

    /// Whether a committer removes the key: an empty value is a delete, whatever the flag says (interop 9.1).
    package var isDeletion: Bool { self.isDelete || self.value.isEmpty }
}

/// A key whose whole metadata a transaction replaces; no entries means that the metadata goes away.
package struct MetadataWrite: Hashable, Sendable {
    package var key: StateKey
    package var entries: [MetadataEntry]

    package init(key: StateKey, entries: [MetadataEntry]) {
        self.key = key
        self.entries = entries
    }
}
