import CryptoPrimitives
import LedgerModel

/// The rules of one organisation, prepared for judging certificates (interop 5.1).
struct MembershipDomain: Sendable {
    private let name: MSPID
    private let supportsEd25519: Bool
    private let chains: CertificateChains
    /// Authorities that issued other authorities; they may not issue identities.
    private let innerAuthorities: Set<[UInt8]>
    private let revocationLists: [RevocationList]
    private let units: [CertifiedUnit]
    /// Empty when roles are told by unit but none is configured; nil when roles are not told by unit.
    private let roles: [(role: NodeRole, unit: CertifiedUnit)]?
    private var adminDigests: Set<[UInt8]>

    /// An organisational unit with the hash of the chain that must certify it; nil accepts any chain.
    private struct CertifiedUnit {
        let name: [UInt8]
        let certifiers: [UInt8]?
    }

    init(_ configuration: MSPConfiguration, supportsEd25519: Bool) throws(IdentityError) {
        let name = configuration.name
        self.name = name
        self.supportsEd25519 = supportsEd25519
        guard !configuration.roots.isEmpty else { throw .invalidConfiguration(name, reason: "it has no root certificate") }
        let chains = CertificateChains(roots: configuration.roots, intermediates: configuration.intermediates)
        self.chains = chains
        var lists: [RevocationList] = []
        for bytes in configuration.revocationLists { lists.append(try Self.revocationList(bytes, of: name)) }
        self.revocationLists = lists

        var inner: Set<[UInt8]> = []
        var certifiers: [[UInt8]: [UInt8]] = [:]
        for authority in configuration.roots + configuration.intermediates {
            guard authority.isCertificateAuthority else {
                throw .invalidConfiguration(name, reason: "a root or intermediate certificate is not a certificate authority")
            }
            guard authority.subjectKeyIdentifier != nil else {
                throw .invalidConfiguration(name, reason: "a root or intermediate certificate has no subject key identifier")
            }
            let chain = try Self.chain(of: authority, in: chains, name)
            if chain.count > 1 { try Self.checkRevocation(of: authority, issuer: chain[1], lists, name) }
            inner.formUnion(chain.dropFirst().map(\.der))
            let lowS = try Self.lowSForms(chain, name)
            // Found under both forms, because a unit may be bound to either.
            certifiers[authority.der] = Self.certifiers(lowS[...])
            certifiers[lowS[0].der] = Self.certifiers(lowS[...])
        }
        self.innerAuthorities = inner

        func certified(_ unit: OrganizationalUnitIdentifier) throws(IdentityError) -> CertifiedUnit {
            guard let certificate = unit.certificate else { return CertifiedUnit(name: Array(unit.name.utf8), certifiers: nil) }
            guard let hash = certifiers[certificate.der] else {
                throw .invalidConfiguration(name, reason: "the unit '\(unit.name)' is bound to a certificate that is no root or intermediate")
            }
            return CertifiedUnit(name: Array(unit.name.utf8), certifiers: hash)
        }
        var units: [CertifiedUnit] = []
        for unit in configuration.organizationalUnits { units.append(try certified(unit)) }
        self.units = units
        if let nodeOUs = configuration.nodeOUs, nodeOUs.isEnabled {
            var roles: [(role: NodeRole, unit: CertifiedUnit)] = []
            for role in NodeRole.allCases {
                guard let unit = nodeOUs[role] else { continue }
                let certified = try certified(unit)
                guard !roles.contains(where: { $0.unit.name == certified.name }) else {
                    throw .invalidConfiguration(name, reason: "two roles have the same organisational unit '\(unit.name)'")
                }
                roles.append((role, certified))
            }
            self.roles = roles
        } else {
            self.roles = nil
        }
        self.adminDigests = []
        var digests: Set<[UInt8]> = []
        for admin in configuration.admins {
            do throws(IdentityError) {
                digests.insert(try self.identity(admin).id.certificateDigest)
            } catch {
                throw .invalidConfiguration(name, reason: "a listed administrator is not a valid member: \(error)")
            }
        }
        self.adminDigests = digests
    }

