/// Reads a protobuf message that is written the plain way: known fields in ascending order, each once unless it repeats.
///
/// That is how every library writes, and reading it so costs a tenth of the general decoder: nothing is copied until the value is made. What
/// is not plain (unknown or repeated fields, another order, another wire type, damage) is not judged here: the caller asks the general
/// decoder, so both together accept exactly what that one accepts, with the same values.
struct PlainReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var lastField: UInt8 = 0
    private var isPlain = true

    /// - Parameter bytes: Must outlive the reader and everything that it gives out.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// True when the message ended where it should and nothing unusual was in it.
    var isComplete: Bool { self.isPlain && self.offset == self.bytes.count }

    /// The next tag, field number and wire type in one byte; nil at the end and when the message is not plain.
    ///
    /// - Parameter repeated: The tag of the field that may come more than once in a row.
    mutating func tag(repeated: UInt8 = 0) -> UInt8? {
        guard self.isPlain, self.offset < self.bytes.count else { return nil }
        let tag = self.bytes[self.offset]
        let field = tag >> 3
        // Field numbers above 15 take two bytes; no message that is read this way has them.
        guard tag < 0x80, field > self.lastField || (field == self.lastField && tag == repeated) else {
            self.isPlain = false
            return nil
        }
        self.lastField = field
        self.offset += 1
        return tag
    }

    /// A number below 2^63; larger ones are left to the general decoder.
    mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard self.offset < self.bytes.count else { break }
            let byte = self.bytes[self.offset]
            self.offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        self.isPlain = false
        return 0
    }

    /// The content of a field that has a length: bytes, or another message.
    mutating func content() -> UnsafeRawBufferPointer {
        let length = self.varint()
        guard self.isPlain, length <= UInt64(self.bytes.count - self.offset) else {
            self.isPlain = false
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let end = self.offset + Int(length)
        defer { self.offset = end }
        return UnsafeRawBufferPointer(rebasing: self.bytes[self.offset..<end])
    }

    /// A copy of the content of a field of bytes.
    mutating func array() -> [UInt8] { [UInt8](self.content()) }

    /// The bytes of a text. Only ASCII is taken for a text here: whether other bytes are one is for the general decoder to say.
    mutating func text() -> [UInt8] {
        let content = self.content()
        guard Self.isASCII(content) else {
            self.isPlain = false
            return []
        }
        return [UInt8](content)
    }

    private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var union: UInt8 = 0
        for byte in bytes { union |= byte }
        return union < 0x80
    }
}

/// A message that is nearly always written the plain way.
protocol PlainMessage {
    /// Reads the message; nil when it is not plain, which does not mean that it is wrong.
    static func plain(_ bytes: UnsafeRawBufferPointer) -> Self?
}

extension PlainMessage {
    /// The same for an array.
    static func plain(_ bytes: [UInt8]) -> Self? { bytes.withUnsafeBytes { Self.plain($0) } }
}
