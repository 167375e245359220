import LedgerModel

/// One record of the state in a snapshot; the grammar is in `SnapshotFileFormat`. Only the one encoding that Fabric writes is read.
///
///     record   = protobuf { 1 key bytes, 2 value bytes, 3 metadata bytes, 4 version bytes }
///     metadata = protobuf { repeated 2 entry { 1 name, 2 value } }
package enum SnapshotRecordFormat {
    package static func encode(_ record: SnapshotRecord) -> [UInt8] {
        var metadata: [UInt8] = []
        for entry in record.value.metadata {
            var fields: [UInt8] = []
            fields.appendField(1, Array(entry.name.utf8))
            fields.appendField(2, entry.value)
            // An entry without content is an entry still.
            metadata.append(2 << 3 | 2)
            metadata.appendVarint(UInt64(fields.count))
            metadata += fields
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 + record.key.count + record.value.value.count + metadata.count)
        bytes.appendField(1, record.key)
        bytes.appendField(2, record.value.value)
        bytes.appendField(3, metadata)
        bytes.appendField(4, CommitHashFormat.versionBytes(record.value.version))
        return bytes
    }

    /// Reads a record; nil when the bytes are not what `encode` makes.
    package static func decode(_ bytes: [UInt8]) -> SnapshotRecord? {
        var fields = FieldReader(bytes[...])
        guard let key = fields.next(1), let value = fields.next(2), let metadata = fields.next(3), let version = fields.next(4), fields.isAtEnd,
            let entries = self.entries(metadata), let version = self.version(version)
        else { return nil }
        return SnapshotRecord(key: Array(key), value: VersionedValue(value: Array(value), metadata: entries, version: version))
    }

    private static func entries(_ bytes: ArraySlice<UInt8>) -> [MetadataEntry]? {
        var reader = FieldReader(bytes)
        var entries: [MetadataEntry] = []
        while !reader.isAtEnd {
            guard let content = reader.nextOrEmpty(2) else { return nil }
            var fields = FieldReader(content)
            guard let name = fields.next(1), let value = fields.next(2), fields.isAtEnd, let text = String(validating: name, as: UTF8.self) else {
                return nil
            }
            entries.append(MetadataEntry(name: text, value: Array(value)))
        }
        return entries
    }

    private static func version(_ bytes: ArraySlice<UInt8>) -> StateVersion? {
        var rest = bytes
        guard let block = self.number(&rest), let transaction = self.number(&rest), rest.isEmpty else { return nil }
        return StateVersion(block: block, transaction: transaction)
    }

    /// Reads a number in the order-preserving form.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard let count = rest.popFirst(), count <= 8, rest.count >= Int(count) else { return nil }
        let digits = rest.prefix(Int(count))
        guard digits.first != 0 else { return nil }
        rest = rest.dropFirst(Int(count))
        return digits.bigEndianNumber
    }
}

/// What the state holds for a key, as it stands in a snapshot.
package struct SnapshotRecord: Hashable, Sendable {
    /// The key; for hashed state the SHA-256 of the private key.
    package var key: [UInt8]
    package var value: VersionedValue

    package init(key: [UInt8], value: VersionedValue) {
        self.key = key
        self.value = value
    }
}

/// Reads length-delimited protobuf fields that stand in rising order.
private struct FieldReader {
    private var reader: ByteReader

    init(_ bytes: ArraySlice<UInt8>) { self.reader = ByteReader(bytes) }

    var isAtEnd: Bool { self.reader.rest.isEmpty }

    /// The bytes of a field, empty when it is left out; nil when its length is wrong, or when it is there and empty.
    mutating func next(_ number: UInt8) -> ArraySlice<UInt8>? {
        guard self.reader.rest.first == number << 3 | 2 else { return [] }
        guard let bytes = self.nextOrEmpty(number), !bytes.isEmpty else { return nil }
        return bytes
    }

    /// The bytes of a field that has to be there.
    mutating func nextOrEmpty(_ number: UInt8) -> ArraySlice<UInt8>? {
        guard self.reader.rest.first == number << 3 | 2 else { return nil }
        self.reader.skip(1)
        return self.reader.sizedBytes()
    }
}

extension [UInt8] {
    /// Appends a length-delimited protobuf field unless it is empty.
    fileprivate mutating func appendField(_ number: UInt8, _ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        self.append(number << 3 | 2)
        self.appendVarint(UInt64(bytes.count))
        self.append(contentsOf: bytes)
    }
}
