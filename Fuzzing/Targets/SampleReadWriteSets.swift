import CryptoPrimitives
import LedgerModel

/// Read-write sets that use every part of the format, over the state of `FuzzChannel`.
enum SampleReadWriteSets {
    private static let version = StateVersion(block: 1, transaction: 0)

    static var all: [(name: String, set: ReadWriteSet)] {
        [("plain", self.plain), ("rich", self.rich), ("collection", self.collection), ("ranges", self.ranges), ("digest", self.digest)]
    }

    private static var plain: ReadWriteSet {
        ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(
                namespace: "_lifecycle", reads: [KeyRead(key: "namespaces/fields/assets/Sequence", version: self.version)]),
            NamespaceReadWriteSet(
                namespace: "assets", reads: [KeyRead(key: FuzzChannel.key(1), version: self.version), KeyRead(key: "absent", version: nil)],
                writes: [
                    KeyWrite(key: FuzzChannel.key(1), isDelete: false, value: [1, 2, 3]),
                    KeyWrite(key: FuzzChannel.key(2), isDelete: true, value: []),
                ]),
        ])
    }

    static var rich: ReadWriteSet {
        ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(
                namespace: "guarded", reads: [KeyRead(key: FuzzChannel.key(7), version: self.version)],
                rangeQueries: [
                    RangeQuery(
                        start: FuzzChannel.key(3), end: FuzzChannel.key(5), isExhausted: true,
                        results: .raw([3, 4].map { KeyRead(key: FuzzChannel.key($0), version: self.version) }))
                ], writes: [KeyWrite(key: FuzzChannel.key(7), isDelete: false, value: [8])],
                metadataWrites: [
                    MetadataWrite(
                        key: FuzzChannel.key(8), entries: [MetadataEntry(name: MetadataEntry.validationParameter, value: [0x12, 0])])
                ])
        ])
    }

    private static var collection: ReadWriteSet {
        let keyHash = SHA256.hash(Array("patient".utf8))
        return ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(
                namespace: "private",
                collections: [
                    CollectionReadWriteSet(
                        collection: FuzzChannel.collection,
                        reads: [CollectionReadWriteSet.HashedRead(keyHash: keyHash, version: self.version)],
                        writes: [
                            CollectionReadWriteSet.HashedWrite(keyHash: keyHash, isDelete: false, valueHash: SHA256.hash([2]), isPurge: false),
                            CollectionReadWriteSet.HashedWrite(keyHash: SHA256.hash([3]), isDelete: true, valueHash: [], isPurge: true),
                        ],
                        metadataWrites: [
                            CollectionReadWriteSet.HashedMetadataWrite(keyHash: keyHash, entries: [MetadataEntry(name: "note", value: [1])])
                        ], privateHash: SHA256.hash([4]))
                ])
        ])
    }

    private static var ranges: ReadWriteSet {
        ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(
                namespace: "assets",
                rangeQueries: [
                    RangeQuery(start: "", end: "", isExhausted: true, results: .raw([])),
                    RangeQuery(
                        start: FuzzChannel.key(10), end: FuzzChannel.key(12), isExhausted: false,
                        results: .raw((10...12).map { KeyRead(key: FuzzChannel.key($0), version: self.version) })),
                ], writes: [KeyWrite(key: "other", isDelete: false, value: [1])])
        ])
    }

    /// A query with more results than are recorded in full.
    private static var digest: ReadWriteSet {
        var builder = RangeResultsBuilder()
        for index in 0..<60 { builder.append(KeyRead(key: FuzzChannel.key(index), version: self.version)) }
        return ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(
                namespace: "assets",
                rangeQueries: [RangeQuery(start: "key", end: "kez", isExhausted: true, results: builder.finish())],
                writes: [KeyWrite(key: FuzzChannel.key(1), isDelete: false, value: [9])])
        ])
    }
}
