/// Relative links of a page lead to a file that is there.
enum LinkCheck {
    static func findings(in page: SourceFile, exists: (String) -> Bool) -> [Finding] {
        var findings: [Finding] = []
        var isCode = false
        for (index, line) in page.lines.enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCode.toggle() }
            guard !isCode else { continue }
            for target in self.targets(in: self.withoutInlineCode(line)) {
                let path = self.resolve(target, from: page.path)
                if !exists(path) {
                    findings.append(Finding(path: page.path, line: index + 1, message: "links to \(target), which is not there"))
                }
            }
        }
        return findings
    }

    /// Pages of a folder that its index does not link to.
    static func findings(inIndex index: SourceFile, pages: [String]) -> [Finding] {
        let linked = Set(index.lines.flatMap { self.targets(in: String($0)) })
        return Set(pages).subtracting(linked).sorted().map { Finding(path: index.path, line: 0, message: "does not link to \($0)") }
    }

    /// The relative targets of `[text](target)` in a line, without their fragments.
    private static func targets(in line: String) -> [String] {
        var targets: [String] = []
        var rest = line[...]
        while let opening = rest.firstRange(of: "](") {
            rest = rest[opening.upperBound...]
            guard let end = rest.firstIndex(of: ")") else { break }
            let target = rest[..<end].prefix { $0 != "#" && $0 != " " }
            if !target.isEmpty, !target.contains("://"), !target.hasPrefix("mailto:") { targets.append(String(target)) }
            rest = rest[end...]
        }
        return targets
    }

    private static func withoutInlineCode(_ line: Substring) -> String {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined()
    }

    private static func resolve(_ target: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        if target.hasPrefix("/") { parts = [] }
        for part in target.split(separator: "/") {
            if part == ".." {
                // Above the root there is nothing of ours; the empty path is the root itself and cannot stand for it.
                if parts.isEmpty { return "../" + target } else { parts.removeLast() }
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
