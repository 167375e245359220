/// A rule over signers: which combinations of identities satisfy it (`common.SignaturePolicyEnvelope`, interop 5.3).
///
/// A value is always well formed: every index of `rule` is inside `principals`, and nesting and size are bounded.
package struct SignaturePolicy: Hashable, Sendable {
    package let rule: Rule
    package let principals: [Principal]

    /// A node of the rule tree.
    package indirect enum Rule: Hashable, Sendable {
        /// One signature of the principal with this index.
        case signedBy(Int)
        /// At least `count` of the rules hold. Zero or less always holds; more than there are never does.
        case outOf(count: Int32, [Rule])
    }

    /// Builds a policy from its parts. Throws when an index is out of range or a limit is exceeded.
    package init(rule: Rule, principals: [Principal]) throws(PolicyError) {
        guard principals.count <= Limits.policyPrincipals else { throw .tooLarge(what: "principals", limit: Limits.policyPrincipals) }
        var rules = 0
        try Self.check(rule, principals: principals.count, depth: 0, rules: &rules)
        self.rule = rule
        self.principals = principals
    }

    /// `count` of the principals must have signed, each a different identity; the form of a block signature policy.
    package init(count: Int32, of principals: [Principal]) throws(PolicyError) {
        try self.init(rule: .outOf(count: count, principals.indices.map { .signedBy($0) }), principals: principals)
    }

    private static func check(_ rule: Rule, principals: Int, depth: Int, rules: inout Int) throws(PolicyError) {
        rules += 1
        guard rules <= Limits.policyRules else { throw .tooLarge(what: "rules", limit: Limits.policyRules) }
        switch rule {
        case .signedBy(let index):
            guard index >= 0, index < principals else { throw .principalOutOfRange(index: Int32(clamping: index), count: principals) }
        case .outOf(_, let parts):
            guard depth < Limits.policyDepth else { throw .tooLarge(what: "nested gates", limit: Limits.policyDepth) }
            for part in parts { try check(part, principals: principals, depth: depth + 1, rules: &rules) }
        }
    }
}

/// Whether a set of signers satisfies a policy.
package enum PolicyResult: Hashable, Sendable, CustomStringConvertible {
    case satisfied
    /// `missing` says who should sign in addition.
    case unsatisfied(missing: String)

    package var isSatisfied: Bool { self == .satisfied }

    package var description: String {
        switch self {
        case .satisfied: "satisfied"
        case .unsatisfied(let missing): "not satisfied: \(missing)"
        }
    }
}
