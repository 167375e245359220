import LedgerModel

/// The value of a key of the world state, public or hashed, version 1. `varint` is the shortest base-128 form, low groups first.
///
///     value = varint(block) varint(transaction) varint(count of entries) entry* bytes of the value, to the end
///     entry = varint(length) name varint(length) bytes
package enum StateValueFormat {
    package static func encode(_ value: [UInt8], metadata: [MetadataEntry], version: StateVersion) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24 + value.count)
        bytes.appendVarint(version.block)
        bytes.appendVarint(version.transaction)
        bytes.appendVarint(UInt64(metadata.count))
        for entry in metadata {
            bytes.appendVarint(UInt64(entry.name.utf8.count))
            bytes.append(contentsOf: entry.name.utf8)
            bytes.appendVarint(UInt64(entry.value.count))
            bytes.append(contentsOf: entry.value)
        }
        bytes.append(contentsOf: value)
        return bytes
    }

    /// Reads a value; nil when the bytes were not made by `encode`.
    package static func decode(_ bytes: [UInt8]) -> VersionedValue? {
        var reader = ByteReader(bytes)
        // An entry has two lengths at least, so no count is believed that the bytes cannot hold.
        guard let block = reader.varint(), let transaction = reader.varint(), let count = reader.varint(),
            count <= UInt64(reader.rest.count / 2)
        else { return nil }
        var metadata: [MetadataEntry] = []
        for _ in 0..<count {
            guard let name = reader.sizedBytes(), let value = reader.sizedBytes(), let text = String(validating: name, as: UTF8.self) else {
                return nil
            }
            metadata.append(MetadataEntry(name: text, value: Array(value)))
        }
        return VersionedValue(value: Array(reader.rest), metadata: metadata, version: StateVersion(block: block, transaction: transaction))
    }
}
