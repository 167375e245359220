/// Big-endian integers and length-prefixed strings, as every layout of this module uses them.
enum ByteOrder {
    static func bytes(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) } }

    static func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }

    static func bytes(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }

    /// The integer of up to eight big-endian bytes.
    static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// A two-byte length and the bytes, so that two different lists never give the same concatenation. Callers bound the length first.
    static func prefixed(_ value: [UInt8]) -> [UInt8] { bytes(UInt16(truncatingIfNeeded: value.count)) + value }
}
