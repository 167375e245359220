/// Reads bytes from the front; every step returns nil when the bytes do not allow it.
struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.rest = bytes[...] }

    init(_ bytes: ArraySlice<UInt8>) { self.rest = bytes }

    /// Steps over bytes, as far as there are any.
    mutating func skip(_ count: Int) { self.rest = self.rest.dropFirst(count) }

    /// A base-128 number in its shortest form.
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for (index, byte) in self.rest.prefix(10).enumerated() {
            let group = UInt64(byte & 0x7f)
            // The tenth group has room for one bit only.
            if index == 9 && group > 1 { return nil }
            value |= group << UInt64(7 * index)
            guard byte < 0x80 else { continue }
            if byte == 0 && index > 0 { return nil }
            self.rest = self.rest.dropFirst(index + 1)
            return value
        }
        return nil
    }

    /// A length as a varint, then as many bytes.
    mutating func sizedBytes() -> ArraySlice<UInt8>? {
        guard let count = self.varint(), count <= UInt64(self.rest.count) else { return nil }
        let bytes = self.rest.prefix(Int(count))
        self.rest = self.rest.dropFirst(Int(count))
        return bytes
    }
}

extension [UInt8] {
    /// Appends a number in base 128, low groups first.
    mutating func appendVarint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            self.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(rest))
    }
}
