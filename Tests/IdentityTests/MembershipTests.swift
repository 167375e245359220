import CryptoPrimitives
import FabricMessages
import LedgerModel
import Testing

@testable import Identity

@Suite struct MembershipTests {
    private static let org: MSPID = "OrgMSP"
    private var random = TestRandom(seed: 41)
    private let root: TestAuthority

    init() throws {
        self.root = try TestAuthority.root("root", random: &self.random)
    }

    private func configuration(_ change: (inout MSPConfiguration) -> Void = { _ in }) -> MSPConfiguration {
        var configuration = MSPConfiguration(
            name: Self.org, roots: [self.root.certificate], nodeOUs: .standard(certifiedBy: self.root.certificate))
        change(&configuration)
        return configuration
    }

    private func service(ed25519: Bool = false, _ change: (inout MSPConfiguration) -> Void = { _ in }) throws -> MembershipService {
        try MembershipService([self.configuration(change)], supportsEd25519: ed25519)
    }

    private func refusal(_ certificate: Certificate, by service: MembershipService) -> IdentityError? {
        do throws(IdentityError) {
            _ = try service.identity(certificate.serialized(Self.org))
            return nil
        } catch {
            return error
        }
    }

    private func isNotTrusted(_ error: IdentityError?) -> Bool {
        if case .notTrusted = error { true } else { false }
    }

    private func hasNoRole(_ error: IdentityError?) -> Bool {
        if case .wrongRole = error { true } else { false }
    }

    // MARK: - Chains

    @Test mutating func `a certificate of the root is accepted with its role`() throws {
        let service = try self.service()
        for role in NodeRole.allCases {
            let certificate = try self.root.issue([role.organizationalUnit], random: &self.random)
            let identity = try service.identity(certificate.serialized(Self.org))
            #expect(identity.role == role)
            #expect(identity.isAdmin == (role == .admin))
            #expect(identity.id == IdentityID(mspID: Self.org, certificateDigest: SHA256.hash(certificate.der)))
        }
    }

    @Test mutating func `expiry is ignored and only told`() throws {
        let certificate = try self.root.issue(["peer"], notAfter: TestAuthority.start + 2_000, random: &self.random)
        let identity = try self.service().identity(certificate.serialized(Self.org))
        #expect(!identity.isExpired(at: Timestamp(seconds: TestAuthority.start + 2_000)))
        #expect(identity.isExpired(at: Timestamp(seconds: TestAuthority.start + 2_000, nanoseconds: 1)))
        #expect(identity.isExpired(at: Timestamp(seconds: TestAuthority.start + 3_000)))
    }

    @Test mutating func `a certificate older than its root is refused`() throws {
        let certificate = try self.root.issue(["peer"], notBefore: TestAuthority.start - 2, random: &self.random)
        #expect(self.isNotTrusted(self.refusal(certificate, by: try self.service())))
        let almost = try self.root.issue(["peer"], notBefore: TestAuthority.start - 1, random: &self.random)
        #expect(self.refusal(almost, by: try self.service()) == nil)
    }

    @Test mutating func `a certificate issued after its root expired is refused`() throws {
        let short = try TestAuthority.root("short", random: &self.random, notAfter: TestAuthority.start + 1_000)
        let service = try self.service {
            $0.roots = [short.certificate]
            $0.nodeOUs = nil
        }
        let certificate = try short.issue([], random: &self.random)
        #expect(self.isNotTrusted(self.refusal(certificate, by: service)))
    }

    @Test mutating func `a certificate of a stranger with the root's name is refused`() throws {
        let stranger = try TestAuthority.root("root", random: &self.random)
        let certificate = try stranger.issue(["peer"], random: &self.random)
        #expect(self.isNotTrusted(self.refusal(certificate, by: try self.service())))
    }

    @Test mutating func `authorities are no identities`() throws {
        let intermediate = try self.root.intermediate("inner", random: &self.random)
        let service = try self.service { $0.intermediates = [intermediate.certificate] }
        #expect(self.isNotTrusted(self.refusal(self.root.certificate, by: service)))
        #expect(self.isNotTrusted(self.refusal(intermediate.certificate, by: service)))
    }

    @Test mutating func `an intermediate issues identities, and then its root may not`() throws {
        let intermediate = try self.root.intermediate("inner", random: &self.random)
        let service = try self.service {
            $0.intermediates = [intermediate.certificate]
            $0.nodeOUs = .standard(certifiedBy: nil)
        }
        #expect(self.refusal(try intermediate.issue(["peer"], random: &self.random), by: service) == nil)
        #expect(self.isNotTrusted(self.refusal(try self.root.issue(["peer"], random: &self.random), by: service)))
    }

