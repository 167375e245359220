import CryptoPrimitives
import LedgerModel

/// Which identity it is, whatever bytes carried it: the organisation and the certificate. Two texts of one certificate are one identity.
package struct IdentityID: Hashable, Sendable, CustomStringConvertible {
    package let mspID: MSPID
    /// SHA-256 of the certificate's DER in low-S form.
    package let certificateDigest: [UInt8]

    package init(mspID: MSPID, certificateDigest: [UInt8]) {
        self.mspID = mspID
        self.certificateDigest = certificateDigest
    }

    package var description: String { "\(self.mspID)/\(Base16.encode(Array(self.certificateDigest.prefix(8))))" }
}

/// An identity that its organisation vouches for. Only a membership service makes one.
package struct VerifiedIdentity: Hashable, Sendable {
    /// The certificate, in low-S form.
    package let certificate: Certificate
    /// The authority that signed it.
    package let issuer: Certificate
    package let id: IdentityID
    /// The role by organisational unit; nil when the organisation does not use them.
    package let role: NodeRole?
    package let isAdmin: Bool
    /// The subject's organisational units.
    package let organizationalUnits: [[UInt8]]
    /// SHA-256 over the DER of the issuing chain.
    package let certifiers: [UInt8]

    init(
        certificate: Certificate, issuer: Certificate, id: IdentityID, role: NodeRole?, isAdmin: Bool, organizationalUnits: [[UInt8]],
        certifiers: [UInt8]
    ) {
        self.issuer = issuer
        self.certificate = certificate
        self.id = id
        self.role = role
        self.isAdmin = isAdmin
        self.organizationalUnits = organizationalUnits
        self.certifiers = certifiers
    }

    package var mspID: MSPID { self.id.mspID }

    package var publicKey: PublicKey { self.certificate.publicKey }

    /// Whether the certificate has expired. Checked where requests come in, never where blocks are validated.
    package func isExpired(at time: Timestamp) -> Bool {
        time > Timestamp(seconds: self.certificate.notAfter)
    }

    /// Whether the identity meets the condition (interop 5.2).
    package func satisfies(_ principal: Principal) -> Bool {
        switch principal {
        case .role(let mspID, let role):
            guard mspID == self.mspID else { return false }
            switch role {
            case .member: return true
            case .admin: return self.isAdmin
            case .client: return self.role == .client
            case .peer: return self.role == .peer
            case .orderer: return self.role == .orderer
            }
        case .organizationUnit(let mspID, let name, let certifiers):
            return mspID == self.mspID && certifiers == self.certifiers && self.organizationalUnits.contains(name)
        case .identity(let principal):
            return self.isSame(as: principal)
        case .anonymity(let kind):
            return kind == .nominal
        case .combined(let parts):
            return !parts.isEmpty && parts.allSatisfy { self.satisfies($0) }
        case .unrecognized:
            return false
        }
    }

    /// Whether the principal names this certificate, in whichever of the two forms of its signature.
    private func isSame(as principal: IdentityPrincipal) -> Bool {
        guard principal.mspID == self.mspID, let certificate = principal.certificate else { return false }
        if certificate == self.certificate { return true }
        guard certificate.publicKey == self.publicKey, certificate.issuerDER == self.certificate.issuerDER else { return false }
        return (try? certificate.lowSForm(issuer: self.issuer)) == self.certificate
    }
}
