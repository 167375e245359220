/// Writes a text node as JSON, which is YAML too: what `show` prints as JSON can be handed to `apply`. Comments are left out.
struct JSONWriter {
    static func document(_ node: TextNode) -> String { self.text(node, indent: 0) }

    private static func text(_ node: TextNode, indent: Int) -> String {
        let inner = String(repeating: "  ", count: indent + 1)
        let outer = String(repeating: "  ", count: indent)
        switch node.content {
        case .null: return "null"
        case .number(let number): return number
        case .flag(let flag): return flag ? "true" : "false"
        case .text(let text): return self.quoted(text)
        case .list(let items):
            if items.isEmpty { return "[]" }
            return "[\n" + items.map { inner + self.text($0, indent: indent + 1) }.joined(separator: ",\n") + "\n\(outer)]"
        case .map(let entries):
            if entries.isEmpty { return "{}" }
            let lines = entries.map { inner + self.quoted($0.key) + ": " + self.text($0.node, indent: indent + 1) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || (0x7F...0xA0).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
