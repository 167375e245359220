import ChannelConfiguration
import CryptoPrimitives
import NIOSSL
import Ordering

/// Where a member is, and how it proves who it is.
struct CommitteeContact: Equatable, Sendable {
    let consenter: UInt32
    let host: String
    let port: Int
    /// Its consensus key.
    let publicKey: PublicKey
    /// Hashes of the TLS keys that the configuration names for it as a client and as a server; nil where it names none.
    let clientKey: [UInt8]?
    let serverKey: [UInt8]?

    /// - Returns: nil when its consensus certificate cannot be read, or its port is none.
    init?(_ consenter: Consenter) {
        guard let certificate = try? Certificate(pem: consenter.identity), let port = UInt16(exactly: consenter.port), port > 0 else { return nil }
        self.consenter = consenter.id
        self.host = consenter.host
        self.port = Int(port)
        self.publicKey = certificate.publicKey
        self.clientKey = Self.tlsKey(of: consenter.clientTLSCertificate)
        self.serverKey = Self.tlsKey(of: consenter.serverTLSCertificate)
    }

    /// One that is named and cannot be read fits nobody.
    private static func tlsKey(of pem: [UInt8]) -> [UInt8]? {
        guard !pem.isEmpty else { return nil }
        guard let certificate = try? NIOSSLCertificate.fromPEMBytes(pem).first else { return [] }
        return TLSKey.hash(of: certificate) ?? []
    }
}

/// Names of TLS keys: a certificate that is renewed with its key is as good as the one before.
enum TLSKey {
    /// SHA-256 of the certificate's SubjectPublicKeyInfo; nil when it cannot be read.
    static func hash(of certificate: NIOSSLCertificate) -> [UInt8]? {
        (try? certificate.extractPublicKey().toSPKIBytes()).map { SHA256.hash($0) }
    }
}

/// Whom a chain knows: those in office by the configuration in force, and everybody else by the key that governance has registered.
struct CommitteeDirectory: Sendable {
    private var rules: CommitteeBlocks?
    private var contacts: [UInt32: (source: Consenter, contact: CommitteeContact?)] = [:]

    /// Whoever is not named any more by the rules is not known any more from now on.
    mutating func use(_ rules: CommitteeBlocks) { self.rules = rules }

    mutating func contact(_ consenter: UInt32) -> CommitteeContact? {
        guard let rules = self.rules, let source = Self.source(consenter, in: rules) else {
            self.contacts[consenter] = nil
            return nil
        }
        if let known = self.contacts[consenter], known.source == source { return known.contact }
        let contact = CommitteeContact(source)
        self.contacts[consenter] = (source, contact)
        return contact
    }

    private static func source(_ consenter: UInt32, in rules: CommitteeBlocks) -> Consenter? {
        if let found = rules.bundle.consenters.first(where: { $0.id == consenter }) { return found }
        guard let key = (rules.governance as? ElectedGovernance)?.plane.key(consenter), !key.isBurned else { return nil }
        return Consenter(id: key.id, host: key.endpoint.host, port: key.endpoint.port, mspID: key.member, identity: key.certificate)
    }
}
