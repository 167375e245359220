/// Calls that claim something which only some places can vouch for.
enum CallerCheck {
    struct Rule: Sendable {
        let call: String
        /// The only files that may make it.
        let places: Set<String>
        /// What a caller claims.
        let claim: String
    }

    static let rules: [Rule] = [
        Rule(
            call: "ValidatedBlock(unchecked:",
            places: ["Sources/LedgerModel/Blocks/BlockEffects.swift", "Sources/Validation/BlockValidator.swift"],
            claim: "that the codes of the block were derived by validation")
    ]

    static func findings(in file: SourceFile) -> [Finding] {
        guard file.module != nil else { return [] }
        return self.rules.flatMap { rule -> [Finding] in
            guard !rule.places.contains(file.path) else { return [] }
            return self.lines(of: rule, in: file).map { line in
                Finding(path: file.path, line: line, message: "\(rule.call) claims \(rule.claim); only \(rule.places.sorted()) may")
            }
        }
    }

    /// Places that no longer make the call, so that the list only holds what is true.
    static func stalePlaces(in files: [SourceFile]) -> [Finding] {
        self.rules.flatMap { rule in
            rule.places.sorted().compactMap { place -> Finding? in
                if let file = files.first(where: { $0.path == place }), !self.lines(of: rule, in: file).isEmpty { return nil }
                return Finding(path: place, line: 0, message: "does not call \(rule.call) any more; take it off the list of callers")
            }
        }
    }

    /// The lines on which a call begins; spaces and line ends do not hide it, nor does `.init` behind the type.
    private static func lines(of rule: Rule, in file: SourceFile) -> [Int] {
        let code = CodeOnly(file.text)
        guard let parenthesis = rule.call.utf8.firstIndex(of: UInt8(ascii: "(")) else { return [] }
        let type = String(rule.call[..<parenthesis])
        return code.offsets(of: type).compactMap { offset in
            guard !code.isNamePart(at: offset - 1) else { return nil }
            var rest = code.bytes[(offset + type.utf8.count)...].prefix(256).filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }.prefix(64)
            if rest.starts(with: ".init".utf8) { rest = rest.dropFirst(".init".utf8.count) }
            return rest.starts(with: rule.call.utf8[parenthesis...]) ? code.line(at: offset) : nil
        }
    }
}
