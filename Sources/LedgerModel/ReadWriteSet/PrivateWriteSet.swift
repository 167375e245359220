import FabricMessages

/// The private writes of one collection, to be handed to the members and never to the ledger.
package struct PrivateWriteSet: Hashable, Sendable {
    package let namespace: Namespace
    package let collection: CollectionName
    /// A serialised `kvrwset.KVRWSet` with plain keys and values; its SHA-256 is in the transaction.
    package let bytes: [UInt8]

    package init(namespace: Namespace, collection: CollectionName, bytes: [UInt8]) {
        self.namespace = namespace
        self.collection = collection
        self.bytes = bytes
    }

    /// Joins the writes, which are sorted by key.
    package init(namespace: Namespace, collection: CollectionName, writes: [KeyWrite]) {
        var message = Kvrwset_KVRWSet()
        message.writes = writes.map { write in
            var message = Kvrwset_KVWrite()
            message.key = write.key.text
            message.isDelete = write.isDelete
            message.value = write.value.data
            return message
        }
        self.init(namespace: namespace, collection: collection, bytes: message.encoded())
    }

    /// The writes in the clear.
    ///
    /// - Throws: `MessageError` when the bytes do not parse.
    package func writes() throws(MessageError) -> [KeyWrite] {
        let message = try Kvrwset_KVRWSet.decode(self.bytes, as: "private write set of collection '\(self.collection)'")
        return message.writes.map { KeyWrite(key: StateKey($0.key), isDelete: $0.isDelete, value: $0.value.byteArray) }
    }
}

/// A private write set of a valid transaction of a block, whose hash is the one in that transaction.
package struct CommittedPrivateWrites: Hashable, Sendable {
    /// The transaction that wrote, and so the version of its keys.
    package let version: StateVersion
    package let set: PrivateWriteSet

    package init(version: StateVersion, set: PrivateWriteSet) {
        self.version = version
        self.set = set
    }
}
