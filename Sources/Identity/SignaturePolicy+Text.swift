extension SignaturePolicy {
    /// Reads the text form: `AND(...)`, `OR(...)`, `OutOf(n, ...)` over `'MSPID.role'` in single or double quotes.
    ///
    /// The principals are numbered as Fabric's tools number them, so the bytes of `envelope()` are equal to theirs. Errors carry the offset
    /// of the character that is wrong, counted from 0.
    package init(text: String) throws(PolicyError) {
        var parser = try PolicyParser(text)
        self = try parser.parse()
    }

    /// Reads the text form over principals that are listed beside it and named by number: `OutOf(2, $0, $1, $2)`, `AND($0, OR($1, $2))`, `$0`.
    ///
    /// With it every policy can be written down, whatever its principals and however they are numbered; see `numberedText`.
    package init(numberedText text: String, principals: [Principal]) throws(PolicyError) {
        var parser = try PolicyParser(text, principals: principals)
        self = try parser.parse()
    }
}

extension SignaturePolicy: CustomStringConvertible {
    /// The text form. It reads back to an equal policy when all principals are roles and none is shared between rules.
    package var description: String {
        var room = Int.max
        return self.text(of: self.rule, room: &room)
    }

    /// The text form with principals by their number in the list.
    package var numberedText: String {
        var room = Int.max
        return self.text(of: self.rule, room: &room) { "$\($0)" }
    }

    /// The text of a rule; principals for which no room is left are written as dots.
    func text(of rule: Rule, room: inout Int) -> String { self.text(of: rule, room: &room) { "'\(self.principals[$0])'" } }

    private func text(of rule: Rule, room: inout Int, _ leaf: (Int) -> String) -> String {
        switch rule {
        case .signedBy(let index):
            return Self.taking(&room) { leaf(index) }
        case .outOf(let count, let rules):
            var texts: [String] = []
            for rule in rules where room > 0 { texts.append(self.text(of: rule, room: &room, leaf)) }
            if texts.count < rules.count { texts.append("...") }
            let parts = texts.joined(separator: ", ")
            if count == 1, !rules.isEmpty { return "OR(\(parts))" }
            if count > 1, Int(count) == rules.count { return "AND(\(parts))" }
            return parts.isEmpty ? "OutOf(\(count))" : "OutOf(\(count), \(parts))"
        }
    }

    /// A principal in quotes, which is taken off the room.
    func text(ofPrincipal index: Int, room: inout Int) -> String { Self.taking(&room) { "'\(self.principals[index])'" } }

    /// A text that is taken off the room; dots when there is none.
    private static func taking(_ room: inout Int, _ make: () -> String) -> String {
        guard room > 0 else { return "..." }
        let text = make()
        room -= text.utf8.count
        return text
    }
}
