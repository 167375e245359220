/// Why bytes are not JSON that everyone reads alike. Positions are offsets in bytes.
package enum FHIRReadError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text ends inside a value.
    case endsEarly
    /// Something stands where it may not.
    case unexpected(offset: Int)
    /// A string is not UTF-8, or escapes half of a surrogate pair.
    case notUnicode(offset: Int)
    /// An object has two members of one name; readers disagree about which counts.
    case duplicateName(offset: Int)
    /// Values lie deeper in each other than the limit.
    case tooDeep(limit: Int)

    package var description: String {
        switch self {
        case .endsEarly: "it ends inside a value"
        case .unexpected(let offset): "unexpected byte at offset \(offset)"
        case .notUnicode(let offset): "text that is not Unicode at offset \(offset)"
        case .duplicateName(let offset): "a second member of the same name at offset \(offset)"
        case .tooDeep(let limit): "values nested deeper than \(limit)"
        }
    }
}

/// Reads JSON (RFC 8259) strictly: UTF-8 only, no byte order mark, no second member of a name, bounded nesting.
struct FHIRReader {
    private let input: [UInt8]
    private let maximumNesting: Int
    private var position = 0

    /// Reads one value that fills the whole input, white space aside.
    static func read(_ input: [UInt8], maximumNesting: Int = RecordLimits.maximumNesting) throws(FHIRReadError) -> FHIRValue {
        var reader = FHIRReader(input: input, maximumNesting: maximumNesting)
        let value = try reader.value(depth: 0)
        reader.skipWhiteSpace()
        guard reader.position == input.count else { throw .unexpected(offset: reader.position) }
        return value
    }

    private init(input: [UInt8], maximumNesting: Int) {
        self.input = input
        self.maximumNesting = maximumNesting
    }

    private mutating func value(depth: Int) throws(FHIRReadError) -> FHIRValue {
        guard depth <= self.maximumNesting else { throw .tooDeep(limit: self.maximumNesting) }
        self.skipWhiteSpace()
        switch try self.peek() {
        case UInt8(ascii: "{"): return try self.object(depth: depth)
        case UInt8(ascii: "["): return try self.array(depth: depth)
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        default: return .number(try self.number())
        }
    }

    private mutating func object(depth: Int) throws(FHIRReadError) -> FHIRValue {
        self.position += 1
        var members: [FHIRValue.Member] = []
        var names: Set<[UInt8]> = []
        self.skipWhiteSpace()
        if try self.peek() == UInt8(ascii: "}") {
            self.position += 1
            return .object([])
        }
        while true {
            self.skipWhiteSpace()
            let start = self.position
            let name = try self.string()
            // Names count as the same when their bytes do, after escapes; composed and decomposed letters differ.
            guard names.insert(Array(name.utf8)).inserted else { throw .duplicateName(offset: start) }
            self.skipWhiteSpace()
            try self.expect(UInt8(ascii: ":"))
            members.append(FHIRValue.Member(name: name, value: try self.value(depth: depth + 1)))
            if try self.isLast(closing: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws(FHIRReadError) -> FHIRValue {
        self.position += 1
        var elements: [FHIRValue] = []
        self.skipWhiteSpace()
        if try self.peek() == UInt8(ascii: "]") {
            self.position += 1
            return .array([])
        }
        while true {
            elements.append(try self.value(depth: depth + 1))
            if try self.isLast(closing: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Reads what follows an element: a comma, or the end.
    private mutating func isLast(closing: UInt8) throws(FHIRReadError) -> Bool {
        self.skipWhiteSpace()
        let byte = try self.peek()
        guard byte == closing || byte == UInt8(ascii: ",") else { throw .unexpected(offset: self.position) }
        self.position += 1
        return byte == closing
    }

    private mutating func string() throws(FHIRReadError) -> String {
        try self.expect(UInt8(ascii: "\""))
        let start = self.position
        var bytes: [UInt8] = []
        while true {
            let byte = try self.peek()
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUnicode(offset: start) }
                return text
            case UInt8(ascii: "\\"): try self.escape(into: &bytes)
            case 0..<0x20: throw .unexpected(offset: self.position - 1)
            default: bytes.append(byte)
            }
        }
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(FHIRReadError) {
        let start = self.position - 1
        let byte = try self.peek()
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(8)
        case UInt8(ascii: "f"): bytes.append(12)
        case UInt8(ascii: "n"): bytes.append(10)
        case UInt8(ascii: "r"): bytes.append(13)
        case UInt8(ascii: "t"): bytes.append(9)
        case UInt8(ascii: "u"):
            var units = [try self.codeUnit()]
            if UTF16.isLeadSurrogate(units[0]) {
                try self.expect(UInt8(ascii: "\\"))
                try self.expect(UInt8(ascii: "u"))
                units.append(try self.codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw .notUnicode(offset: start) }
            bytes += text.utf8
        default: throw .unexpected(offset: self.position - 1)
        }
    }

    private mutating func codeUnit() throws(FHIRReadError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let byte = try self.peek()
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .unexpected(offset: self.position) }
            unit = unit << 4 | UInt16(digit)
            self.position += 1
        }
        return unit
    }

    private mutating func number() throws(FHIRReadError) -> String {
        let start = self.position
        if try self.peek() == UInt8(ascii: "-") { self.position += 1 }
        if try self.peek() == UInt8(ascii: "0") { self.position += 1 } else { try self.digits() }
        if self.position < self.input.count, self.input[self.position] == UInt8(ascii: ".") {
            self.position += 1
            try self.digits()
        }
        if self.position < self.input.count, self.input[self.position] | 0x20 == UInt8(ascii: "e") {
            self.position += 1
            let sign = try self.peek()
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { self.position += 1 }
            try self.digits()
        }
        return String(decoding: self.input[start..<self.position], as: UTF8.self)
    }

    /// One digit or more.
    private mutating func digits() throws(FHIRReadError) {
        guard Self.isDigit(try self.peek()) else { throw .unexpected(offset: self.position) }
        while self.position < self.input.count, Self.isDigit(self.input[self.position]) { self.position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func word(_ word: String, _ value: FHIRValue) throws(FHIRReadError) -> FHIRValue {
        for byte in word.utf8 { try self.expect(byte) }
        return value
    }

    private mutating func expect(_ byte: UInt8) throws(FHIRReadError) {
        guard try self.peek() == byte else { throw .unexpected(offset: self.position) }
        self.position += 1
    }

    private func peek() throws(FHIRReadError) -> UInt8 {
        guard self.position < self.input.count else { throw .endsEarly }
        return self.input[self.position]
    }

    private mutating func skipWhiteSpace() {
        while self.position < self.input.count {
            switch self.input[self.position] {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            default: return
            }
        }
    }
}
