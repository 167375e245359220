/// A place in a text: line and column, both counted from 1.
package struct TextMark: Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package var description: String { "line \(self.line), column \(self.column)" }
}

/// A value of a text: what YAML and JSON have in common, with comments for people and the place where it was read.
package struct TextNode: Sendable {
    package enum Content: Sendable {
        /// Nothing stands there.
        case null
        case text(String)
        /// Digits, possibly with a sign in front.
        case number(String)
        case flag(Bool)
        case list([TextNode])
        /// In the order of the text; no key appears twice.
        case map([Entry])
    }

    /// One key of a map with what it stands for.
    package struct Entry: Sendable {
        package let key: String
        package var node: TextNode
        /// Where the key stands.
        package var mark: TextMark?

        package init(_ key: String, _ node: TextNode, mark: TextMark? = nil) {
            self.key = key
            self.node = node
            self.mark = mark
        }
    }

    package var content: Content
    /// Lines for people, written in front of the value.
    package var comments: [String]
    package var mark: TextMark?
    /// Whether it was read from a text without quotes on one line, so that columns can be counted on from `mark`.
    var isPlain = false

    package init(_ content: Content, comments: [String] = [], mark: TextMark? = nil) {
        self.content = content
        self.comments = comments
        self.mark = mark
    }

    static func text(_ text: String, comments: [String] = []) -> TextNode { TextNode(.text(text), comments: comments) }
    static func number(_ number: some BinaryInteger) -> TextNode { TextNode(.number("\(number)")) }
    static func flag(_ flag: Bool) -> TextNode { TextNode(.flag(flag)) }
    static func list(_ items: [TextNode]) -> TextNode { TextNode(.list(items)) }
    static func map(_ entries: [Entry]) -> TextNode { TextNode(.map(entries)) }

    /// The text of a scalar as it was written; nil for lists, maps and nothing.
    package var scalar: String? {
        switch self.content {
        case .text(let text), .number(let text): text
        case .flag(let flag): flag ? "true" : "false"
        case .null, .list, .map: nil
        }
    }

    /// The value under a key of a map.
    package subscript(key: String) -> TextNode? {
        guard case .map(let entries) = self.content else { return nil }
        return entries.first { $0.key.utf8.elementsEqual(key.utf8) }?.node
    }

    /// Whether both say the same; comments and places do not count.
    func isSame(as other: TextNode) -> Bool {
        switch (self.content, other.content) {
        case (.null, .null): return true
        case (.list(let left), .list(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.map(let left), .map(let right)):
            return left.count == right.count
                && zip(left, right).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && $0.node.isSame(as: $1.node) }
        default:
            guard let left = self.scalar, let right = other.scalar else { return false }
            return left.utf8.elementsEqual(right.utf8)
        }
    }
}
