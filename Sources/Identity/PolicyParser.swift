import LedgerModel

/// Reads the text form of signature policies.
///
///     policy    = gate
///     gate      = ("AND" | "OR") "(" part *("," part) ")" | "OutOf" "(" count "," part *("," part) ")"
///     part      = gate | principal
///     principal = quote 1*(letter | digit | "." | "-") "." role quote
///     role      = "member" | "admin" | "client" | "peer" | "orderer"
///     count     = 1*digit, also in quotes
///
/// Over principals that are listed beside the text a part may also be `$` and a number of the list, and so may the whole policy; a gate may
/// then have no parts.
///
/// Gates may also be written `And`, `and`, `Or`, `or`, `OUTOF`, `outof`. White space is free between tokens.
struct PolicyParser {
    private let characters: [Character]
    private var position = 0
    private var principals: [Principal] = []
    private var rules = 0

    private indirect enum Node {
        case leaf(Principal)
        case listed(Int)
        case gate(count: Int32, [Node])
    }

    /// Whether principals are listed beside the text, and the text names them by number.
    private let isNumbered: Bool

    /// - Parameter listed: The principals that `$` and a number mean; nil for the form in which every principal is written out.
    init(_ text: String, principals listed: [Principal]? = nil) throws(PolicyError) {
        // Counted on the way, so that an oversized text is refused before it is copied.
        guard text.utf8.count <= Limits.policyTextCharacters else { throw .tooLarge(what: "characters", limit: Limits.policyTextCharacters) }
        self.characters = Array(text)
        self.isNumbered = listed != nil
        self.principals = listed ?? []
    }

    mutating func parse() throws(PolicyError) -> SignaturePolicy {
        self.skipSpace()
        guard let first = self.peek else { throw self.error("the policy is empty: write for example OR('Org1MSP.member')") }
        if first == "'" || first == "\"" { throw self.error("a single principal needs a gate around it, for example OR('Org1MSP.member')") }
        let root = self.isNumbered && first == "$" ? try self.reference() : try self.gate(depth: 0)
        self.skipSpace()
        guard self.peek == nil else { throw self.error("unexpected text after the end of the policy") }
        let rule = self.number(root)
        return try SignaturePolicy(rule: rule, principals: self.principals)
    }

    // MARK: - Grammar

    private mutating func gate(depth: Int) throws(PolicyError) -> Node {
        guard depth < Limits.policyDepth else { throw .tooLarge(what: "nested gates", limit: Limits.policyDepth) }
        let start = self.position
        let name = self.word()
        var count: Int32?
        switch name {
        case "AND", "And", "and", "OR", "Or", "or":
            try self.expect("(", after: "the gate's name")
        case "OutOf", "OUTOF", "outof":
            try self.expect("(", after: "the gate's name")
            count = try self.count()
            self.skipSpace()
            if self.isNumbered, self.peek == ")" {
                self.position += 1
                return .gate(count: count ?? 0, [])
            }
            try self.expect(",", after: "the count")
        default:
            let what = name.isEmpty ? "expected a gate" : "'\(name)' is not a gate"
            throw self.error("\(what): use AND, OR or OutOf", at: start)
        }
        let parts = try self.parts(depth: depth)
        let isAnd = name.first == "A" || name.first == "a"
        let needed = count ?? (isAnd ? Int32(clamping: parts.count) : 1)
        // One more than there are is accepted because Fabric's tools accept it; such a gate is never met.
        guard self.isNumbered || Int(needed) <= parts.count + 1 else {
            throw self.error("OutOf(\(needed), ...) has only \(parts.count) parts", at: start)
        }
        return .gate(count: needed, parts)
    }

    private mutating func parts(depth: Int) throws(PolicyError) -> [Node] {
        var parts: [Node] = []
        while true {
            self.skipSpace()
            self.rules += 1
            guard self.rules <= Limits.policyRules else { throw .tooLarge(what: "rules", limit: Limits.policyRules) }
            switch self.peek {
            case nil: throw self.error("the policy ends inside a gate: ')' is missing")
            case "'", "\"": parts.append(try self.principal())
            case "$" where self.isNumbered: parts.append(try self.reference())
            case ")" where parts.isEmpty: throw self.error("a gate needs at least one part")
            default: parts.append(try self.gate(depth: depth + 1))
            }
            self.skipSpace()
            switch self.peek {
            case ",": self.position += 1
            case ")":
                self.position += 1
                return parts
            case nil: throw self.error("the policy ends inside a gate: ')' is missing")
            default: throw self.error("expected ',' or ')'")
            }
        }
    }