    @Test mutating func `an intermediate that is not listed is not found`() throws {
        let intermediate = try self.root.intermediate("inner", random: &self.random)
        let certificate = try intermediate.issue(["peer"], random: &self.random)
        #expect(self.isNotTrusted(self.refusal(certificate, by: try self.service())))
    }

    @Test mutating func `two ways to the roots are refused, the same root twice is one way`() throws {
        let other = try TestAuthority.root("other", random: &self.random)
        let first = try self.root.intermediate("inner", random: &self.random)
        let second = try other.intermediate("inner", key: first.key, random: &self.random)
        let certificate = try first.issue([], random: &self.random)
        let ambiguous = try self.service {
            $0.roots = [self.root.certificate, other.certificate]
            $0.intermediates = [first.certificate, second.certificate]
            $0.nodeOUs = nil
        }
        #expect(self.isNotTrusted(self.refusal(certificate, by: ambiguous)))
        let single = try self.service {
            $0.roots = [self.root.certificate, self.root.certificate]
            $0.intermediates = [first.certificate, first.certificate]
            $0.nodeOUs = nil
        }
        #expect(self.refusal(certificate, by: single) == nil)
    }

    @Test mutating func `the root's path length is kept`() throws {
        let short = try TestAuthority.root("short", random: &self.random, pathLength: 0)
        let intermediate = try short.intermediate("inner", random: &self.random)
        #expect(throws: IdentityError.self) {
            // The intermediate itself hangs directly below the root, which is allowed; a second one below it is not.
            let second = try intermediate.intermediate("innermost", random: &self.random)
            _ = try self.service {
                $0.roots = [short.certificate]
                $0.intermediates = [intermediate.certificate, second.certificate]
                $0.nodeOUs = nil
            }
        }
    }

    @Test mutating func `an extended usage must allow server authentication`() throws {
        let service = try self.service()
        #expect(self.isNotTrusted(self.refusal(try self.root.issue(["peer"], usages: .tlsClient, random: &self.random), by: service)))
        #expect(self.refusal(try self.root.issue(["peer"], usages: .tlsServer, random: &self.random), by: service) == nil)
        #expect(self.refusal(try self.root.issue(["peer"], usages: .tls, random: &self.random), by: service) == nil)
    }

    @Test mutating func `Ed25519 needs the capability`() throws {
        let point = Base16.decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a") ?? []
        let key = try PublicKey(spkiDER: [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + point)
        let certificate = try self.root.issue(["client"], publicKey: key, random: &self.random)
        #expect(self.isNotTrusted(self.refusal(certificate, by: try self.service())))
        #expect(self.refusal(certificate, by: try self.service(ed25519: true)) == nil)
    }

    // MARK: - Revocation

    @Test mutating func `a revoked certificate is refused and its neighbour is not`() throws {
        let revoked = try self.root.issue(["peer"], random: &self.random)
        let neighbour = try self.root.issue(["peer"], random: &self.random)
        let list = try self.root.revocationList([revoked])
        for bytes in [list.der, Array(PEM.encode(label: "X509 CRL", der: list.der).utf8)] {
            let service = try self.service { $0.revocationLists = [bytes] }
            #expect(self.refusal(revoked, by: service) == .revoked(Self.org, serial: Base16.encode(revoked.serialNumber)))
            #expect(self.refusal(neighbour, by: service) == nil)
        }
    }

    @Test mutating func `a list that another authority signed has no effect`() throws {
        let certificate = try self.root.issue(["peer"], random: &self.random)
        let stranger = try TestAuthority.root("root", random: &self.random)
        let list = try stranger.revocationList([certificate])
        #expect(self.refusal(certificate, by: try self.service { $0.revocationLists = [list.der] }) == nil)
    }

    @Test mutating func `a revoked intermediate makes the configuration unusable`() throws {
        let intermediate = try self.root.intermediate("inner", random: &self.random)
        let list = try self.root.revocationList([intermediate.certificate])
        #expect(throws: IdentityError.revoked(Self.org, serial: Base16.encode(intermediate.certificate.serialNumber))) {
            try self.service {
                $0.intermediates = [intermediate.certificate]
                $0.revocationLists = [list.der]
            }
        }
    }

    // MARK: - Organisational units

    @Test(arguments: [[], ["hospital"], ["peer", "client"], ["peer", "peer"], ["Peer"]])
    mutating func `with roles by unit exactly one of the units is needed`(units: [String]) throws {
        let certificate = try self.root.issue(units, random: &self.random)
        #expect(self.hasNoRole(self.refusal(certificate, by: try self.service())))
    }

    @Test mutating func `other units beside the role's are free`() throws {
        let certificate = try self.root.issue(["hospital", "peer", "ward"], random: &self.random)
        #expect(try self.service().identity(certificate.serialized(Self.org)).role == .peer)
    }

    @Test mutating func `a unit bound to another authority of the organisation is refused`() throws {
        let second = try TestAuthority.root("second", random: &self.random)
        let certificate = try second.issue(["peer"], random: &self.random)
        let bound = try self.service { $0.roots.append(second.certificate) }
        #expect(self.hasNoRole(self.refusal(certificate, by: bound)))
        let free = try self.service {
            $0.roots.append(second.certificate)
            $0.nodeOUs = .standard(certifiedBy: nil)
        }
        #expect(self.refusal(certificate, by: free) == nil)
    }

    @Test mutating func `without roles by unit nobody is a peer, and the list of units decides who is a member`() throws {
        let hospital = try self.root.issue(["hospital"], random: &self.random)
        let none = try self.root.issue([], random: &self.random)
        let open = try self.service { $0.nodeOUs = nil }
        let identity = try open.identity(hospital.serialized(Self.org))
        #expect(identity.role == nil)
        #expect(identity.satisfies(.role(Self.org, .member)))
        #expect(!identity.satisfies(.role(Self.org, .peer)))
        #expect(self.refusal(none, by: open) == nil)
        let closed = try self.service {
            $0.nodeOUs = nil
            $0.organizationalUnits = [OrganizationalUnitIdentifier(name: "hospital", certificate: self.root.certificate)]
        }
        #expect(self.refusal(hospital, by: closed) == nil)
        #expect(self.hasNoRole(self.refusal(none, by: closed)))
    }

    @Test mutating func `a listed administrator is one whatever the unit says`() throws {
        let certificate = try self.root.issue(["client"], random: &self.random)
        let identity = try self.service { $0.admins = [certificate] }.identity(certificate.serialized(Self.org))
        #expect(identity.isAdmin && identity.role == .client)
        #expect(identity.satisfies(.role(Self.org, .admin)) && identity.satisfies(.role(Self.org, .client)))
    }

    // MARK: - Bytes

    @Test mutating func `another text or another form of the signature is the same identity`() throws {
        let service = try self.service()
        let certificate = try self.root.issue(["peer"], random: &self.random)
        let id = try service.identity(certificate.serialized(Self.org)).id
        let text = String(decoding: certificate.pem, as: UTF8.self).replacing("\n", with: "\r\n")
        #expect(try service.identity(SerializedIdentity.bytes(mspID: Self.org, pem: Array(text.utf8))).id == id)
        let reflected = try certificate.withReflectedSignature()
        #expect(reflected.der != certificate.der)
        let other = try service.identity(reflected.serialized(Self.org))
        #expect(other.id == id)
        #expect(other.satisfies(.identity(IdentityPrincipal(mspID: Self.org, certificate: certificate))))
        #expect(other.satisfies(.identity(IdentityPrincipal(mspID: Self.org, certificate: reflected))))
    }

    @Test mutating func `unknown organisations, garbage and oversized bytes are refused`() throws {
        let service = try self.service()
        let certificate = try self.root.issue(["peer"], random: &self.random)
        #expect(throws: IdentityError.unknownMSP("Other")) { try service.identity(certificate.serialized("Other")) }
        #expect(throws: IdentityError.self) { try service.identity([]) }
        #expect(throws: IdentityError.self) { try service.identity([0xFF, 0x01]) }
        #expect(throws: IdentityError.self) { try service.identity(SerializedIdentity.bytes(mspID: Self.org, pem: Array("no certificate".utf8))) }
        #expect(throws: IdentityError.self) {
            try service.identity([UInt8](repeating: 0, count: Limits.serializedIdentityBytes + 1))
        }
    }

    @Test mutating func `signatures are checked with the identity's key`() throws {
        let key = try SigningKey(rawScalar: self.random.bytes(count: 32))
        let certificate = try self.root.issue(["client"], publicKey: key.publicKey, random: &self.random)
        let signer = try SigningIdentity(mspID: Self.org, certificate: certificate, key: key)
        let service = try self.service()
        let signature = try signer.sign([1, 2, 3])
        #expect(try service.verify(signature, of: [1, 2, 3], by: signer.serialized).role == .client)
        #expect(throws: IdentityError.badSignature(Self.org)) { try service.verify(signature, of: [1, 2, 4], by: signer.serialized) }
        #expect(throws: IdentityError.badSignature(Self.org)) { try service.verify([], of: [1, 2, 3], by: signer.serialized) }
        let stranger = try SigningKey(rawScalar: self.random.bytes(count: 32))
        #expect(throws: IdentityError.self) { try SigningIdentity(mspID: Self.org, certificate: certificate, key: stranger) }
    }

    @Test mutating func `a signature set counts each certificate once, in order, and leaves out what is wrong`() throws {
        let service = try self.service()
        var signers: [SigningIdentity] = []
        for _ in 0..<3 {
            let key = try SigningKey(rawScalar: self.random.bytes(count: 32))
            let certificate = try self.root.issue(["peer"], publicKey: key.publicKey, random: &self.random)
            signers.append(try SigningIdentity(mspID: Self.org, certificate: certificate, key: key))
        }
        let message: [UInt8] = [7]
        func entry(_ signer: SigningIdentity, identity: [UInt8]? = nil, signature: [UInt8]? = nil) throws -> SignedMessage {
            SignedMessage(identity: identity ?? signer.serialized, message: message, signature: try signature ?? signer.sign(message))
        }
        let otherText = SerializedIdentity.bytes(
            mspID: Self.org, pem: Array(String(decoding: signers[0].certificate.pem, as: UTF8.self).replacing("\n", with: "\r\n").utf8))
        let accepted = service.acceptedIdentities([
            try entry(signers[1], signature: [1]),  // wrong, but a right one follows
            try entry(signers[0]),
            try entry(signers[0], identity: otherText),
            try entry(signers[2], identity: [1, 2]),
            try entry(signers[1]),
        ])
        #expect(accepted.map(\.certificate) == [signers[0].certificate, signers[1].certificate])
    }

    // MARK: - Configuration

    @Test func `a configuration survives its message`() throws {
        let list = try self.root.revocationList([])
        let configuration = self.configuration {
            $0.revocationLists = [list.der]
            $0.tlsRoots = [self.root.certificate]
            $0.organizationalUnits = [OrganizationalUnitIdentifier(name: "hospital")]
        }
        #expect(try MSPConfiguration(message: configuration.message()) == configuration)
    }

    @Test mutating func `configurations that cannot work are refused`() throws {
        let member = try self.root.issue(["peer"], random: &self.random)
        let stranger = try TestAuthority.root("stranger", random: &self.random)
        #expect(throws: IdentityError.self) { try self.service { $0.roots = [] } }
        #expect(throws: IdentityError.self) { try self.service { $0.roots = [member] } }
        #expect(throws: IdentityError.self) { try self.service { $0.intermediates = [member] } }
        #expect(throws: IdentityError.self) { try self.service { $0.nodeOUs = .standard(certifiedBy: stranger.certificate) } }
        #expect(throws: IdentityError.self) { try self.service { $0.nodeOUs?.peer?.name = "client" } }
        #expect(throws: IdentityError.self) { try self.service { $0.admins = [stranger.certificate] } }
        #expect(throws: IdentityError.self) { try self.service { $0.revocationLists = [[1, 2, 3]] } }
        #expect(throws: IdentityError.duplicateMSP(Self.org)) {
            try MembershipService([self.configuration(), self.configuration { $0.nodeOUs = nil }], supportsEd25519: false)
        }
        #expect(try MembershipService([self.configuration(), self.configuration()], supportsEd25519: false).mspIDs == [Self.org])
    }

    @Test func `messages of other kinds are refused`() throws {
        var idemix = self.configuration().message()
        idemix.type = 1
        #expect(throws: IdentityError.self) { try MSPConfiguration(message: idemix) }
        var fabric = try Msp_FabricMSPConfig.decode(self.configuration().message().config, as: "test")
        fabric.cryptoConfig.signatureHashFamily = "SHA3"
        var message = Msp_MSPConfig()
        message.config = fabric.encoded().data
        #expect(throws: IdentityError.self) { try MSPConfiguration(message: message) }
        fabric = Msp_FabricMSPConfig()
        message.config = fabric.encoded().data
        #expect(throws: IdentityError.self) { try MSPConfiguration(message: message) }
    }

    @Test func `the memory of verdicts is bounded and forgets the oldest`() {
        var cache = IdentityCache(capacity: 3)
        for byte in UInt8(0)..<5 { cache.remember(.failure(.unknownMSP(MSPID(utf8: [byte]))), on: IdentityCache.Key([byte])) }
        cache.remember(.failure(.malformed(reason: "again")), on: IdentityCache.Key([4]))
        #expect(cache.count == 3)
        let first = cache.verdict(on: IdentityCache.Key([0])) == nil
        let second = cache.verdict(on: IdentityCache.Key([1])) == nil
        let last = cache.verdict(on: IdentityCache.Key([4])) != nil
        #expect(first && second && last)
    }
}
