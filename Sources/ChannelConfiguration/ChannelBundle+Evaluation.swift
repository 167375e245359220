import Identity
import LedgerModel

extension ChannelBundle {
    /// Evaluates the policy at a path, such as `/Channel/Application/Writers`, over a signature set (interop 5.3 and 5.4).
    ///
    /// - Throws: `unknownPolicy` when the channel has no such policy.
    package func evaluate(policy path: String, _ signed: [SignedMessage]) throws(ConfigurationError) -> PolicyResult {
        try self.evaluate(policy: path, identities: self.membership.acceptedIdentities(signed))
    }

    /// The same over identities whose signatures are already verified and which are all different.
    package func evaluate(policy path: String, identities: [VerifiedIdentity]) throws(ConfigurationError) -> PolicyResult {
        try self.policies.evaluate(PolicyPath(path), identities)
    }

    package func hasPolicy(_ path: String) -> Bool { self.policies.contains(PolicyPath(path)) }

    /// The paths of all policies, in byte order.
    package var policyPaths: [String] { self.policies.paths }

    /// The signature policy at a path; nil when there is none or it is an implicit one.
    package func signaturePolicy(_ path: String) -> SignaturePolicy? { self.policies.signaturePolicy(PolicyPath(path)) }

    /// Reads a serialised `protos.ApplicationPolicy`, such as a chaincode definition carries.
    package func applicationPolicy(_ bytes: [UInt8]) throws(ConfigurationError) -> EndorsementPolicy {
        try EndorsementPolicy(serialized: bytes)
    }

    /// Evaluates an endorsement policy over endorsers whose signatures are already verified and which are all different.
    package func evaluate(_ policy: EndorsementPolicy, identities: [VerifiedIdentity]) throws(ConfigurationError) -> PolicyResult {
        switch policy {
        case .signature(let policy): policy.evaluate(identities)
        case .reference(let path): try self.evaluate(policy: path, identities: identities)
        }
    }

    /// Whether an endorsement policy would be met if somebody for each of these principals, and nobody stronger, signed in this order.
    package func isSatisfied(_ policy: EndorsementPolicy, by signers: [Principal]) -> Bool {
        switch policy {
        case .signature(let policy): policy.isSatisfied(by: signers) { $0.implies($1) }
        case .reference(let path): self.policies.isSatisfied(PolicyPath(path), by: signers) { $0.implies($1) }
        }
    }

    /// The policy that guards a resource such as `peer/Propose`: the channel's own choice, else `fallback`.
    package func policyPath(forResource name: String, fallback: String) -> String {
        self.accessControl[Array(name.utf8)] ?? fallback
    }

    /// The consenter that signs blocks under a number.
    package func consenter(id: UInt32) -> Consenter? { self.consenters.first { $0.id == id } }

    /// The organisations that own peers, by MSP id.
    package func applicationOrganization(_ mspID: MSPID) -> OrganizationConfiguration? {
        self.applicationOrganizations.first { $0.mspID == mspID }
    }
}
