/// A file of stored or signed bytes begins with its grammar, a file of limits with what they bound, and the index of formats names every one.
enum GrammarCheck {
    static func findings(in file: SourceFile) -> [Finding] {
        let isFormat = file.name.hasSuffix("Format.swift")
        guard isFormat || file.name == "Limits.swift" else { return [] }
        let comment = self.openingComment(of: file)
        if comment.isEmpty {
            return [
                Finding(
                    path: file.path, line: 1, message: "must begin with a comment: \(isFormat ? "the grammar of its bytes" : "what the limits bound")"
                )
            ]
        }
        // The layout is set off by four more spaces, as a block of code in a documentation comment.
        let hasLayout = comment.contains { $0.drop { $0 == "/" }.hasPrefix("     ") || $0.contains("```") || $0.contains(" = ") || $0.contains("|") }
        if isFormat, !hasLayout {
            return [Finding(path: file.path, line: 1, message: "its first comment must lay out the bytes: offset, width and field, indented by four")]
        }
        return []
    }

    /// The comment lines before the first declaration; imports and compiler conditions may stand before or between them.
    static func openingComment(of file: SourceFile) -> [Substring] {
        var comment: [Substring] = []
        for line in file.lines.map({ $0.drop { $0 == " " } }) {
            if line.hasPrefix("//") {
                comment.append(line)
            } else if !line.isEmpty, !line.hasPrefix("#"), !line.hasPrefix("import "), !line.contains(" import "), !line.hasPrefix("@") {
                break
            }
        }
        return comment
    }

    /// Formats that the index does not name, and names in the index that are no file.
    static func findings(inIndex index: SourceFile, formats: [SourceFile]) -> [Finding] {
        let named = Set(
            index.text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 && $0.element.hasSuffix("Format.swift") }.map { String($0.element) })
        let present = Set(formats.map(\.path))
        return present.subtracting(named).sorted().map { Finding(path: index.path, line: 0, message: "does not list \($0)") }
            + named.subtracting(present).sorted().map { Finding(path: index.path, line: 0, message: "lists \($0), which is not there") }
    }
}
