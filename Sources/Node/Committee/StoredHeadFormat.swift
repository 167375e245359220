import CryptoPrimitives

/// The bytes that tell how many blocks of a member were durable, version 1; the number is big-endian.
///
///     stored-head  offset  width  field
///                       0      8  "SELVHED" and the version, 1
///                       8      8  how many frames of the block files were durable when this was written
///                      16      8  check: the first 8 bytes of SHA-256 over bytes 0 ..< 16
enum StoredHeadFormat {
    static let sizeBytes = 24

    private static let magic: [UInt8] = [0x53, 0x45, 0x4c, 0x56, 0x48, 0x45, 0x44, 0x01]

    static func encode(height: UInt64) -> [UInt8] {
        let bytes = self.magic + (0..<8).map { UInt8(truncatingIfNeeded: height >> (56 - 8 * UInt64($0))) }
        return bytes + SHA256.hash(bytes).prefix(8)
    }

    /// The number of frames; nil when the bytes are not whole.
    static func decode(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == self.sizeBytes else { return nil }
        let height = bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
        return self.encode(height: height) == bytes ? height : nil
    }
}
