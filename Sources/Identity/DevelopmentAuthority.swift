import CryptoPrimitives
import LedgerModel

/// An organisation's certificate authorities for development and tests: one for identities, one for TLS.
///
/// It keeps its keys in memory and does what its caller says; a real network uses a certificate authority of its own.
package struct DevelopmentAuthority: Sendable {
    /// An identity that the authority has issued, with the pair for its connections.
    package struct Issued: Sendable {
        package let name: String
        package let role: NodeRole
        package let identity: SigningIdentity
        package let tls: TLSIdentity
    }

    /// A certificate for connections and its private key.
    package struct TLSIdentity: Sendable {
        package let certificate: Certificate
        private let key: SigningKey

        init(certificate: Certificate, key: SigningKey) {
            self.certificate = certificate
            self.key = key
        }

        /// The private key as PEM (PKCS#8).
        package var keyPEM: String { self.key.pem }
    }

    package let organization: OrganizationSpec
    package let validity: ValidityPeriod
    /// The root of its identities.
    package let root: Certificate
    /// The root of its connections.
    package let tlsRoot: Certificate
    /// Everything issued so far, in order.
    package private(set) var issued: [Issued] = []
    private let key: SigningKey
    private let tlsKey: SigningKey

    /// Makes both authorities with fresh keys from the random source.
    package init(
        organization: OrganizationSpec, random: inout some RandomSource, validity: ValidityPeriod
    ) throws(CryptoError) {
        self.organization = organization
        self.validity = validity
        self.key = try Self.newKey(&random)
        self.tlsKey = try Self.newKey(&random)
        self.root = try CertificateIssuing.selfSignedAuthority(
            commonName: "ca.\(organization.domain)", organization: organization.domain, country: organization.country, key: self.key,
            serial: Self.newSerial(&random), notBefore: validity.notBefore, notAfter: validity.notAfter)
        self.tlsRoot = try CertificateIssuing.selfSignedAuthority(
            commonName: "tlsca.\(organization.domain)", organization: organization.domain, country: organization.country, key: self.tlsKey,
            serial: Self.newSerial(&random), notBefore: validity.notBefore, notAfter: validity.notAfter)
    }

    /// Both authorities as they were made before, to issue more.
    ///
    /// - Parameters:
    ///   - root: The root of identities and its private key, PEM; `tls` those of connections.
    package init(
        organization: OrganizationSpec, root: (certificate: [UInt8], key: String), tls: (certificate: [UInt8], key: String),
        validity: ValidityPeriod
    ) throws(CryptoError) {
        self.organization = organization
        self.validity = validity
        self.key = try SigningKey(pem: root.key)
        self.tlsKey = try SigningKey(pem: tls.key)
        self.root = try Certificate(pem: root.certificate)
        self.tlsRoot = try Certificate(pem: tls.certificate)
    }

    /// Issues an identity and its connection pair.
    ///
    /// - Parameter commonName: The full name, such as `peer0.org1.example.com` or `User1@org1.example.com`.
    /// - Parameter hosts: Further DNS names or IP addresses of a node; its common name is always one of them.
    /// - Parameter key: The identity's key; a fresh one when nil.
    @discardableResult
    package mutating func issue(
        commonName: String, role: NodeRole, hosts: [String] = [], key: SigningKey? = nil, random: inout some RandomSource
    ) throws(CryptoError) -> SigningIdentity {
        let key = if let key { key } else { try Self.newKey(&random) }
        let certificate = try self.certificate(commonName: commonName, role: role, publicKey: key.publicKey, random: &random)
        let tlsKey = try Self.newKey(&random)
        let isNode = role == .peer || role == .orderer
        let tls = try CertificateIssuing.issue(
            subject: CertificateSubject(commonName: commonName, organizationalUnits: [role.organizationalUnit], country: self.organization.country),
            publicKey: tlsKey.publicKey, dnsNames: isNode ? Self.withoutDuplicates([commonName] + hosts) : [], usages: .tls,
            authority: self.tlsRoot, authorityKey: self.tlsKey, serial: Self.newSerial(&random), notBefore: self.validity.notBefore,
            notAfter: self.validity.notAfter)
        let identity: SigningIdentity
        do {
            identity = try SigningIdentity(mspID: self.organization.mspID, certificate: certificate, key: key)
        } catch {
            throw .operationFailed("joining a new certificate with its key")
        }
        self.issued.append(
            Issued(name: commonName, role: role, identity: identity, tls: TLSIdentity(certificate: tls, key: tlsKey)))
        return identity
    }

    /// Issues only a certificate, for a key that stays with its owner.
    package func certificate(
        commonName: String, role: NodeRole, publicKey: PublicKey, random: inout some RandomSource
    ) throws(CryptoError) -> Certificate {
        try CertificateIssuing.issue(
            subject: CertificateSubject(commonName: commonName, organizationalUnits: [role.organizationalUnit], country: self.organization.country),
            publicKey: publicKey, authority: self.root, authorityKey: self.key, serial: Self.newSerial(&random),
            notBefore: self.validity.notBefore, notAfter: self.validity.notAfter)
    }

    /// The organisation as the channel configuration needs it: its roots, with roles told by organisational unit.
    package func mspConfiguration() -> MSPConfiguration {
        MSPConfiguration(
            name: self.organization.mspID, roots: [self.root], tlsRoots: [self.tlsRoot], nodeOUs: .standard(certifiedBy: self.root))
    }

    /// The connection pair that was issued under a name.
    package func tlsIdentity(of commonName: String) -> TLSIdentity? {
        self.issued.last { $0.name.utf8.elementsEqual(commonName.utf8) }?.tls
    }

    /// The authorities' private keys as PEM, for the folder of the organisation.
    var keyPEMs: (identities: String, tls: String) { (self.key.pem, self.tlsKey.pem) }

    private static func withoutDuplicates(_ names: [String]) -> [String] {
        var seen: Set<[UInt8]> = []
        return names.filter { seen.insert(Array($0.utf8)).inserted }
    }

    private static func newKey(_ random: inout some RandomSource) throws(CryptoError) -> SigningKey {
        // A scalar is refused when it is zero or not below the curve's order: one in 2^32 at most, so a few trials always do.
        for _ in 0..<16 {
            if let key = try? SigningKey(rawScalar: random.bytes(count: 32)) { return key }
        }
        throw .operationFailed("making a key from the random source")
    }

    /// 16 bytes, positive and not zero.
    private static func newSerial(_ random: inout some RandomSource) -> [UInt8] {
        var serial = random.bytes(count: 16)
        if serial.isEmpty { serial = [1] }
        serial[0] = serial[0] & 0x7F | 0x40
        return serial
    }
}
