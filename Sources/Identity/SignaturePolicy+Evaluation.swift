extension SignaturePolicy {
    /// Whether the identities satisfy the policy. They must already be valid, different, and have good signatures.
    ///
    /// Exactly the greedy search of interop 5.3: identities are tried in the given order, each counts once in the whole tree, and a choice
    /// once made is not taken back. Validation depends on this: another search would accept other transactions than Fabric's peers.
    package func evaluate(_ identities: [VerifiedIdentity]) -> PolicyResult {
        self.evaluate(identities) { $0.satisfies($1) }
    }

    /// The same without words for what is missing.
    package func isSatisfied(by identities: [VerifiedIdentity]) -> Bool {
        var used = [Bool](repeating: false, count: identities.count)
        return self.holds(self.rule, identities, &used) { $0.satisfies($1) }
    }

    /// The same over any kind of signer.
    func evaluate<Signer>(_ signers: [Signer], satisfies: (Signer, Principal) -> Bool) -> PolicyResult {
        var used = [Bool](repeating: false, count: signers.count)
        if self.holds(self.rule, signers, &used, satisfies) { return .satisfied }
        return .unsatisfied(missing: self.explanation(signers, satisfies: satisfies))
    }

    private func holds<Signer>(_ rule: Rule, _ signers: [Signer], _ used: inout [Bool], _ satisfies: (Signer, Principal) -> Bool) -> Bool {
        switch rule {
        case .signedBy(let index):
            guard let position = self.firstUnused(index, signers, used, satisfies) else { return false }
            used[position] = true
            return true
        case .outOf(let count, let rules):
            var verified: Int32 = 0
            // Every rule is tried even after enough have held: it may use up identities that a later rule outside this gate wants.
            for rule in rules {
                var trial = used
                if self.holds(rule, signers, &trial, satisfies) {
                    verified += 1
                    used = trial
                }
            }
            return verified >= count
        }
    }

    /// The first signer in input order that is free and meets the principal.
    func firstUnused<Signer>(_ index: Int, _ signers: [Signer], _ used: [Bool], _ satisfies: (Signer, Principal) -> Bool) -> Int? {
        let principal = self.principals[index]
        return signers.indices.first { !used[$0] && satisfies(signers[$0], principal) }
    }
}
