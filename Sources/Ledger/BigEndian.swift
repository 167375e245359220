extension [UInt8] {
    /// Appends a number in big-endian order, in its full width.
    mutating func appendBigEndian<Number: FixedWidthInteger>(_ number: Number) {
        Swift.withUnsafeBytes(of: number.bigEndian) { self.append(contentsOf: $0) }
    }
}

extension Collection<UInt8> {
    /// The number that these at most eight bytes spell in big-endian order.
    var bigEndianNumber: UInt64 { self.reduce(0) { $0 << 8 | UInt64($1) } }
}
