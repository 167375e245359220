import FabricMessages
import SwiftProtobuf

extension ReadWriteSet {
    /// Reads Fabric's bytes.
    ///
    /// - Throws: `MessageError` naming the part that does not parse.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Rwset_TxReadWriteSet.decode(serialized, as: "read-write set")
        var namespaces: [NamespaceReadWriteSet] = []
        namespaces.reserveCapacity(message.nsRwset.count)
        for part in message.nsRwset {
            namespaces.append(try NamespaceReadWriteSet(message: part))
        }
        self.init(namespaces: namespaces)
    }

    /// Fabric's bytes: what endorsers sign and committers read.
    package func serialized() -> [UInt8] {
        var message = Rwset_TxReadWriteSet()
        message.nsRwset = self.namespaces.map { $0.message() }
        return message.encoded()
    }
}

extension NamespaceReadWriteSet {
    init(message: Rwset_NsReadWriteSet) throws(MessageError) {
        let part = "read-write set of namespace '\(message.namespace)'"
        let keyValues = try Kvrwset_KVRWSet.decode(message.rwset, as: part)
        self.init(namespace: Namespace(message.namespace))
        self.reads = keyValues.reads.map(KeyRead.init(message:))
        self.rangeQueries = keyValues.rangeQueriesInfo.map(RangeQuery.init(message:))
        self.writes = keyValues.writes.map { KeyWrite(key: StateKey($0.key), isDelete: $0.isDelete, value: $0.value.byteArray) }
        self.metadataWrites = keyValues.metadataWrites.map {
            MetadataWrite(key: StateKey($0.key), entries: $0.entries.map(MetadataEntry.init(message:)))
        }
        for collection in message.collectionHashedRwset {
            self.collections.append(try CollectionReadWriteSet(message: collection))
        }
    }

    func message() -> Rwset_NsReadWriteSet {
        var message = Rwset_NsReadWriteSet()
        message.namespace = self.namespace.text
        message.rwset = self.keyValueMessage().encoded().data
        message.collectionHashedRwset = self.collections.map { $0.message() }
        return message
    }

    func keyValueMessage() -> Kvrwset_KVRWSet {
        var message = Kvrwset_KVRWSet()
        message.reads = self.reads.map(\.message)
        message.rangeQueriesInfo = self.rangeQueries.map(\.message)
        message.writes = self.writes.map { write in
            var message = Kvrwset_KVWrite()
            message.key = write.key.text
            message.isDelete = write.isDelete
            message.value = write.value.data
            return message
        }
        message.metadataWrites = self.metadataWrites.map { write in
            var message = Kvrwset_KVMetadataWrite()
            message.key = write.key.text
            message.entries = write.entries.map(\.message)
            return message
        }
        return message
    }
}

extension KeyRead {
    init(message: Kvrwset_KVRead) {
        self.init(key: StateKey(message.key), version: message.hasVersion ? StateVersion(message: message.version) : nil)
    }

    var message: Kvrwset_KVRead {
        var message = Kvrwset_KVRead()
        message.key = self.key.text
        // A present version is written even when it is (0,0): absent means "the key did not exist".
        if let version = self.version { message.version = version.message }
        return message
    }
}

extension StateVersion {
    init(message: Kvrwset_Version) {
        self.init(block: message.blockNum, transaction: message.txNum)
    }

    var message: Kvrwset_Version {
        var message = Kvrwset_Version()
        message.blockNum = self.block
        message.txNum = self.transaction
        return message
    }
}

extension MetadataEntry {
    init(message: Kvrwset_KVMetadataEntry) {
        self.init(name: message.name, value: message.value.byteArray)
    }

    var message: Kvrwset_KVMetadataEntry {
        var message = Kvrwset_KVMetadataEntry()
        message.name = self.name
        message.value = self.value.data
        return message
    }
}

extension RangeQuery {
    init(message: Kvrwset_RangeQueryInfo) {
        let results: Results =
            switch message.readsInfo {
            case .readsMerkleHashes(let summary): .merkle(RangeDigest(message: summary))
            case .rawReads(let reads): .raw(reads.kvReads.map(KeyRead.init(message:)))
            case nil: .raw([])
            }
        self.init(start: StateKey(message.startKey), end: StateKey(message.endKey), isExhausted: message.itrExhausted, results: results)
    }

    var message: Kvrwset_RangeQueryInfo {
        var message = Kvrwset_RangeQueryInfo()
        message.startKey = self.start.text
        message.endKey = self.end.text
        message.itrExhausted = self.isExhausted
        switch self.results {
        case .raw(let reads):
            if !reads.isEmpty { message.rawReads = Self.queryReads(reads) }
        case .merkle(let digest):
            message.readsMerkleHashes = digest.message
        }
        return message
    }

    static func queryReads(_ reads: [KeyRead]) -> Kvrwset_QueryReads {
        var message = Kvrwset_QueryReads()
        message.kvReads = reads.map(\.message)
        return message
    }
}

extension CollectionReadWriteSet {
    init(message: Rwset_CollectionHashedReadWriteSet) throws(MessageError) {
        let part = "hashed read-write set of collection '\(message.collectionName)'"
        let hashed = try Kvrwset_HashedRWSet.decode(message.hashedRwset, as: part)
        self.init(
            collection: CollectionName(message.collectionName),
            reads: hashed.hashedReads.map {
                HashedRead(keyHash: $0.keyHash.byteArray, version: $0.hasVersion ? StateVersion(message: $0.version) : nil)
            },
            writes: hashed.hashedWrites.map {
                HashedWrite(
                    keyHash: $0.keyHash.byteArray, isDelete: $0.isDelete, valueHash: $0.valueHash.byteArray, isPurge: $0.isPurge)
            },
            metadataWrites: hashed.metadataWrites.map {
                HashedMetadataWrite(keyHash: $0.keyHash.byteArray, entries: $0.entries.map(MetadataEntry.init(message:)))
            },
            privateHash: message.pvtRwsetHash.byteArray)
    }

    func message() -> Rwset_CollectionHashedReadWriteSet {
        var hashed = Kvrwset_HashedRWSet()
        hashed.hashedReads = self.reads.map { read in
            var message = Kvrwset_KVReadHash()
            message.keyHash = read.keyHash.data
            if let version = read.version { message.version = version.message }
            return message
        }
        hashed.hashedWrites = self.writes.map { write in
            var message = Kvrwset_KVWriteHash()
            message.keyHash = write.keyHash.data
            message.isDelete = write.isDelete
            message.valueHash = write.valueHash.data
            message.isPurge = write.isPurge
            return message
        }
        hashed.metadataWrites = self.metadataWrites.map { write in
            var message = Kvrwset_KVMetadataWriteHash()
            message.keyHash = write.keyHash.data
            message.entries = write.entries.map(\.message)
            return message
        }
        var message = Rwset_CollectionHashedReadWriteSet()
        message.collectionName = self.collection.text
        message.hashedRwset = hashed.encoded().data
        message.pvtRwsetHash = self.privateHash.data
        return message
    }
}
