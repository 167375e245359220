/// A JSON value that keeps what FHIR cares about: the order of members, and numbers exactly as they are written.
indirect enum FHIRValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The number's own text, for example `7.10`: a decimal's precision is part of its meaning.
    case number(String)
    case string(String)
    case array([FHIRValue])
    case object([Member])

    struct Member: Equatable, Sendable {
        let name: String
        let value: FHIRValue
    }

    /// The value of a member of an object; nil for other values and where there is no such member.
    subscript(name: String) -> FHIRValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The text of a string; nil for other values.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The elements of an array; nil for other values.
    var elements: [FHIRValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The shortest JSON text of the value: no white space, and escapes only where JSON demands them.
    func serialized() -> [UInt8] {
        var output: [UInt8] = []
        self.append(to: &output)
        return output
    }

    private func append(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .number(let text): output += text.utf8
        case .string(let text): Self.append(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.append(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.append(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.append(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output += "\\\"".utf8
            case UInt8(ascii: "\\"): output += "\\\\".utf8
            case 0..<0x20: output += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension FHIRValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByBooleanLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: FHIRValue...) { self = .array(elements) }
    init(booleanLiteral value: Bool) { self = .bool(value) }

    /// Members keep the order in which they are written.
    init(dictionaryLiteral elements: (String, FHIRValue)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}
