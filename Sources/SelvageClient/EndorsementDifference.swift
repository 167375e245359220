import CryptoPrimitives
import LedgerModel

/// Where two endorsers that ran the same proposal came apart: the first difference, with both sides.
package struct EndorsementDifference: Hashable, Sendable, CustomStringConvertible {
    package let firstPeer: String
    package let secondPeer: String
    /// What differs, for example `write of key 'color'`.
    package let item: String
    /// What the first peer has there; a digest where it is a value, because values may be private.
    package let first: String
    package let second: String

    package var description: String {
        "\(self.firstPeer) and \(self.secondPeer) computed different results, first at \(self.item): \(self.first) against \(self.second)"
    }

    init(_ first: NamedResponse, _ second: NamedResponse) {
        self.firstPeer = first.peer
        self.secondPeer = second.peer
        let found = Self.find(first.response.payload, second.response.payload)
        self.item = found.item
        self.first = found.first
        self.second = found.second
    }

    private typealias Found = (item: String, first: String, second: String)

    private static func find(_ first: [UInt8], _ second: [UInt8]) -> Found {
        let left = Outcome(first)
        let right = Outcome(second)
        guard let left, let right else {
            return ("the response payload", left == nil ? "does not parse" : "parses", right == nil ? "does not parse" : "parses")
        }
        return Self.find(left.items, right.items) ?? ("the response payload", "other bytes", "other bytes")
    }

    private static func find(_ left: [Item], _ right: [Item]) -> Found? {
        for (index, entry) in left.enumerated() {
            guard index < right.count else { return (entry.item, entry.state, "nothing") }
            if right[index].item != entry.item { return (entry.item, entry.state, "\(right[index].item) instead") }
            if right[index].state != entry.state { return (entry.item, entry.state, right[index].state) }
        }
        guard right.count > left.count else { return nil }
        return (right[left.count].item, "nothing", right[left.count].state)
    }
}

/// Something that endorsers must agree on, and what one of them has there, both in words that hold no value.
private struct Item {
    let item: String
    let state: String

    init(_ item: String, _ state: String) {
        self.item = item
        self.state = state
    }

    static func digest(_ bytes: [UInt8]) -> String {
        "of \(bytes.count) bytes (SHA-256 \(Base16.encode(Array(SHA256.hash(bytes).prefix(6)))))"
    }

    static func version(_ version: StateVersion?) -> String { version.map { "version \($0)" } ?? "absent" }
}

/// What one endorser computed, as a list of items in the order of the response payload.
private struct Outcome {
    let items: [Item]

    init?(_ responsePayload: [UInt8]) {
        guard let payload = try? ProposalResponsePayload(serialized: responsePayload),
            let action = try? ChaincodeAction(serialized: payload.actionBytes)
        else { return nil }
        let response = action.response
        let head = [
            Item("the proposal's hash", Item.digest(payload.proposalHash)),
            Item("the response", "status \(response.status) with payload \(Item.digest(response.payload))"),
            Item("the response's message", "a text \(Item.digest(Array(response.message.utf8)))"),
            Item("the chaincode's name", action.chaincode.map { "'\($0)'" } ?? "none"),
            Item("the chaincode's version", "'\(action.chaincodeVersion)'"),
            Item("the event", action.events.isEmpty ? "none" : Item.digest(action.events)),
        ]
        guard let set = try? ReadWriteSet(serialized: action.results) else {
            self.items = head + [Item("the read-write set", "does not parse: \(Item.digest(action.results))")]
            return
        }
        self.items = head + set.namespaces.flatMap { Self.items(of: $0) }
    }

    private static func items(of part: NamespaceReadWriteSet) -> [Item] {
        let name = part.namespace
        var items = part.reads.map { Item("read of key '\($0.key)' of \(name)", Item.version($0.version)) }
        items += part.rangeQueries.map { query in
            let end = "\(query.isExhausted ? "to its end" : "up to") '\(query.end)'"
            return Item("range from '\(query.start)' of \(name)", "\(end), \(Self.describe(query.results))")
        }
        items += part.writes.map { Item("write of key '\($0.key)' of \(name)", $0.isDelete ? "delete" : "value \(Item.digest($0.value))") }
        items += part.metadataWrites.map { Item("metadata of key '\($0.key)' of \(name)", Self.describe($0.entries)) }
        return items + part.collections.flatMap { Self.items(of: $0, in: name) }
    }

    private static func items(of part: CollectionReadWriteSet, in namespace: Namespace) -> [Item] {
        func place(_ keyHash: [UInt8]) -> String {
            "key with hash \(Base16.encode(Array(keyHash.prefix(6)))) of collection \(part.collection) of \(namespace)"
        }
        var items = part.reads.map { Item("private read of \(place($0.keyHash))", Item.version($0.version)) }
        items += part.writes.map { write in
            let state = write.isDelete ? (write.isPurge ? "purge" : "delete") : "value with hash \(Base16.encode(Array(write.valueHash.prefix(6))))"
            return Item("private write of \(place(write.keyHash))", state)
        }
        items += part.metadataWrites.map { Item("private metadata of \(place($0.keyHash))", Self.describe($0.entries)) }
        return items + [Item("private writes of collection \(part.collection) of \(namespace)", Item.digest(part.privateHash))]
    }

    private static func describe(_ entries: [MetadataEntry]) -> String {
        entries.isEmpty ? "no entries" : entries.map { "'\($0.name)' \(Item.digest($0.value))" }.joined(separator: ", ")
    }

    private static func describe(_ results: RangeQuery.Results) -> String {
        switch results {
        case .raw(let reads):
            reads.isEmpty ? "nothing" : reads.map { "'\($0.key)' \(Item.version($0.version))" }.joined(separator: ", ")
        case .merkle(let digest):
            "more than 50 results, level \(digest.maxLevel) digests \(digest.hashes.map { Base16.encode(Array($0.prefix(6))) })"
        }
    }
}
