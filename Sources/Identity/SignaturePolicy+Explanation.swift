extension SignaturePolicy {
    /// What a failed rule lacks: how many more signatures at least, and whose.
    private struct Lack {
        /// Signatures missing at least; nil when no number of signatures would do.
        var signatures: Int?
        var text: String
        /// True when the text joins several parts, so that it needs brackets inside another text.
        var isCompound = false

        var grouped: String { self.isCompound ? "(\(self.text))" : self.text }
    }

    /// Who would have to sign in addition, as text for a person; the smallest addition to what the given signers already reach.
    func explanation<Signer>(_ signers: [Signer], satisfies: (Signer, Principal) -> Bool) -> String {
        var used = [Bool](repeating: false, count: signers.count)
        var room = Limits.explanationWorkBytes
        guard let lack = self.lack(self.rule, signers, &used, &room, satisfies) else { return "nothing" }
        guard let signatures = lack.signatures else {
            var room = Limits.explanationWorkBytes
            return "no set of signers can satisfy \(self.text(of: self.rule, room: &room))".bounded
        }
        return "\(signatures) more \(signatures == 1 ? "signature" : "signatures"): \(lack.text)".bounded
    }

    /// Nil when the rule holds; walks exactly as the evaluation does.
    ///
    /// - Parameter room: Bytes of text that may still be made: many rules may name one principal with a long name.
    private func lack<Signer>(
        _ rule: Rule, _ signers: [Signer], _ used: inout [Bool], _ room: inout Int, _ satisfies: (Signer, Principal) -> Bool
    ) -> Lack? {
        switch rule {
        case .signedBy(let index):
            guard let position = self.firstUnused(index, signers, used, satisfies) else {
                return Lack(signatures: 1, text: self.text(ofPrincipal: index, room: &room))
            }
            used[position] = true
            return nil
        case .outOf(let count, let rules):
            var verified: Int32 = 0
            var lacks: [Lack] = []
            for rule in rules {
                var trial = used
                if let lack = self.lack(rule, signers, &trial, &room, satisfies) {
                    lacks.append(lack)
                } else {
                    verified += 1
                    used = trial
                }
            }
            if verified >= count { return nil }
            return Self.combine(lacks, needed: Int(count) - Int(verified))
        }
    }

    /// `needed` of the failed parts of a gate must be made to hold.
    private static func combine(_ lacks: [Lack], needed: Int) -> Lack {
        let possible = lacks.filter { $0.signatures != nil }
        guard needed <= possible.count else { return Lack(signatures: nil, text: "") }
        if needed == 1, possible.count == 1 { return possible[0] }
        let signatures = possible.compactMap(\.signatures).sorted().prefix(needed).reduce(0, +)
        let parts = possible.map(\.grouped)
        if needed == possible.count { return Lack(signatures: signatures, text: parts.joined(separator: " and "), isCompound: true) }
        if needed == 1 { return Lack(signatures: signatures, text: parts.joined(separator: " or "), isCompound: true) }
        return Lack(signatures: signatures, text: "\(needed) of (\(parts.joined(separator: ", ")))")
    }
}

extension SignaturePolicy {
    /// The smallest sets of principals that satisfy the policy, at most `limit` of them, each a list in the order of the policy's text.
    ///
    /// For people who want to know whom to ask; evaluation does not use it.
    package func satisfyingSets(limit: Int = 64) -> [[Principal]] {
        let sets = Self.sets(self.rule, limit: max(1, limit))
        var minimal: [[Int]] = []
        let ordered = sets.sorted { $0.count < $1.count || ($0.count == $1.count && $0.lexicographicallyPrecedes($1)) }
        for set in ordered where !minimal.contains(where: { Set($0).isSubset(of: set) }) {
            minimal.append(set)
        }
        return minimal.map { $0.map { self.principals[$0] } }
    }

    /// The same without looking for the smallest: what is enough when every rule may choose its signers freely.
    func freeSets(limit: Int) -> [[Principal]] {
        Self.sets(self.rule, limit: limit).map { $0.map { self.principals[$0] } }
    }

    private static func sets(_ rule: Rule, limit: Int) -> [[Int]] {
        switch rule {
        case .signedBy(let index): return [[index]]
        case .outOf(let count, let rules):
            // A part that nobody can satisfy is never chosen. With the others every choice can be completed, so the search ends at the limit.
            let parts = rules.map { Self.sets($0, limit: limit) }.filter { !$0.isEmpty }
            let needed = max(0, Int(count))
            guard needed <= Limits.satisfyingSetSize else { return [] }
            var found: [[Int]] = []
            Self.choose(needed, from: parts[...], chosen: [], limit: limit, into: &found)
            return found
        }
    }

    /// Every union of one set from each of `needed` parts, until `limit` are found.
    private static func choose(_ needed: Int, from parts: ArraySlice<[[Int]]>, chosen: [Int], limit: Int, into found: inout [[Int]]) {
        guard needed > 0 else {
            if found.count < limit { found.append(chosen.sorted()) }
            return
        }
        var rest = parts
        while found.count < limit, needed <= rest.count, let first = rest.popFirst() {
            for set in first where found.count < limit { choose(needed - 1, from: rest, chosen: chosen + set, limit: limit, into: &found) }
        }
    }
}

extension String {
    /// The text, cut at the limit for explanations.
    fileprivate var bounded: String {
        self.count <= Limits.explanationCharacters ? self : String(self.prefix(Limits.explanationCharacters)) + "..."
    }
}
