import CryptoPrimitives

/// The blocks after which a peer has been asked for a snapshot, version 1; numbers are big-endian.
///
///     requests  offset  width  field
///                    0      8  "SELVSNR" and the version, 1
///                    8    8·n  block numbers, ascending, each once
///              8 + 8·n      8  check: the first 8 bytes of SHA-256 over all bytes before
enum SnapshotRequestFormat {
    private static let magic: [UInt8] = [0x53, 0x45, 0x4c, 0x56, 0x53, 0x4e, 0x52, 0x01]

    /// - Parameter blocks: Ascending, each once.
    static func encode(_ blocks: [UInt64]) -> [UInt8] {
        let bytes = self.magic + blocks.flatMap { block in (0..<8).map { UInt8(truncatingIfNeeded: block >> (56 - 8 * UInt64($0))) } }
        return bytes + SHA256.hash(bytes).prefix(8)
    }

    /// Nil when the bytes are not whole, or not in this one form.
    static func decode(_ bytes: [UInt8]) -> [UInt64]? {
        guard bytes.count >= 16, bytes.count % 8 == 0 else { return nil }
        let blocks = stride(from: 8, to: bytes.count - 8, by: 8).map { start in bytes[start..<(start + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        guard zip(blocks, blocks.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        return self.encode(blocks) == bytes ? blocks : nil
    }
}
