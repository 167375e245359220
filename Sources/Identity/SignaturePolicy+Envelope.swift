import FabricMessages
import LedgerModel

extension SignaturePolicy {
    /// Reads the bytes of a `common.SignaturePolicyEnvelope`.
    package init(envelope bytes: [UInt8]) throws(PolicyError) {
        let message: Common_SignaturePolicyEnvelope
        do {
            message = try Common_SignaturePolicyEnvelope.decode(bytes, as: "signature policy")
        } catch {
            throw .malformed(reason: error.reason)
        }
        try self.init(message: message)
    }

    /// Reads a policy envelope.
    package init(message: Common_SignaturePolicyEnvelope) throws(PolicyError) {
        guard message.version == 0 else { throw .unsupportedVersion(message.version) }
        guard message.hasRule else { throw .emptyRule }
        guard message.identities.count <= Limits.policyPrincipals else { throw .tooLarge(what: "principals", limit: Limits.policyPrincipals) }
        try self.init(rule: Self.rule(message.rule, depth: 0), principals: message.identities.map { Principal(message: $0) })
    }

    private static func rule(_ message: Common_SignaturePolicy, depth: Int) throws(PolicyError) -> Rule {
        guard depth <= Limits.policyDepth else { throw .tooLarge(what: "nested gates", limit: Limits.policyDepth) }
        switch message.type {
        case .signedBy(let index): return .signedBy(Int(index))
        case .nOutOf(let gate):
            var rules: [Rule] = []
            for part in gate.rules { rules.append(try rule(part, depth: depth + 1)) }
            return .outOf(count: gate.n, rules)
        case nil: throw .emptyRule
        }
    }

    /// The policy as a message.
    package func message() -> Common_SignaturePolicyEnvelope {
        var message = Common_SignaturePolicyEnvelope()
        message.rule = Self.message(self.rule)
        message.identities = self.principals.map { $0.message() }
        return message
    }

    private static func message(_ rule: Rule) -> Common_SignaturePolicy {
        var message = Common_SignaturePolicy()
        switch rule {
        case .signedBy(let index):
            // Set through the oneof, so that index 0 is written too.
            message.type = .signedBy(Int32(clamping: index))
        case .outOf(let count, let rules):
            var gate = Common_SignaturePolicy.NOutOf()
            gate.n = count
            gate.rules = rules.map { Self.message($0) }
            message.type = .nOutOf(gate)
        }
        return message
    }

    /// The bytes of the policy as Fabric's tools write them.
    package func envelope() -> [UInt8] { self.message().encoded() }
}
