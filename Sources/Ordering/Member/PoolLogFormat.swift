import CryptoPrimitives
import LedgerModel

/// The bytes of a pool log: the envelopes that a member has promised to order, in order of arrival; all integers big-endian.
///
///     log   = entry*
///     entry = length u32 | check[8] | serialised envelope          check = the first 8 bytes of SHA-256(length | envelope)
///
/// A crash tears the end only. Whatever follows the last whole entry was never promised and is cut off.
package enum PoolLogFormat {
    /// The bytes of one entry; nil when the envelope is too long to be written.
    package static func entry(_ envelope: [UInt8]) -> [UInt8]? {
        guard !envelope.isEmpty, let length = UInt32(exactly: envelope.count) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(12 + envelope.count)
        bytes.append(bigEndian: length)
        bytes += SHA256.hash(concatenating: Array(bytes), envelope).prefix(8)
        return bytes + envelope
    }

    /// The whole entries at the beginning of a log, and where they end.
    package static func read(_ bytes: [UInt8]) -> (envelopes: [[UInt8]], end: Int) {
        var envelopes: [[UInt8]] = []
        var end = 0
        while bytes.count - end >= 12 {
            let head = Array(bytes[end..<end + 4])
            let length = Int(head.reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            guard length > 0, length <= bytes.count - end - 12 else { break }
            let envelope = Array(bytes[end + 12..<end + 12 + length])
            guard SHA256.hash(concatenating: head, envelope).prefix(8).elementsEqual(bytes[end + 4..<end + 12]) else { break }
            envelopes.append(envelope)
            end += 12 + length
        }
        return (envelopes, end)
    }
}
