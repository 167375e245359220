import LedgerModel

extension [UInt8] {
    /// Appends a number's bytes, the highest first.
    mutating func append(bigEndian value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) { self.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Reads fields from untrusted bytes in their order; every read checks the length first.
struct FixedBytes {
    private let part: String
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8], part: String) {
        self.bytes = bytes
        self.part = part
    }

    mutating func take(_ count: Int) throws(MessageError) -> [UInt8] {
        guard count >= 0, self.bytes.count - self.offset >= count else { throw self.refusal("ends after \(self.bytes.count) bytes") }
        defer { self.offset += count }
        return Array(self.bytes[self.offset..<self.offset + count])
    }

    mutating func number<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) throws(MessageError) -> T {
        try self.take(T.bitWidth / 8).reduce(0) { $0 << 8 | T($1) }
    }

    /// A byte that is 0 or 1.
    mutating func flag() throws(MessageError) -> Bool {
        let byte = try self.number(UInt8.self)
        guard byte <= 1 else { throw self.refusal("has a flag of \(byte)") }
        return byte == 1
    }

    mutating func round() throws(MessageError) -> Round { Round(bitPattern: try self.number(UInt32.self)) }

    mutating func blockID() throws(MessageError) -> BlockID {
        guard let id = BlockID(try self.take(32)) else { throw self.refusal("has no block id") }
        return id
    }

    func finish() throws(MessageError) {
        guard self.offset == self.bytes.count else { throw self.refusal("has \(self.bytes.count - self.offset) bytes too many") }
    }

    func refusal(_ reason: String) -> MessageError { MessageError(part: self.part, reason: reason) }
}
