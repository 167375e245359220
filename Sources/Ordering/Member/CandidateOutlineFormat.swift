import LedgerModel

/// The bytes of a candidate's outline on its way between members; all integers big-endian.
///
///     outline = version u8 (1) | previousHash[32] | dataHash[32] | header[345] | lastConfig u64 | length u32 | parent certificate
///             | count u32 | count times envelopeHash[32]
///
/// `header` is the extended header of `ExtendedHeaderFormat` without a round. The bytes are signed by nobody: the proposal signs the id.
package enum CandidateOutlineFormat {
    /// The first byte of every outline of this layout.
    package static let version: UInt8 = 1

    package static func encode(_ outline: CandidateOutline) -> [UInt8] {
        var bytes: [UInt8] = [self.version]
        bytes += outline.previousHash
        bytes += outline.dataHash
        bytes += ExtendedHeaderFormat.encode(outline.header)
        bytes.append(bigEndian: outline.lastConfig)
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: outline.parentCertificate.count))
        bytes += outline.parentCertificate
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: outline.envelopeHashes.count))
        for hash in outline.envelopeHashes { bytes += hash }
        return bytes
    }

    /// Reads an outline.
    ///
    /// - Parameter maxCount: The most envelopes that the channel allows in a block.
    /// - Throws: `MessageError` when a length is wrong or too large, or when the hashes are not those of the header.
    package static func decode(_ bytes: [UInt8], maxCount: Int) throws(MessageError) -> CandidateOutline {
        var reader = FixedBytes(bytes, part: "outline of a candidate")
        let version = try reader.number(UInt8.self)
        guard version == self.version else { throw reader.refusal("has version \(version), only \(self.version) is known") }
        let previousHash = try reader.take(32)
        let dataHash = try reader.take(32)
        let header = try ExtendedHeaderFormat.decode(try reader.take(ExtendedHeaderFormat.headerBytes) + [0, 0, 0, 0]).header
        let lastConfig = try reader.number(UInt64.self)
        let length = try reader.number(UInt32.self)
        guard length <= UInt32(MemberLimits.outlineBytes) else { throw reader.refusal("has a certificate of \(length) bytes") }
        let certificate = try reader.take(Int(length))
        let count = try reader.number(UInt32.self)
        guard count > 0, UInt64(count) <= UInt64(clamping: maxCount) else { throw reader.refusal("has \(count) envelopes") }
        var hashes: [[UInt8]] = []
        for _ in 0..<count { hashes.append(try reader.take(32)) }
        try reader.finish()
        guard
            let outline = CandidateOutline(
                previousHash: previousHash, dataHash: dataHash, header: header, lastConfig: lastConfig, parentCertificate: certificate,
                envelopeHashes: hashes)
        else { throw reader.refusal("has envelope hashes that its header does not name") }
        return outline
    }
}
