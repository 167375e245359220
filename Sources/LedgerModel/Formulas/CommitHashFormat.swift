import CryptoPrimitives

/// The hash that a peer puts into slot 4 of every block after the first (interop 4.8).
///
///     hash(n)  = SHA-256( uvarint(length of filter) | filter | updates | hash(n-1) )
///     updates  = protobuf { repeated KVWrite kvwrites = 1 }
///     KVWrite  = { 1 namespace, 2 collection, 3 key bytes, 4 isDelete, 5 value bytes, 6 version bytes }
///     version  = opv(block) | opv(transaction)
///     opv(x)   = one length byte, then x big-endian without leading zeros; 0 is 00
///
/// `namespace` stands only at its first entry, `collection` only at its first entry; the empty namespace is left out.
package enum CommitHashFormat {
    /// The commit hash of a block.
    ///
    /// - Parameters:
    ///   - filter: One validation code per transaction.
    ///   - updates: The net changes of the block, sorted by address.
    ///   - previous: The commit hash of the block before; empty for block 1.
    package static func hash(filter: [UInt8], updates: [StateUpdate], previous: [UInt8]) -> [UInt8] {
        var hasher = SHA256.Hasher()
        hasher.update(self.varint(UInt64(filter.count)))
        hasher.update(filter)
        hasher.update(self.encode(updates))
        hasher.update(previous)
        return hasher.finalize()
    }

    /// The bytes of the updates.
    package static func encode(_ updates: [StateUpdate]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(updates.reduce(0) { $0 + self.roomForEntry + $1.sizeBytes })
        var entry: [UInt8] = []
        var lastNamespace: Namespace?
        var lastCollection: CollectionName?
        for update in updates where !update.address.namespace.isEmpty {
            entry.removeAll(keepingCapacity: true)
            if update.address.namespace != lastNamespace {
                lastNamespace = update.address.namespace
                lastCollection = nil
                self.field(1, update.address.namespace.utf8, into: &entry)
            }
            switch update.address {
            case .key(_, let key):
                self.field(3, key.utf8, into: &entry)
            case .hashed(_, let collection, let keyHash):
                if collection != lastCollection {
                    lastCollection = collection
                    self.field(2, collection.utf8, into: &entry)
                }
                self.field(3, keyHash, into: &entry)
            }
            switch update.change {
            case .put(let value, _):
                self.field(5, value, into: &entry)
            case .delete:
                entry.append(4 << 3)
                entry.append(1)
            }
            self.field(6, self.versionBytes(update.version), into: &entry)
            self.field(1, entry, into: &output)
        }
        return output
    }

    /// Tags, lengths and version of one entry, at the most that is usual; more only costs another allocation.
    private static let roomForEntry = 40

    /// `opv(block) | opv(transaction)`.
    package static func versionBytes(_ version: StateVersion) -> [UInt8] {
        self.orderPreservingBytes(version.block) + self.orderPreservingBytes(version.transaction)
    }

    /// One length byte, then the value big-endian without leading zeros.
    package static func orderPreservingBytes(_ value: UInt64) -> [UInt8] {
        let count = 8 - value.leadingZeroBitCount / 8
        var bytes = [UInt8(count)]
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
        return bytes
    }

    private static func field(_ number: UInt8, _ bytes: [UInt8], into output: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        output.appendField(number << 3 | 2, bytes)
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        return bytes
    }
}

extension StateUpdate {
    /// The bytes of names, key and value, for reserving memory.
    fileprivate var sizeBytes: Int {
        var size = 0
        switch self.address {
        case .key(let namespace, let key): size = namespace.utf8.count + key.utf8.count
        case .hashed(let namespace, let collection, let keyHash): size = namespace.utf8.count + collection.utf8.count + keyHash.count
        }
        if case .put(let value, _) = self.change { size += value.count }
        return size
    }
}
