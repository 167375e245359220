import CryptoPrimitives

/// Something in the outcome of a simulation that all endorsers must agree on, and what one of them has there, both in words.
///
/// Values are told by size and digest only: they may be private. Two outcomes are compared item by item, whoever compares them.
package struct OutcomeItem: Hashable, Sendable {
    /// Digits of a digest that a person is shown.
    private static let shownDigestBytes = 6

    /// What it is, such as `write of key 'color' of diary`.
    package let item: String
    /// What is there.
    package let state: String

    package init(_ item: String, _ state: String) {
        self.item = item
        self.state = state
    }

    /// The items of a read-write set, in its order.
    package static func items(of set: ReadWriteSet) -> [OutcomeItem] {
        set.namespaces.flatMap { self.items(of: $0) }
    }

    /// Bytes by size and digest.
    package static func digest(_ bytes: [UInt8]) -> String { "of \(bytes.count) bytes (SHA-256 \(self.prefix(SHA256.hash(bytes))))" }

    private static func items(of part: NamespaceReadWriteSet) -> [OutcomeItem] {
        let name = part.namespace
        var items = part.reads.map { OutcomeItem("read of key '\($0.key)' of \(name)", self.version($0.version)) }
        items += part.rangeQueries.map { query in
            let end = "\(query.isExhausted ? "to its end" : "up to") '\(query.end)'"
            return OutcomeItem("range from '\(query.start)' of \(name)", "\(end), \(self.describe(query.results))")
        }
        items += part.writes.map { OutcomeItem("write of key '\($0.key)' of \(name)", $0.isDelete ? "delete" : "value \(self.digest($0.value))") }
        items += part.metadataWrites.map { OutcomeItem("metadata of key '\($0.key)' of \(name)", self.describe($0.entries)) }
        return items + part.collections.flatMap { self.items(of: $0, in: name) }
    }

    private static func items(of part: CollectionReadWriteSet, in namespace: Namespace) -> [OutcomeItem] {
        func place(_ keyHash: [UInt8]) -> String { "key with hash \(self.prefix(keyHash)) of collection \(part.collection) of \(namespace)" }
        var items = part.reads.map { OutcomeItem("private read of \(place($0.keyHash))", self.version($0.version)) }
        items += part.writes.map { write in
            let state = write.isDelete ? (write.isPurge ? "purge" : "delete") : "value with hash \(self.prefix(write.valueHash))"
            return OutcomeItem("private write of \(place(write.keyHash))", state)
        }
        items += part.metadataWrites.map { OutcomeItem("private metadata of \(place($0.keyHash))", self.describe($0.entries)) }
        return items + [OutcomeItem("private writes of collection \(part.collection) of \(namespace)", self.digest(part.privateHash))]
    }

    private static func version(_ version: StateVersion?) -> String { version.map { "version \($0)" } ?? "absent" }

    private static func describe(_ entries: [MetadataEntry]) -> String {
        entries.isEmpty ? "no entries" : entries.map { "'\($0.name)' \(self.digest($0.value))" }.joined(separator: ", ")
    }

    private static func describe(_ results: RangeQuery.Results) -> String {
        switch results {
        // Of a list that no endorser of ours makes, the digest: what is told must not grow with what was sent.
        case .raw(let reads) where reads.count > RangeDigest.standardDegree:
            "\(reads.count) results \(self.digest(reads.flatMap { Array("\($0.key) \(self.version($0.version)),".utf8) }))"
        case .merkle(let digest) where digest.hashes.count > RangeDigest.standardDegree:
            "level \(digest.maxLevel) digests \(self.digest(digest.hashes.flatMap { $0 }))"
        case .raw(let reads):
            reads.isEmpty ? "nothing" : reads.map { "'\($0.key)' \(self.version($0.version))" }.joined(separator: ", ")
        case .merkle(let digest):
            "more than 50 results, level \(digest.maxLevel) digests \(digest.hashes.map { self.prefix($0) })"
        }
    }

    private static func prefix(_ hash: [UInt8]) -> String { Base16.encode(Array(hash.prefix(self.shownDigestBytes))) }
}
