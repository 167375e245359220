/// Writes a text node as YAML: block style, two spaces for each level, one way only. The same node always gives the same text.
struct YAMLWriter {
    private(set) var text = ""

    /// The document of a node.
    static func document(_ node: TextNode) -> String {
        var writer = YAMLWriter()
        writer.comments(node.comments, indent: 0)
        writer.body(node, indent: 0)
        return writer.text
    }

    private mutating func body(_ node: TextNode, indent: Int) {
        switch node.content {
        case .map(let entries) where !entries.isEmpty:
            for entry in entries { self.entry(entry, indent: indent) }
        case .list(let items) where !items.isEmpty:
            for item in items { self.item(item, indent: indent) }
        default:
            self.text += self.spaces(indent)
            self.inline(node, indent: indent)
        }
    }

    private mutating func entry(_ entry: TextNode.Entry, indent: Int) {
        self.comments(entry.node.comments, indent: indent)
        self.text += self.spaces(indent)
        self.afterKey(entry, indent: indent)
    }

    /// The key and its value; the line has been begun.
    private mutating func afterKey(_ entry: TextNode.Entry, indent: Int) {
        self.text += Self.scalar(entry.key) + ":"
        let isNested =
            switch entry.node.content {
            case .map(let entries): !entries.isEmpty
            case .list(let items): !items.isEmpty
            case .null, .text, .number, .flag: false
            }
        if isNested {
            self.text += "\n"
            self.body(entry.node, indent: indent + 2)
        } else {
            self.text += " "
            self.inline(entry.node, indent: indent)
        }
    }

    private mutating func item(_ item: TextNode, indent: Int) {
        self.comments(item.comments, indent: indent)
        guard case .map(let entries) = item.content, let first = entries.first else {
            self.text += self.spaces(indent) + "-"
            if case .list(let items) = item.content, !items.isEmpty {
                self.text += "\n"
                self.body(item, indent: indent + 2)
            } else {
                self.text += " "
                self.inline(item, indent: indent)
            }
            return
        }
        self.comments(first.node.comments, indent: indent)
        self.text += self.spaces(indent) + "- "
        self.afterKey(first, indent: indent + 2)
        for entry in entries.dropFirst() { self.entry(entry, indent: indent + 2) }
    }

    /// What stands on the line of its key; a text of several lines goes on below, deeper than `indent`.
    private mutating func inline(_ node: TextNode, indent: Int) {
        switch node.content {
        case .null: self.text += "null\n"
        case .number(let number): self.text += number + "\n"
        case .flag(let flag): self.text += flag ? "true\n" : "false\n"
        case .list: self.text += "[]\n"
        case .map: self.text += "{}\n"
        case .text(let text):
            guard Self.isBlock(text) else {
                self.text += Self.scalar(text) + "\n"
                return
            }
            let endsLine = text.utf8.last == UInt8(ascii: "\n")
            self.text += endsLine ? "|\n" : "|-\n"
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            for line in endsLine ? lines.dropLast() : lines { self.text += self.spaces(indent + 2) + line + "\n" }
        }
    }

    private mutating func comments(_ lines: [String], indent: Int) {
        for line in lines {
            // A comment ends with its line, whatever names of certificates hold.
            let safe = String(String.UnicodeScalarView(line.unicodeScalars.map { Self.isPrintable($0) ? $0 : "?" }))
            self.text += self.spaces(indent) + "# " + safe + "\n"
        }
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    // MARK: - Scalars

    /// Whether the text is written line by line: PEM files are.
    static func isBlock(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.dropLast().contains(UInt8(ascii: "\n")), bytes.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x0A }) else { return false }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let written = bytes.last == 0x0A ? lines.dropLast() : lines[...]
        // Spaces at the ends of lines and empty lines at the end mean something in YAML.
        return written.allSatisfy { !$0.isEmpty && $0.first != 0x20 && $0.last != 0x20 }
    }

    /// A key or a text of one line, in quotes where it could be taken for something else.
    static func scalar(_ text: String) -> String { self.isPlain(text) ? text : QuotedText.quoted(text, isWritten: self.isPrintable) }

    private static func isPlain(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, self.isLetter(first) || self.isDigit(first) || "/$_".utf8.contains(first),
            last != UInt8(ascii: ":"), last != 0x20, bytes.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return false }
        for (index, byte) in bytes.enumerated().dropLast() {
            if byte == UInt8(ascii: ":"), bytes[index + 1] == 0x20 { return false }
            if byte == 0x20, bytes[index + 1] == UInt8(ascii: "#") { return false }
        }
        if self.isDigit(first), bytes.allSatisfy({ self.isDigit($0) || ".:_-+eExXoabcdfABCDF".utf8.contains($0) }) { return false }
        return !self.words.contains(text.lowercased())
    }

    /// What other readers of YAML take for something else than text.
    private static let words: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
