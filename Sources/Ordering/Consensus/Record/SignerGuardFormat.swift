import CryptoPrimitives
import LedgerModel

/// The bytes of one slot of a signer's guard; all integers big-endian.
///
///     slot  = "SELVAGE-SIGN-2" | counter u64 | height u64 | count u8 | count times claim | SHA-256 of all before[32] | zeros    2048 bytes
///     claim = round u32 | kind u8 | hash[32]
package enum SignerGuardFormat {
    private static let tag = Array("SELVAGE-SIGN-2".utf8)

    /// The bytes of a slot; nil when the guard is too large for one.
    package static func encode(counter: UInt64, _ signerGuard: SignerGuard) -> [UInt8]? {
        guard let count = UInt8(exactly: signerGuard.claims.count) else { return nil }
        var bytes = self.tag
        bytes.append(bigEndian: counter)
        bytes.append(bigEndian: signerGuard.height)
        bytes.append(count)
        for claim in signerGuard.claims {
            bytes.append(bigEndian: UInt32(bitPattern: claim.round))
            bytes.append(claim.kind)
            bytes += claim.hash
        }
        bytes += SHA256.hash(bytes)
        guard bytes.count <= ConsensusLimits.guardSlotBytes else { return nil }
        return bytes + [UInt8](repeating: 0, count: ConsensusLimits.guardSlotBytes - bytes.count)
    }

    /// Reads a slot; only the one form of each guard is accepted.
    ///
    /// - Throws: `MessageError` when it is torn, damaged or not a slot. An unreadable guard is not an empty one.
    package static func decode(_ slot: [UInt8]) throws(MessageError) -> (counter: UInt64, signerGuard: SignerGuard) {
        var reader = FixedBytes(slot, part: "signer's guard")
        guard slot.count == ConsensusLimits.guardSlotBytes, try reader.take(self.tag.count) == self.tag else {
            throw reader.refusal("is not a slot")
        }
        let counter = try reader.number(UInt64.self)
        let height = try reader.number(UInt64.self)
        var claims: [SignerGuard.Claim] = []
        for _ in 0..<(try reader.number(UInt8.self)) {
            claims.append(SignerGuard.Claim(round: try reader.round(), kind: try reader.number(UInt8.self), hash: try reader.take(32)))
        }
        let signerGuard = SignerGuard(height: height, claims: claims)
        guard self.encode(counter: counter, signerGuard) == slot else { throw reader.refusal("is damaged: its checksum is wrong") }
        return (counter, signerGuard)
    }
}
