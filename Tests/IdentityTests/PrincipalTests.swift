import LedgerModel
import Testing

@testable import Identity

@Suite struct PrincipalTests {
    private static let org: MSPID = "OrgMSP"
    private var random = TestRandom(seed: 51)
    private let identity: VerifiedIdentity

    init() throws {
        let root = try TestAuthority.root("root", random: &self.random)
        let service = try MembershipService(
            [MSPConfiguration(name: Self.org, roots: [root.certificate], nodeOUs: .standard(certifiedBy: nil))], supportsEd25519: true)
        self.identity = try service.identity(root.issue(["hospital", "peer"], random: &self.random).serialized(Self.org))
    }

    @Test func `roles need the organisation and the unit`() {
        #expect(self.identity.satisfies(.role(Self.org, .member)))
        #expect(self.identity.satisfies(.role(Self.org, .peer)))
        for role in [Role.admin, .client, .orderer] { #expect(!self.identity.satisfies(.role(Self.org, role))) }
        for role in Role.allCases { #expect(!self.identity.satisfies(.role("Other", role))) }
        // Looks alike, has other bytes.
        #expect(!self.identity.satisfies(.role(MSPID("O\u{0072}gMSP\u{200B}"), .member)))
    }

    @Test func `units need the name and the certifying chain`() {
        let certifiers = self.identity.certifiers
        #expect(certifiers.count == 32)
        let hospital = Array("hospital".utf8)
        #expect(self.identity.satisfies(.organizationUnit(Self.org, name: hospital, certifiers: certifiers)))
        #expect(!self.identity.satisfies(.organizationUnit(Self.org, name: hospital, certifiers: [])))
        #expect(!self.identity.satisfies(.organizationUnit(Self.org, name: Array("ward".utf8), certifiers: certifiers)))
        #expect(!self.identity.satisfies(.organizationUnit("Other", name: hospital, certifiers: certifiers)))
    }

    @Test mutating func `a named identity is one certificate`() throws {
        let other = try TestAuthority.root("root", random: &self.random).issue(["peer"], random: &self.random)
        #expect(self.identity.satisfies(.identity(IdentityPrincipal(mspID: Self.org, certificate: self.identity.certificate))))
        #expect(!self.identity.satisfies(.identity(IdentityPrincipal(mspID: "Other", certificate: self.identity.certificate))))
        #expect(!self.identity.satisfies(.identity(IdentityPrincipal(mspID: Self.org, certificate: other))))
        #expect(!self.identity.satisfies(.identity(IdentityPrincipal(serialized: [1, 2, 3]))))
    }

    @Test func `anonymity, combinations and unknown kinds`() {
        #expect(self.identity.satisfies(.anonymity(.nominal)))
        #expect(!self.identity.satisfies(.anonymity(.anonymous)))
        #expect(self.identity.satisfies(.combined([.role(Self.org, .member), .role(Self.org, .peer)])))
        #expect(!self.identity.satisfies(.combined([.role(Self.org, .member), .role(Self.org, .admin)])))
        #expect(!self.identity.satisfies(.combined([])))
        #expect(!self.identity.satisfies(.unrecognized(classification: 9, content: [])))
    }
}
