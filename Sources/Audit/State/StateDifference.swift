import CryptoPrimitives
import Ledger
import LedgerModel

/// The first key in which two states differ; values are told by size and digest only.
struct StateDifference: Hashable, Sendable {
    let item: String
    let expected: String
    let found: String
}

/// Compares the world state that a replay gives with the stored one, public and hashed entries, in key order.
enum StateComparison {
    enum Result: Hashable, Sendable {
        case equal(entries: Int)
        case different(StateDifference)
    }

    /// The kinds of entries that make up the world state, by the letters of `StateKeyFormat`.
    private static let kinds: [UInt8] = [UInt8(ascii: "h"), UInt8(ascii: "s")]

    static func compare(replayed: any KeyValueSnapshot, stored: any KeyValueSnapshot) throws(KeyValueError) -> Result {
        var entries = 0
        for kind in self.kinds {
            let left = try replayed.scan(from: [kind], to: [kind + 1])
            let right = try stored.scan(from: [kind], to: [kind + 1])
            var expected = try left.next()
            var found = try right.next()
            while expected != nil || found != nil {
                guard let one = expected else { return .different(self.difference(found?.key ?? [], nil, found?.value)) }
                guard let other = found else { return .different(self.difference(one.key, one.value, nil)) }
                if one.key != other.key {
                    return one.key.lexicographicallyPrecedes(other.key)
                        ? .different(self.difference(one.key, one.value, nil)) : .different(self.difference(other.key, nil, other.value))
                }
                if one.value != other.value { return .different(self.difference(one.key, one.value, other.value)) }
                entries += 1
                expected = try left.next()
                found = try right.next()
            }
        }
        return .equal(entries: entries)
    }

    /// The addresses of all entries of a world state.
    static func addresses(of content: any KeyValueSnapshot) throws(KeyValueError) -> [StateAddress] {
        var addresses: [StateAddress] = []
        for kind in self.kinds {
            let scan = try content.scan(from: [kind], to: [kind + 1])
            while let entry = try scan.next() {
                if let address = self.address(entry.key) { addresses.append(address) }
            }
        }
        return addresses
    }

    private static func difference(_ key: [UInt8], _ expected: [UInt8]?, _ found: [UInt8]?) -> StateDifference {
        StateDifference(item: self.name(key), expected: self.describe(expected), found: self.describe(found))
    }

    /// A key of the state database for people: namespace and key, as `StateKeyFormat` writes them.
    private static func name(_ bytes: [UInt8]) -> String {
        self.address(bytes).map { "\($0)" } ?? "the entry \(Base16.encode(bytes))"
    }

    private static func address(_ bytes: [UInt8]) -> StateAddress? {
        guard let kind = bytes.first else { return nil }
        var rest = bytes.dropFirst()
        func part() -> [UInt8]? {
            guard rest.count >= 4 else { return nil }
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count - 4 >= length else { return nil }
            defer { rest = rest.dropFirst(4 + length) }
            return Array(rest.dropFirst(4).prefix(length))
        }
        guard let namespace = part() else { return nil }
        if kind == UInt8(ascii: "s") { return .key(Namespace(utf8: namespace), StateKey(utf8: Array(rest))) }
        guard let collection = part() else { return nil }
        return .hashed(Namespace(utf8: namespace), CollectionName(utf8: collection), keyHash: Array(rest))
    }

    static func describe(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "no entry" }
        guard let value = StateValueFormat.decode(bytes) else { return "an entry that cannot be read" }
        return "version \(value.version), a value \(OutcomeItem.digest(value.value))"
            + (value.metadata.isEmpty ? "" : ", metadata \(self.digest(value.metadata))")
    }

    private static func digest(_ entries: [MetadataEntry]) -> String {
        OutcomeItem.digest(entries.flatMap { Array($0.name.utf8) + [0] + $0.value })
    }
}
