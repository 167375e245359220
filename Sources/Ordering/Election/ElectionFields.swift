import LedgerModel

/// Writes the fields of the election's layouts; integers are big-endian, texts and signatures carry their length in two bytes.
struct ElectionFieldWriter {
    private(set) var bytes: [UInt8]

    init(_ start: [UInt8] = []) { self.bytes = start }

    mutating func raw(_ value: [UInt8]) { self.bytes += value }

    mutating func number(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) { self.bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// A value above 65,535 bytes is a mistake of the caller and gives bytes that no reader accepts.
    mutating func variable(_ value: [UInt8]) {
        self.number(UInt16(clamping: value.count))
        self.bytes += value
    }
}

/// Reads them back from untrusted bytes; every length is checked before anything is taken.
struct ElectionFieldReader {
    private let part: String
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8], part: String) {
        self.bytes = bytes
        self.part = part
    }

    mutating func raw(_ count: Int) throws(MessageError) -> [UInt8] {
        guard count >= 0, self.bytes.count - self.offset >= count else { throw self.refusal("ends early, after \(self.bytes.count) bytes") }
        defer { self.offset += count }
        return Array(self.bytes[self.offset..<self.offset + count])
    }

    mutating func number<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) throws(MessageError) -> T {
        try self.raw(T.bitWidth / 8).reduce(0) { $0 << 8 | T($1) }
    }

    /// A count that is at most `limit`.
    mutating func count<T: FixedWidthInteger & UnsignedInteger>(_: T.Type, limit: Int) throws(MessageError) -> Int {
        let value = Int(clamping: try self.number(T.self))
        guard value <= limit else { throw self.refusal("counts \(value), above the limit of \(limit)") }
        return value
    }

    mutating func flag() throws(MessageError) -> Bool {
        let byte = try self.number(UInt8.self)
        guard byte <= 1 else { throw self.refusal("has a flag of \(byte)") }
        return byte == 1
    }

    mutating func variable(limit: Int) throws(MessageError) -> [UInt8] {
        try self.raw(try self.count(UInt16.self, limit: limit))
    }

    mutating func name() throws(MessageError) -> [UInt8] {
        let utf8 = try self.variable(limit: ElectionLimits.nameBytes)
        guard ElectionName.isValid(utf8, limit: ElectionLimits.nameBytes) else { throw self.refusal("has a name that is empty or no plain text") }
        return utf8
    }

    mutating func text(_ expected: [UInt8]) throws(MessageError) {
        guard try self.raw(expected.count) == expected else { throw self.refusal("does not begin as it must") }
    }

    func finish() throws(MessageError) {
        guard self.offset == self.bytes.count else { throw self.refusal("has \(self.bytes.count - self.offset) bytes too many") }
    }

    func refusal(_ reason: String) -> MessageError { MessageError(part: self.part, reason: reason) }
}
