/// Reads the Snappy block format, in which LevelDB compresses the blocks of its tables.
///
///     block   = varint(length of the text) element*
///     element = 00 literal: length - 1 in 6 bits, 60 ... 63 for 1 ... 4 bytes of it behind the tag, then the bytes
///             | 01 copy: length - 4 in 3 bits, offset in 3 bits and one byte
///             | 10 copy: length - 1 in 6 bits, offset in 2 bytes, low first
///             | 11 copy: length - 1 in 6 bits, offset in 4 bytes, low first       the tag's low bits say which
package enum SnappyBlock {
    /// The text; nil when the bytes are not a whole block or the text would be longer than the limit.
    package static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) -> [UInt8]? {
        var reader = ByteReader(bytes)
        guard let length = reader.varint(), length <= UInt64(limit) else { return nil }
        var rest = reader.rest
        var text: [UInt8] = []
        text.reserveCapacity(Int(length))
        while let tag = rest.popFirst() {
            if tag & 3 == 0 {
                var count = Int(tag >> 2)
                if count >= 60 {
                    guard let number = self.number(&rest, sizeBytes: count - 59) else { return nil }
                    count = number
                }
                count += 1
                guard count <= rest.count, text.count + count <= Int(length) else { return nil }
                text += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else {
                let count = tag & 3 == 1 ? Int(tag >> 2 & 7) + 4 : Int(tag >> 2) + 1
                let sizeBytes = tag & 3 == 1 ? 1 : tag & 3 == 2 ? 2 : 4
                guard var offset = self.number(&rest, sizeBytes: sizeBytes) else { return nil }
                if tag & 3 == 1 { offset |= Int(tag >> 5) << 8 }
                guard offset > 0, offset <= text.count, text.count + count <= Int(length) else { return nil }
                // A copy may reach into what it writes itself.
                for _ in 0..<count { text.append(text[text.count - offset]) }
            }
        }
        return text.count == Int(length) ? text : nil
    }

    /// A number of so many bytes, low ones first.
    private static func number(_ rest: inout ArraySlice<UInt8>, sizeBytes: Int) -> Int? {
        guard rest.count >= sizeBytes else { return nil }
        let value = rest.prefix(sizeBytes).reversed().bigEndianNumber
        rest = rest.dropFirst(sizeBytes)
        return Int(value)
    }
}
