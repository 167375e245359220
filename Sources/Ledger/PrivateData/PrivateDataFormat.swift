import LedgerModel

/// The keys and values of the private data store, version 1. Numbers are big-endian; `sized(x)` is the length of x in 4 bytes, then x.
///
///     key   = "w" block8 tx8 sized(namespace) collection    private writes of a committed transaction   -> the serialised `kvrwset.KVRWSet`
///           | "t" transaction-id                            endorsed here and in no block yet           -> held
///           | "m" "format"                                  version of all this                         -> one byte
///     held  = height8 set*                                  the height of the ledger at the endorsement
///     set   = sized(namespace) sized(collection) sized(the serialised `kvrwset.KVRWSet`)
///
/// Blocks hold hashes only, so this store is not derived from anything: losing it loses private data of this organisation.
package enum PrivateDataFormat {
    /// What `m format` holds.
    package static let version: UInt8 = 1
    package static let formatKey: [UInt8] = Array("mformat".utf8)

    package static func writes(_ version: StateVersion, _ namespace: Namespace, _ collection: CollectionName) -> [UInt8] {
        var bytes = self.blockPrefix(version.block)
        bytes.appendBigEndian(version.transaction)
        bytes.appendSized(namespace.utf8)
        return bytes + collection.utf8
    }

    /// The bounds of what was written in a block.
    package static func range(ofBlock number: UInt64) -> (start: [UInt8], end: [UInt8]) {
        let (next, overflow) = number.addingReportingOverflow(1)
        return (self.blockPrefix(number), overflow ? [UInt8(ascii: "w") + 1] : self.blockPrefix(next))
    }

    /// Reads an entry of the range of a block; nil when `writes` did not make its key.
    package static func decodeWrites(key: [UInt8], value: [UInt8]) -> CommittedPrivateWrites? {
        guard key.first == UInt8(ascii: "w"), key.count >= 21 else { return nil }
        let version = StateVersion(block: key[1..<9].bigEndianNumber, transaction: key[9..<17].bigEndianNumber)
        var rest = key[17...]
        guard let namespace = rest.popSized() else { return nil }
        return CommittedPrivateWrites(
            version: version,
            set: PrivateWriteSet(namespace: Namespace(utf8: namespace), collection: CollectionName(utf8: Array(rest)), bytes: value))
    }

    package static func held(_ id: TransactionID) -> [UInt8] { [UInt8(ascii: "t")] + id.utf8 }

    /// The bounds of all that is held.
    package static let heldRange: (start: [UInt8], end: [UInt8]) = ([UInt8(ascii: "t")], [UInt8(ascii: "t") + 1])

    /// The id in a key that `held` made.
    package static func heldID(_ key: [UInt8]) -> TransactionID? {
        key.first == UInt8(ascii: "t") ? TransactionID(utf8: Array(key.dropFirst())) : nil
    }

    package static func encode(_ held: HeldPrivateWrites) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(held.height)
        for set in held.sets {
            bytes.appendSized(set.namespace.utf8)
            bytes.appendSized(set.collection.utf8)
            bytes.appendSized(set.bytes)
        }
        return bytes
    }

    package static func decodeHeld(_ bytes: [UInt8]) -> HeldPrivateWrites? {
        guard bytes.count >= 8 else { return nil }
        var rest = bytes[8...]
        var sets: [PrivateWriteSet] = []
        while !rest.isEmpty {
            guard let namespace = rest.popSized(), let collection = rest.popSized(), let set = rest.popSized() else { return nil }
            sets.append(PrivateWriteSet(namespace: Namespace(utf8: namespace), collection: CollectionName(utf8: collection), bytes: set))
        }
        return HeldPrivateWrites(height: bytes[..<8].bigEndianNumber, sets: sets)
    }

    private static func blockPrefix(_ number: UInt64) -> [UInt8] {
        var bytes = [UInt8(ascii: "w")]
        bytes.appendBigEndian(number)
        return bytes
    }
}

/// The private writes of a transaction that this node endorsed and that is in no block yet.
package struct HeldPrivateWrites: Hashable, Sendable {
    /// The height of the ledger at the endorsement.
    package var height: UInt64
    package var sets: [PrivateWriteSet]

    package init(height: UInt64, sets: [PrivateWriteSet]) {
        self.height = height
        self.sets = sets
    }
}

extension ArraySlice<UInt8> {
    /// A length in 4 bytes, then as many bytes; nil when the bytes do not allow it.
    fileprivate mutating func popSized() -> [UInt8]? {
        guard self.count >= 4 else { return nil }
        let length = self.prefix(4).bigEndianNumber
        guard length <= UInt64(self.count - 4) else { return nil }
        defer { self = self.dropFirst(4 + Int(length)) }
        return Array(self.dropFirst(4).prefix(Int(length)))
    }
}
