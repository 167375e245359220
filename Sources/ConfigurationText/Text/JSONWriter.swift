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
        QuotedText.quoted(text) { !($0.value < 0x20 || (0x7F...0xA0).contains($0.value) || (0x2028...0x2029).contains($0.value)) }
    }
}
