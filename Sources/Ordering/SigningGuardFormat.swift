import CryptoPrimitives
import LedgerModel

/// The bytes of a signing guard; all integers big-endian.
///
///     guard = version u8 (1) | chain[32] | consenter u32 | height u64 | blockID[32] | SHA-256 of all before[32]       109 bytes
package enum SigningGuardFormat {
    /// The first byte of every guard of this layout.
    package static let version: UInt8 = 1
    /// The length in bytes.
    package static let byteCount = 1 + 32 + 4 + 8 + 32 + 32

    /// The guard's bytes. A chain or id of another length than 32 is a mistake of the caller and gives bytes that no reader accepts.
    package static func encode(_ record: SigningGuard) -> [UInt8] {
        var bytes: [UInt8] = [self.version]
        bytes += record.chain
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: record.consenter >> UInt32(shift))) }
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: record.height.rawValue >> UInt64(shift))) }
        bytes += record.blockID
        return bytes + SHA256.hash(bytes)
    }

    /// Reads a guard.
    ///
    /// - Throws: `MessageError` when the bytes are damaged. An unreadable guard is not an empty one: the node must not sign without a look at it.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> SigningGuard {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "signing guard", reason: reason) }
        guard bytes.count == self.byteCount else { throw refuse("is \(bytes.count) bytes long, must be \(self.byteCount)") }
        guard bytes[0] == self.version else { throw refuse("has version \(bytes[0]), only \(self.version) is known") }
        let content = bytes.dropLast(32)
        guard SHA256.hash(content) == Array(bytes.suffix(32)) else { throw refuse("is damaged: its checksum is wrong") }
        return SigningGuard(
            chain: Array(bytes[1..<33]), consenter: bytes[33..<37].reduce(0) { $0 << 8 | UInt32($1) },
            height: BlockNumber(bytes[37..<45].reduce(0) { $0 << 8 | UInt64($1) }), blockID: Array(bytes[45..<77]))
    }
}
