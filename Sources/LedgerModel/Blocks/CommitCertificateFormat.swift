import CryptoPrimitives

/// The bytes of a commit certificate in slot 3; all integers big-endian.
///
///     certificate = version u8 (1) | height u64 | round u32 | blockID[32] | count u16 | count times entry
///     entry       = consenter u32 | length u8 | signature            ascending by consenter, no id twice, length at least 1
///     hash        = SHA-256(certificate); 32 zero bytes for an empty slot
///
/// Consenter ids take the place of a bitmap over the committee: they name the signers without knowing its size.
package enum CommitCertificateFormat {
    /// The first byte of every certificate of this layout.
    package static let version: UInt8 = 1
    private static let fixedBytes = 1 + 8 + 4 + 32 + 2

    /// The certificate's bytes; nil when a signature or the number of entries is too long to be written.
    package static func encode(_ certificate: CommitCertificate) -> [UInt8]? {
        guard let count = UInt16(exactly: certificate.entries.count), certificate.blockID.count == 32 else { return nil }
        var bytes: [UInt8] = [self.version]
        self.append(certificate.height, to: &bytes)
        self.append(certificate.round, to: &bytes)
        bytes += certificate.blockID
        self.append(count, to: &bytes)
        for entry in certificate.entries {
            guard let length = UInt8(exactly: entry.signature.count), length > 0 else { return nil }
            self.append(entry.consenter, to: &bytes)
            bytes.append(length)
            bytes += entry.signature
        }
        return bytes
    }

    /// Reads a certificate; only the one canonical form of each is accepted.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> CommitCertificate {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "parent certificate", reason: reason) }
        func integer(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        guard bytes.count >= self.fixedBytes else { throw refuse("is \(bytes.count) bytes long, too short") }
        guard bytes[0] == self.version else { throw refuse("has version \(bytes[0]), only \(self.version) is known") }
        let count = Int(integer(45..<47))
        var entries: [CommitCertificate.Entry] = []
        var offset = self.fixedBytes
        for _ in 0..<count {
            guard bytes.count - offset >= 5 else { throw refuse("ends inside an entry") }
            let consenter = UInt32(truncatingIfNeeded: integer(offset..<offset + 4))
            let length = Int(bytes[offset + 4])
            offset += 5
            guard length > 0, bytes.count - offset >= length else { throw refuse("has a signature of a wrong length") }
            if let last = entries.last, last.consenter >= consenter { throw refuse("its signers are not in ascending order") }
            entries.append(CommitCertificate.Entry(consenter: consenter, signature: Array(bytes[offset..<offset + length])))
            offset += length
        }
        guard offset == bytes.count else { throw refuse("has \(bytes.count - offset) bytes too many") }
        return CommitCertificate(
            height: integer(1..<9), round: UInt32(truncatingIfNeeded: integer(9..<13)), blockID: Array(bytes[13..<45]), entries: entries)
    }

    /// What the extended header says of slot 3.
    package static func hash(ofSlot slot: [UInt8]) -> [UInt8] {
        slot.isEmpty ? ExtendedHeader.zeroHash : SHA256.hash(slot)
    }

    private static func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
