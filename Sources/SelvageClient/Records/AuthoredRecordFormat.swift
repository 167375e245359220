import CryptoPrimitives

/// A record with its author's signature, as it is sealed: version 1. All integers big-endian.
///
///     authored = "SAR1" author signature record
///     author   = u16 length, UTF-8 text       the author's subject in the registry
///     signature = u16 length, bytes           DER, over the signed bytes
///     record   = the rest, unchanged
///
///     signed   = "selvage/record/v1/author" 00 author channel recordID version record
///     author, channel, recordID = u16 length, UTF-8 text;  version = u64
///
/// The signature travels inside the sealed object only: on the chain it would let anybody test guesses of a record.
package enum AuthoredRecordFormat {
    private static let magic = Array("SAR1".utf8)
    private static let label = Array("selvage/record/v1/author".utf8) + [0]

    /// The bytes that the author signs.
    package static func signedBytes(author: String, channel: String, recordID: String, version: UInt64, record: [UInt8]) -> [UInt8] {
        var bytes = self.label
        for text in [author, channel, recordID] { self.append(Array(text.utf8), to: &bytes) }
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: version >> UInt64(56 - 8 * $0)) }
        return bytes + record
    }

    /// The bytes that are sealed.
    package static func encode(_ authored: AuthoredRecord) -> [UInt8] {
        var bytes = self.magic
        self.append(Array(authored.author.utf8), to: &bytes)
        self.append(authored.signature, to: &bytes)
        return bytes + authored.record
    }

    /// Reads what was sealed; nil when it is not an authored record.
    package static func decode(_ bytes: [UInt8]) -> AuthoredRecord? {
        guard bytes.starts(with: self.magic) else { return nil }
        var rest = bytes.dropFirst(self.magic.count)
        guard let author = self.take(&rest), let signature = self.take(&rest) else { return nil }
        let text = String(decoding: author, as: UTF8.self)
        // One way to write each: invalid UTF-8 would be repaired silently.
        guard text.utf8.elementsEqual(author) else { return nil }
        return AuthoredRecord(author: text, signature: Array(signature), record: Array(rest))
    }

    private static func append(_ content: [UInt8], to bytes: inout [UInt8]) {
        let content = content.prefix(Int(UInt16.max))
        bytes += [UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        bytes += content
    }

    private static func take(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.count >= 2 else { return nil }
        let length = Int(bytes[bytes.startIndex]) << 8 | Int(bytes[bytes.startIndex + 1])
        bytes = bytes.dropFirst(2)
        guard bytes.count >= length else { return nil }
        defer { bytes = bytes.dropFirst(length) }
        return bytes.prefix(length)
    }
}

/// A record and who wrote it.
package struct AuthoredRecord: Hashable, Sendable {
    /// The author's subject in the registry.
    package let author: String
    /// The author's signature over `AuthoredRecordFormat.signedBytes`.
    package let signature: [UInt8]
    package let record: [UInt8]

    package init(author: String, signature: [UInt8], record: [UInt8]) {
        self.author = author
        self.signature = signature
        self.record = record
    }

    /// Whether the author's key signed exactly this record under this id and version.
    package func isSigned(by key: PublicKey, channel: String, recordID: String, version: UInt64) -> Bool {
        key.isValid(
            signature: self.signature,
            for: AuthoredRecordFormat.signedBytes(
                author: self.author, channel: channel, recordID: recordID, version: version, record: self.record))
    }
}
