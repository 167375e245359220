import LedgerModel

/// The keys of the state database, version 1: the only file that knows them. Numbers are big-endian; `sized(x)` is the length of x in 4 bytes, then x.
///
///     key      = "s" sized(namespace) key                              public state        -> StateValueFormat
///              | "h" sized(namespace) sized(collection) key-hash       hashed state        -> StateValueFormat
///              | "p" sized(namespace) sized(collection) key            private state       -> StateValueFormat
///              | "y" sized(namespace) sized(key) ~block8 ~tx8          history             -> empty
///              | "t" transaction-id                                    transaction index   -> IndexValueFormat
///              | "n" block8                                            block index         -> IndexValueFormat
///              | "b" header-hash                                       block hash index    -> block8
///              | "c" row-key                                           collections, only from a snapshot (SnapshotFileFormat) -> package
///              | "m" "format"                                          version of all this -> one byte
///              | "m" "savepoint"                                       see LedgerHead      -> IndexValueFormat
///              | "m" "base"                                            see LedgerBase, only from a snapshot -> IndexValueFormat
///
/// `~x` is the complement of x, so that a forward walk over the history of a key goes from the newest change to the oldest. The lengths
/// keep namespaces apart, whatever bytes their names and keys hold; inside a namespace database order is the byte order of keys.
package enum StateKeyFormat {
    /// What `m format` holds.
    package static let version: UInt8 = 1

    package static let formatKey: [UInt8] = Array("mformat".utf8)
    package static let savepointKey: [UInt8] = Array("msavepoint".utf8)
    package static let baseKey: [UInt8] = Array("mbase".utf8)

    /// The bounds of all keys of a kind.
    package static func range(of kind: Unicode.Scalar) -> (start: [UInt8], end: [UInt8]) {
        ([UInt8(ascii: kind)], [UInt8(ascii: kind) + 1])
    }

    /// The bounds of all keys that this program writes.
    package static let wholeRange: (start: [UInt8], end: [UInt8]) = ([], Array(repeating: 0xff, count: 8))

    package static func state(_ address: StateAddress) -> [UInt8] {
        switch address {
        case .key(let namespace, let key):
            return self.statePrefix(namespace, capacityFor: key.utf8.count) + key.utf8
        case .hashed(let namespace, let collection, let keyHash):
            var bytes = [UInt8(ascii: "h")]
            bytes.appendSized(namespace.utf8)
            bytes.appendSized(collection.utf8)
            return bytes + keyHash
        }
    }

    /// The key of a private value in the clear.
    package static func privateState(_ namespace: Namespace, _ collection: CollectionName, _ key: StateKey) -> [UInt8] {
        var bytes = [UInt8(ascii: "p")]
        bytes.appendSized(namespace.utf8)
        bytes.appendSized(collection.utf8)
        return bytes + key.utf8
    }

    /// The bounds of the private keys of a collection from `start` (inclusive) to `end` (exclusive; nil: all).
    package static func privateRange(
        _ namespace: Namespace, _ collection: CollectionName, from start: StateKey, to end: StateKey?
    ) -> (start: [UInt8], end: [UInt8]) {
        let prefix = self.privateState(namespace, collection, "")
        return (prefix + start.utf8, end.map { prefix + $0.utf8 } ?? self.successor(ofPrefix: prefix))
    }

    /// The bounds of the public keys of a namespace from `start` (inclusive) to `end` (exclusive; nil: all).
    package static func stateRange(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> (start: [UInt8], end: [UInt8]) {
        let prefix = self.statePrefix(namespace)
        return (prefix + start.utf8, end.map { prefix + $0.utf8 } ?? self.successor(ofPrefix: prefix))
    }

    /// The public key that follows the prefix of its namespace; nil when the database key is of another kind.
    package static func stateKey(_ bytes: [UInt8], in namespace: Namespace) -> StateKey? {
        let prefix = self.statePrefix(namespace)
        return bytes.starts(with: prefix) ? StateKey(utf8: Array(bytes[prefix.count...])) : nil
    }

    /// The bounds of the hashed keys of a collection.
    package static func hashedRange(_ namespace: Namespace, _ collection: CollectionName) -> (start: [UInt8], end: [UInt8]) {
        let prefix = self.state(.hashed(namespace, collection, keyHash: []))
        return (prefix, self.successor(ofPrefix: prefix))
    }

    /// The bounds of the history of all keys of a namespace.
    package static func historyRange(_ namespace: Namespace) -> (start: [UInt8], end: [UInt8]) {
        var prefix = [UInt8(ascii: "y")]
        prefix.appendSized(namespace.utf8)
        return (prefix, self.successor(ofPrefix: prefix))
    }

    package static func history(_ namespace: Namespace, _ key: StateKey, _ version: StateVersion) -> [UInt8] {
        var bytes = self.historyPrefix(namespace, key)
        bytes.appendBigEndian(~version.block)
        bytes.appendBigEndian(~version.transaction)
        return bytes
    }

    package static func historyRange(_ namespace: Namespace, _ key: StateKey) -> (start: [UInt8], end: [UInt8]) {
        let prefix = self.historyPrefix(namespace, key)
        return (prefix, self.successor(ofPrefix: prefix))
    }

    /// The version at the end of a history key; nil when the key is too short to hold one.
    package static func historyVersion(_ bytes: [UInt8]) -> StateVersion? {
        guard bytes.first == UInt8(ascii: "y"), bytes.count >= 17 else { return nil }
        return StateVersion(block: ~bytes[(bytes.count - 16)...].prefix(8).bigEndianNumber, transaction: ~bytes.suffix(8).bigEndianNumber)
    }

    package static func transaction(_ id: TransactionID) -> [UInt8] { [UInt8(ascii: "t")] + id.utf8 }

    package static func block(_ number: UInt64) -> [UInt8] {
        var bytes = [UInt8(ascii: "n")]
        bytes.appendBigEndian(number)
        return bytes
    }

    package static func collections(rowKey: [UInt8]) -> [UInt8] { [UInt8(ascii: "c")] + rowKey }

    package static func blockHash(_ hash: [UInt8]) -> [UInt8] { [UInt8(ascii: "b")] + hash }

    private static func statePrefix(_ namespace: Namespace, capacityFor keySize: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(5 + namespace.utf8.count + keySize)
        bytes.append(UInt8(ascii: "s"))
        bytes.appendSized(namespace.utf8)
        return bytes
    }

    private static func historyPrefix(_ namespace: Namespace, _ key: StateKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(25 + namespace.utf8.count + key.utf8.count)
        bytes.append(UInt8(ascii: "y"))
        bytes.appendSized(namespace.utf8)
        bytes.appendSized(key.utf8)
        return bytes
    }

    /// The first key behind all that begin with a prefix; prefixes begin with a letter, so there always is one.
    private static func successor(ofPrefix prefix: [UInt8]) -> [UInt8] {
        var bytes = prefix
        while bytes.last == 0xff { bytes.removeLast() }
        if let last = bytes.popLast() { bytes.append(last + 1) }
        return bytes
    }
}

extension [UInt8] {
    /// Appends the length in 4 bytes, then the bytes.
    mutating func appendSized(_ bytes: [UInt8]) {
        self.appendBigEndian(UInt32(clamping: bytes.count))
        self.append(contentsOf: bytes)
    }
}
