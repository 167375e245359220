import CryptoPrimitives
import LedgerModel

/// The bytes of a signer's guard; all integers big-endian.
///
///     guard = "SELVAGE-SIGN-1" | height u64 | count u8 | count times (round u32 | kind u8 | hash[32]) | SHA-256 of all before[32]
package enum SignerGuardFormat {
    private static let tag = Array("SELVAGE-SIGN-1".utf8)

    package static func encode(_ signerGuard: SignerGuard) -> [UInt8] {
        var bytes = self.tag
        bytes.append(bigEndian: signerGuard.height)
        bytes.append(UInt8(clamping: signerGuard.claims.count))
        for claim in signerGuard.claims {
            bytes.append(bigEndian: UInt32(bitPattern: claim.round))
            bytes.append(claim.kind)
            bytes += claim.hash
        }
        return bytes + SHA256.hash(bytes)
    }

    /// Reads a guard.
    ///
    /// - Throws: `MessageError` when the bytes are damaged. An unreadable guard is not an empty one.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> SignerGuard {
        var reader = FixedBytes(bytes, part: "signer's guard")
        guard try reader.take(self.tag.count) == self.tag else { throw reader.refusal("does not begin as one") }
        let height = try reader.number(UInt64.self)
        var claims: [SignerGuard.Claim] = []
        for _ in 0..<(try reader.number(UInt8.self)) {
            claims.append(SignerGuard.Claim(round: try reader.round(), kind: try reader.number(UInt8.self), hash: try reader.take(32)))
        }
        let digest = try reader.take(32)
        try reader.finish()
        guard SHA256.hash(bytes.dropLast(32)) == digest else { throw reader.refusal("is damaged: its checksum is wrong") }
        return SignerGuard(height: height, claims: claims)
    }
}