    private mutating func principal() throws(PolicyError) -> Node {
        let start = self.position + 1
        let name = try self.quoted()
        guard let dot = name.lastIndex(of: ".") else {
            throw self.error("a principal is 'MSPID.role', for example 'Org1MSP.peer'", at: start)
        }
        guard dot > 0 else { throw self.error("the organisation's MSP id is missing before the dot", at: start) }
        if let bad = name[..<dot].firstIndex(where: { !Self.isNameCharacter($0) }) {
            throw self.error("an MSP id holds letters, digits, '.' and '-' only", at: start + bad)
        }
        let role = String(name[(dot + 1)...])
        guard let known = Role(name: Array(role.utf8)) else {
            throw self.error("'\(role)' is not a role: use member, admin, client, peer or orderer", at: start + dot + 1)
        }
        return .leaf(.role(MSPID(String(name[..<dot])), known))
    }

    /// `$` and the number of a listed principal.
    private mutating func reference() throws(PolicyError) -> Node {
        let start = self.position
        self.position += 1
        guard let number = Int(self.word()) else { throw self.error("'$' is followed by the number of a principal, for example $0", at: start) }
        guard self.principals.indices.contains(number) else {
            throw self.error("there is no principal \(number): \(self.principals.count) are listed, numbered from 0", at: start)
        }
        return .listed(number)
    }

    private mutating func count() throws(PolicyError) -> Int32 {
        self.skipSpace()
        let start = self.position
        let digits: String
        if self.peek == "'" || self.peek == "\"" {
            digits = String(try self.quoted())
        } else {
            digits = self.word()
        }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int32(digits) else {
            throw self.error("OutOf begins with a count, for example OutOf(2, 'A.member', 'B.member')", at: start)
        }
        return count
    }

    // MARK: - Numbering

    /// Gives every leaf an index. Gates inside a gate come first, then the gate's own leaves: Fabric's parser evaluates inner calls before
    /// the call that holds them, and the order of principals is part of the bytes.
    private mutating func number(_ node: Node) -> SignaturePolicy.Rule {
        switch node {
        case .leaf(let principal):
            self.principals.append(principal)
            return .signedBy(self.principals.count - 1)
        case .listed(let index): return .signedBy(index)
        case .gate(let count, let parts):
            var rules: [SignaturePolicy.Rule?] = parts.map { _ in nil }
            for (index, part) in parts.enumerated() {
                if case .gate = part { rules[index] = self.number(part) }
            }
            for (index, part) in parts.enumerated() {
                switch part {
                case .leaf, .listed: rules[index] = self.number(part)
                case .gate: break
                }
            }
            return .outOf(count: count, rules.compactMap { $0 })
        }
    }

    // MARK: - Characters

    private var peek: Character? { self.position < self.characters.count ? self.characters[self.position] : nil }

    private mutating func skipSpace() {
        while let next = self.peek, next.isWhitespace { self.position += 1 }
    }

    /// A run of letters and digits, possibly empty.
    private mutating func word() -> String {
        let start = self.position
        while let next = self.peek, Self.isAlphanumeric(next) { self.position += 1 }
        return String(self.characters[start..<self.position])
    }

    private mutating func expect(_ character: Character, after what: String) throws(PolicyError) {
        self.skipSpace()
        guard self.peek == character else { throw self.error("expected '\(character)' after \(what)") }
        self.position += 1
    }

    /// The text between two equal quotes; the position is on the opening one.
    private mutating func quoted() throws(PolicyError) -> [Character] {
        let opening = self.position
        let quote = self.characters[opening]
        guard let closing = self.characters[(opening + 1)...].firstIndex(of: quote) else {
            throw self.error("the quote is not closed", at: opening)
        }
        self.position = closing + 1
        return Array(self.characters[(opening + 1)..<closing])
    }

    private static func isAlphanumeric(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        isAlphanumeric(character) || character == "." || character == "-"
    }

    private func error(_ reason: String, at offset: Int? = nil) -> PolicyError {
        .syntax(offset: offset ?? self.position, reason: reason)
    }
}
