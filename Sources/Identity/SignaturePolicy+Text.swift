extension SignaturePolicy {
    /// Reads the text form: `AND(...)`, `OR(...)`, `OutOf(n, ...)` over `'MSPID.role'` in single or double quotes.
    ///
    /// The principals are numbered as Fabric's tools number them, so the bytes of `envelope()` are equal to theirs. Errors carry the offset
    /// of the character that is wrong, counted from 0.
    package init(text: String) throws(PolicyError) {
        var parser = try PolicyParser(text)
        self = try parser.parse()
    }
}

extension SignaturePolicy: CustomStringConvertible {
    /// The text form. It reads back to an equal policy when all principals are roles and none is shared between rules.
    package var description: String { self.text(of: self.rule) }

    func text(of rule: Rule) -> String {
        switch rule {
        case .signedBy(let index):
            return "'\(self.principals[index])'"
        case .outOf(let count, let rules):
            let parts = rules.map { self.text(of: $0) }.joined(separator: ", ")
            if count == 1, !rules.isEmpty { return "OR(\(parts))" }
            if count > 1, Int(count) == rules.count { return "AND(\(parts))" }
            return parts.isEmpty ? "OutOf(\(count))" : "OutOf(\(count), \(parts))"
        }
    }
}