    /// Judges a certificate. The result does not depend on the current time.
    func identity(_ received: Certificate) throws(IdentityError) -> VerifiedIdentity {
        guard !received.isCertificateAuthority else {
            throw .notTrusted(self.name, reason: "it is a certificate authority, which cannot act itself")
        }
        switch received.publicKey.algorithm {
        case .p256, .p384: break
        case .ed25519:
            guard self.supportsEd25519 else { throw .notTrusted(self.name, reason: "Ed25519 keys need the channel capability V3_0") }
        }
        let chain = try Self.chain(of: received, in: self.chains, self.name)
        guard chain.count >= 2 else { throw .notTrusted(self.name, reason: "it is a root certificate") }
        guard !self.innerAuthorities.contains(chain[1].der) else {
            throw .notTrusted(self.name, reason: "its issuer also issued another authority, so it cannot issue identities")
        }
        try Self.checkRevocation(of: received, issuer: chain[1], self.revocationLists, self.name)
        let lowS = try Self.lowSForms(chain, self.name)
        let certificate = lowS[0]
        let certifiers = Self.certifiers(lowS.dropFirst())
        let units = certificate.subjectOrganizationalUnits.map { Array($0.utf8) }
        let role = try self.role(of: units, certifiers: certifiers)
        let digest = certificate.sha256
        return VerifiedIdentity(
            certificate: certificate, issuer: lowS[1], id: IdentityID(mspID: self.name, certificateDigest: digest), role: role,
            isAdmin: role == .admin || self.adminDigests.contains(digest), organizationalUnits: units, certifiers: certifiers)
    }

    /// The role by organisational unit; nil when the organisation does not tell roles that way.
    private func role(of units: [[UInt8]], certifiers: [UInt8]) throws(IdentityError) -> NodeRole? {
        guard let roles else {
            if !self.units.isEmpty {
                let isKnown = units.contains { name in self.units.contains { $0.name == name && ($0.certifiers ?? certifiers) == certifiers } }
                guard isKnown else { throw .wrongRole(self.name, reason: "it carries none of the organisation's organisational units") }
            }
            return nil
        }
        var found: [NodeRole] = []
        for name in units {
            guard let match = roles.first(where: { $0.unit.name == name }) else { continue }
            if let required = match.unit.certifiers, required != certifiers {
                throw .wrongRole(self.name, reason: "its unit '\(match.role)' is not certified by the authority that the organisation requires")
            }
            found.append(match.role)
        }
        guard let role = found.first, found.count == 1 else {
            throw .wrongRole(
                self.name, reason: "it must carry exactly one of the units for client, peer, admin and orderer, and carries \(found.count)")
        }
        return role
    }

    // MARK: - Steps

    /// The chain with every signature in low-S form (5.1, point 8): the form in which certificates are compared and hashed.
    private static func lowSForms(_ chain: [Certificate], _ name: MSPID) throws(IdentityError) -> [Certificate] {
        var result: [Certificate] = []
        for (index, certificate) in chain.enumerated() {
            do {
                result.append(try certificate.lowSForm(issuer: index + 1 < chain.count ? chain[index + 1] : certificate))
            } catch {
                throw .notTrusted(name, reason: "\(error)")
            }
        }
        return result
    }

    private static func chain(of certificate: Certificate, in chains: CertificateChains, _ name: MSPID) throws(IdentityError) -> [Certificate] {
        do {
            return try chains.chain(of: certificate)
        } catch {
            throw .notTrusted(name, reason: error.reason)
        }
    }

    private static func revocationList(_ bytes: [UInt8], of name: MSPID) throws(IdentityError) -> RevocationList {
        let list: RevocationList
        do {
            list = try RevocationList(pemOrDER: bytes)
        } catch {
            throw .invalidConfiguration(name, reason: "revocation list: \(error)")
        }
        // Without it no identity could be judged, because nobody could say whose list it is.
        guard list.authorityKeyIdentifier != nil else {
            throw .invalidConfiguration(name, reason: "a revocation list does not name its issuer's key")
        }
        return list
    }

    private static func checkRevocation(
        of certificate: Certificate, issuer: Certificate, _ lists: [RevocationList], _ name: MSPID
    ) throws(IdentityError) {
        guard let key = issuer.subjectKeyIdentifier else { throw .notTrusted(name, reason: "its issuer has no subject key identifier") }
        for list in lists where list.authorityKeyIdentifier == key && list.revokedSerials.contains(certificate.serialNumber) {
            if list.isSigned(by: issuer) { throw .revoked(name, serial: Base16.encode(certificate.serialNumber)) }
        }
    }

    /// SHA-256 over the DER of a chain of authorities, issuer first.
    private static func certifiers(_ chain: ArraySlice<Certificate>) -> [UInt8] {
        SHA256.hash(concatenating: chain.map(\.der))
    }
}
