import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// Identities: the message, certificates, revocation lists, keys, signatures, and what an organisation's configuration makes of them.
struct IdentityTarget {
    let channel: FuzzChannel
    let probe: FuzzProbe

    func offer(_ bytes: [UInt8]) throws(FuzzFinding) {
        try self.offerIdentity(bytes)
        try self.offerCertificates(bytes)
        try self.offerKeys(bytes)
        try self.offerOrganization(bytes)
        let policy = try self.probe.attempt { try SignaturePolicy(envelope: bytes) }
        if let policy { self.probe.note(policy.principals.count) }
    }

    private func offerIdentity(_ bytes: [UInt8]) throws(FuzzFinding) {
        _ = try self.probe.attempt { try self.channel.membership.identity(bytes) }
        _ = try self.probe.attempt { try self.channel.membership.verify([0x30, 0], of: [1], by: bytes) }
        if let identity = try self.probe.attempt({ try SerializedIdentity(serialized: bytes) }) {
            let again = try self.probe.attempt { try SerializedIdentity(serialized: identity.serialized()) }
            try self.probe.expect(again == identity, "an identity is the same after writing and reading")
        }
    }

    private func offerCertificates(_ bytes: [UInt8]) throws(FuzzFinding) {
        _ = try self.probe.attempt { try PEM.decode(bytes) }
        _ = try self.probe.attempt { try PEM.first(bytes) }
        for read in [{ () throws in try Certificate(pem: bytes) }, { () throws in try Certificate(der: bytes) }] {
            guard let certificate = try self.probe.attempt(read) else { continue }
            try self.ask(certificate)
        }
        if let list = try self.probe.attempt({ try RevocationList(pemOrDER: bytes) }) {
            self.probe.note(list.revokedSerials.count)
            var configuration = self.organizations[0]
            for root in configuration.roots { self.probe.note(list.isSigned(by: root) ? 1 : 0) }
            configuration.revocationLists = [bytes]
            try self.judge([configuration])
        }
    }

    /// Takes a certificate for all that one can be: a member, a root, an intermediate, an administrator, the certifier of a role.
    private func ask(_ certificate: Certificate) throws(FuzzFinding) {
        try self.probe.expect(Certificate(same: certificate) == certificate, "a certificate is the same after writing and reading")
        self.probe.note(certificate.serialNumber)
        self.probe.note(certificate.subjectOrganizationalUnits.count + certificate.extendedKeyUsages.count + certificate.dnsNames.count)
        self.probe.note(certificate.isSigned(by: certificate) ? 1 : 0)
        _ = try self.probe.attempt { try certificate.lowSForm(issuer: certificate) }
        for mspID in self.channel.membership.mspIDs.prefix(1) {
            let identity = SerializedIdentity(mspID: mspID, certificatePEM: certificate.pem).serialized()
            _ = try self.probe.attempt { try self.channel.membership.identity(identity) }
        }
        let present = self.organizations[0]
        try self.judge([MSPConfiguration(name: present.name, roots: [certificate], nodeOUs: .standard(certifiedBy: certificate))])
        var changed = present
        changed.intermediates = [certificate]
        try self.judge([changed])
        changed = present
        changed.admins = [certificate]
        try self.judge([changed])
    }

    private func offerKeys(_ bytes: [UInt8]) throws(FuzzFinding) {
        for read in [{ () throws in try PublicKey(spkiDER: bytes) }, { () throws in try PublicKey(x963: bytes) }] {
            guard let key = try self.probe.attempt(read) else { continue }
            let again = try self.probe.attempt { try PublicKey(spkiDER: key.spkiDER) }
            try self.probe.expect(again == key, "a public key is the same after writing and reading")
            self.probe.note(key.isValid(signature: bytes, for: [1]) ? 1 : 0)
        }
        // As a signature under a good key, and as the text of a private key.
        for root in self.organizations[0].roots { self.probe.note(root.publicKey.isValid(signature: bytes, for: [1]) ? 1 : 0) }
        _ = try self.probe.attempt { try SigningKey(pem: String(decoding: bytes, as: UTF8.self)) }
        _ = try self.probe.attempt { try SealedBox(bytes: bytes) }
    }

    private func offerOrganization(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let message = try self.probe.attempt({ try Msp_MSPConfig.decode(bytes, as: "organisation") }),
            let configuration = try self.probe.attempt({ try MSPConfiguration(message: message) })
        else { return }
        let again = try self.probe.attempt { try MSPConfiguration(message: configuration.message()) }
        try self.probe.expect(again == configuration, "an organisation is the same after writing and reading")
        try self.judge([configuration])
    }

    /// Makes a membership service of organisations and has it judge the channel's people and the organisations' own certificates.
    private func judge(_ configurations: [MSPConfiguration]) throws(FuzzFinding) {
        guard let membership = try self.probe.attempt({ try MembershipService(configurations, supportsEd25519: true) }) else { return }
        for serialized in [self.channel.client] + self.channel.peers {
            _ = try self.probe.attempt { try membership.identity(serialized) }
        }
        for configuration in configurations {
            for certificate in (configuration.admins + configuration.intermediates).prefix(2) {
                let identity = SerializedIdentity(mspID: configuration.name, certificatePEM: certificate.pem).serialized()
                _ = try self.probe.attempt { try membership.identity(identity) }
            }
        }
    }

    private var organizations: [MSPConfiguration] { self.channel.bundle.applicationOrganizations.map(\.msp) }
}

extension Certificate {
    /// The certificate read again from its own text; another value when that does not work.
    fileprivate init?(same other: Certificate) {
        guard let certificate = try? Certificate(pem: other.pem) else { return nil }
        self = certificate
    }
}
