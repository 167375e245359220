import Yams

/// Reads YAML, and with it JSON, into text nodes with their places.
///
/// Anchors and aliases are refused: a configuration needs none, and a short text with them can mean a very long one.
package struct YAMLReader {
    /// In front of every text: the library under this reader does not keep very short texts alive. It is one line.
    private static let padding = "# a configuration of a channel\n"

    private var nodes = 0

    /// The node of a text that holds one document; nothing stands in an empty one.
    package static func document(_ text: String) throws(ConfigurationTextError) -> TextNode {
        guard text.utf8.count <= Limits.textBytes else { throw .tooLarge(what: "bytes", limit: Limits.textBytes) }
        try self.checkNesting(text)
        let parser: Parser
        let root: Node?
        do {
            parser = try Parser(yaml: self.padding + text, resolver: .basic, constructor: .default, encoding: .utf8)
            root = try parser.singleRoot()
        } catch let error as YamlError {
            throw self.error(error)
        } catch {
            throw .syntax(nil, reason: "it cannot be read")
        }
        guard let root else { return TextNode(.null, mark: TextMark(line: 1, column: 1)) }
        var reader = YAMLReader()
        // Nodes know their anchors only as long as their parser lives.
        defer { withExtendedLifetime(parser) {} }
        return try reader.node(root, depth: 0)
    }

    private mutating func node(_ node: Node, depth: Int) throws(ConfigurationTextError) -> TextNode {
        let mark = Self.mark(node.mark)
        guard depth <= Limits.nesting else { throw .tooLarge(what: "levels", limit: Limits.nesting) }
        self.nodes += 1
        guard self.nodes <= Limits.nodes else { throw .tooLarge(what: "entries", limit: Limits.nodes) }
        guard node.anchor == nil else { throw .syntax(mark, reason: "anchors (&) and aliases (*) are not allowed: write the value out") }
        switch node {
        case .alias: throw .syntax(mark, reason: "anchors (&) and aliases (*) are not allowed: write the value out")
        case .scalar(let scalar):
            if scalar.style == .plain, ["", "~", "null"].contains(scalar.string) { return TextNode(.null, mark: mark) }
            var text = TextNode(.text(scalar.string), mark: mark)
            text.isPlain = scalar.style == .plain
            return text
        case .sequence(let sequence):
            var items: [TextNode] = []
            for item in sequence { items.append(try self.node(item, depth: depth + 1)) }
            return TextNode(.list(items), mark: mark)
        case .mapping(let mapping):
            var entries: [TextNode.Entry] = []
            var keys: Set<[UInt8]> = []
            for (key, value) in mapping {
                let keyMark = Self.mark(key.mark)
                guard case .scalar(let name) = key, key.anchor == nil else { throw .syntax(keyMark, reason: "a key must be a plain text") }
                guard keys.insert(Array(name.string.utf8)).inserted else { throw .syntax(keyMark, reason: "the key '\(name.string)' appears twice") }
                entries.append(TextNode.Entry(name.string, try self.node(value, depth: depth + 1), mark: keyMark))
            }
            return TextNode(.map(entries), mark: mark)
        }
    }

    private static func mark(_ mark: Mark?) -> TextMark? {
        mark.map { TextMark(line: max(1, $0.line - 1), column: max(1, $0.column)) }
    }

    private static func error(_ error: YamlError) -> ConfigurationTextError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return .syntax(self.mark(mark), reason: (context.map { "\($0.text): " } ?? "") + problem)
        case .reader(let problem, _, _, _): return .syntax(nil, reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return .syntax(self.mark(context.mark), reason: "the key \(duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")) appears twice")
        default: return .syntax(nil, reason: "it cannot be read")
        }
    }

    /// Refuses texts that nest deeply before anything is parsed, because the parser recurses. It has a limit of its own, a thousand levels,
    /// which is too much for the stack of a small thread.
    private static func checkNesting(_ text: String) throws(ConfigurationTextError) {
        var (brackets, dashes, spaces) = (0, 0, 0)
        var isIndent = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): (dashes, spaces, isIndent) = (0, 0, true)
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): dashes += isIndent ? 1 : 0
            case UInt8(ascii: " "), UInt8(ascii: "\t"): spaces += isIndent ? 1 : 0
            default: isIndent = false
            }
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { brackets += 1 }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { brackets = max(0, brackets - 1) }
            guard brackets <= Limits.nesting, dashes <= Limits.nesting, spaces <= 2 * Limits.nesting else {
                throw .tooLarge(what: "levels", limit: Limits.nesting)
            }
        }
    }
}
