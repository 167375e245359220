/// Protobuf by hand: the second opinion on the bytes that the client makes.
enum Wire {
    /// A field of bytes, text or a message; left out when empty, as proto3 does.
    static func bytes(_ field: UInt8, _ content: [UInt8]) -> [UInt8] {
        content.isEmpty ? [] : self.present(field, content)
    }

    /// The same, written even when empty: elements of lists, and messages that are there.
    static func present(_ field: UInt8, _ content: [UInt8]) -> [UInt8] {
        [field << 3 | 2] + self.varint(UInt64(content.count)) + content
    }

    static func text(_ field: UInt8, _ content: String) -> [UInt8] { self.bytes(field, Array(content.utf8)) }

    static func number(_ field: UInt8, _ value: UInt64) -> [UInt8] { value == 0 ? [] : [field << 3] + self.varint(value) }

    private static func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + self.varint(value >> 7)
    }
}
