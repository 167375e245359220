import CryptoPrimitives

/// A hashed read, write or metadata write of one private data collection.
package struct CollectionReadWriteSet: Hashable, Sendable {
    package struct HashedRead: Hashable, Sendable {
        package var keyHash: [UInt8]
        package var version: StateVersion?

        package init(keyHash: [UInt8], version: StateVersion?) {
            self.keyHash = keyHash
            self.version = version
        }
    }

    package struct HashedWrite: Hashable, Sendable {
        package var keyHash: [UInt8]
        package var isDelete: Bool
        package var valueHash: [UInt8]
        package var isPurge: Bool

        package init(keyHash: [UInt8], isDelete: Bool, valueHash: [UInt8], isPurge: Bool) {
            self.keyHash = keyHash
            self.isDelete = isDelete
            self.valueHash = valueHash
            self.isPurge = isPurge
        }

        /// Whether a committer removes the key: no hash, or that of an empty value, is a delete, whatever the flag says.
        package var isDeletion: Bool { self.isDelete || self.valueHash.isEmpty || self.valueHash == Self.hashOfNothing }

        private static let hashOfNothing = SHA256.hash([])
    }

    package struct HashedMetadataWrite: Hashable, Sendable {
        package var keyHash: [UInt8]
        package var entries: [MetadataEntry]

        package init(keyHash: [UInt8], entries: [MetadataEntry]) {
            self.keyHash = keyHash
            self.entries = entries
        }
    }

    package var collection: CollectionName
    package var reads: [HashedRead]
    package var writes: [HashedWrite]
    package var metadataWrites: [HashedMetadataWrite]
    /// SHA-256 of the private write set; empty when the collection was only read.
    package var privateHash: [UInt8]

    package init(
        collection: CollectionName, reads: [HashedRead] = [], writes: [HashedWrite] = [], metadataWrites: [HashedMetadataWrite] = [],
        privateHash: [UInt8] = []
    ) {
        self.collection = collection
        self.reads = reads
        self.writes = writes
        self.metadataWrites = metadataWrites
        self.privateHash = privateHash
    }
}

/// What a transaction read and wrote in one namespace.
package struct NamespaceReadWriteSet: Hashable, Sendable {
    package var namespace: Namespace
    /// Sorted by key.
    package var reads: [KeyRead]
    /// In the order of execution.
    package var rangeQueries: [RangeQuery]
    /// Sorted by key.
    package var writes: [KeyWrite]
    /// Sorted by key.
    package var metadataWrites: [MetadataWrite]
    /// Sorted by name.
    package var collections: [CollectionReadWriteSet]

    package init(
        namespace: Namespace, reads: [KeyRead] = [], rangeQueries: [RangeQuery] = [], writes: [KeyWrite] = [],
        metadataWrites: [MetadataWrite] = [], collections: [CollectionReadWriteSet] = []
    ) {
        self.namespace = namespace
        self.reads = reads
        self.rangeQueries = rangeQueries
        self.writes = writes
        self.metadataWrites = metadataWrites
        self.collections = collections
    }

    /// True when the transaction changes anything of this namespace, public or private (interop 8.1, point 6).
    package var hasWrites: Bool {
        !self.writes.isEmpty || !self.metadataWrites.isEmpty
            || self.collections.contains { !$0.writes.isEmpty || !$0.metadataWrites.isEmpty }
    }
}

/// What a transaction read and wrote, as it is endorsed: `rwset.TxReadWriteSet`.
///
/// It keeps order and duplicates as received: judging them is the validator's work.
package struct ReadWriteSet: Hashable, Sendable {
    /// Sorted by name when made by an endorser.
    package var namespaces: [NamespaceReadWriteSet]

    package init(namespaces: [NamespaceReadWriteSet] = []) {
        self.namespaces = namespaces
    }
}
