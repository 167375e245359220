/// Why a JSON document is refused, with the offset in bytes; the text never quotes the document.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var reason: String
    /// Where, in bytes from the start.
    public var offset: Int

    /// Makes an error.
    public init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason and the place.
    public var description: String { "invalid JSON at byte " + String(offset) + ": " + reason }
}

extension JSONValue {
    /// Parses one strict JSON document (RFC 8259) in UTF-8.
    ///
    /// Refused: more than `JSONLimits.maximumBytes` bytes, nesting deeper than `JSONLimits.maximumDepth`, fractions, exponents, `-0`, numbers beyond 64 bits,
    /// a name twice in one object, lone surrogates, invalid UTF-8, a byte-order mark, anything after the document.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        guard bytes.count <= JSONLimits.maximumBytes else {
            throw JSONError(reason: "the document has more than " + String(JSONLimits.maximumBytes) + " bytes", offset: JSONLimits.maximumBytes)
        }
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw error("text after the end of the document") }
        return result
    }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            offset += 1
        }
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[offset...].starts(with: text.utf8) else { throw error("unknown word") }
        offset += text.utf8.count
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= JSONLimits.maximumDepth else { throw error("nested deeper than " + String(JSONLimits.maximumDepth)) }
        skipSpace()
        guard let first = current else { throw error("the document ends early") }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("unexpected character")
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        offset += 1
        var values: [JSONValue] = []
        skipSpace()
        if accept(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if accept(UInt8(ascii: "]")) { return .array(values) }
            guard accept(UInt8(ascii: ",")) else { throw error("expected a comma or the end of the array") }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        offset += 1
        var members: [(String, JSONValue)] = []
        skipSpace()
        if accept(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a member's name") }
            let name = try string()
            skipSpace()
            guard accept(UInt8(ascii: ":")) else { throw error("expected a colon") }
            members.append((name, try value(depth: depth + 1)))
            skipSpace()
            if accept(UInt8(ascii: "}")) { break }
            guard accept(UInt8(ascii: ",")) else { throw error("expected a comma or the end of the object") }
        }
        let names = members.map { $0.0 }.sorted(by: bytesPrecede)
        for (left, right) in zip(names, names.dropFirst()) where sameBytes(left, right) {
            throw error("a member's name occurs twice in one object")
        }
        return .object(members)
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        while let byte = current, byte == UInt8(ascii: "-") || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) {
            offset += 1
        }
        if let byte = current, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            throw error("only whole numbers are allowed, without fraction and exponent")
        }
        guard let value = DecimalInteger.signed(Array(bytes[start..<offset])) else {
            offset = start
            throw error("not a whole number of 64 bits in its shortest form")
        }
        return .integer(value)
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        var content: [UInt8] = []
        while true {
            guard let byte = current else { throw error("the text has no end") }
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw error("the text is not UTF-8") }
                return text
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20:
                offset -= 1
                throw error("a control character must be escaped")
            default: content.append(byte)
            }
        }
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw error("the text has no end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard accept(UInt8(ascii: "\\")), accept(UInt8(ascii: "u")) else { throw error("a surrogate stands alone") }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw error("a surrogate stands alone") }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("a surrogate stands alone") }
            content.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        default: throw error("unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = JSONParser.hexadecimalValue(byte) else { throw error("expected four hexadecimal digits") }
            code = code << 4 | digit
            offset += 1
        }
        return code
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
