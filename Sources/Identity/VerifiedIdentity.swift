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

    package static func == (left: IdentityID, right: IdentityID) -> Bool {
        left.mspID == right.mspID && ByteOrder.areEqual(left.certificateDigest, right.certificateDigest)
    }

    package var description: String { "\(self.mspID)/\(Base16.encode(Array(self.certificateDigest.prefix(8))))" }
}

/// An identity that its organisation vouches for. Only a membership service makes one.
///
/// A copy is one reference: the identities of a block's transactions are handed around a dozen times each.
package struct VerifiedIdentity: Hashable, Sendable {
    private struct Content: Hashable, Sendable {
        let certificate: Certificate
        let issuer: Certificate
        let id: IdentityID
        let role: NodeRole?
        let isAdmin: Bool
        let organizationalUnits: [[UInt8]]
        let certifiers: [UInt8]
    }

    private final class Storage: Sendable {
        let content: Content
        /// Taken out of the certificate once: it is asked for with every signature.
        let publicKey: PublicKey

        init(_ content: Content) {
            self.content = content
            self.publicKey = content.certificate.publicKey
        }
    }

    private let storage: Storage

    init(
        certificate: Certificate, issuer: Certificate, id: IdentityID, role: NodeRole?, isAdmin: Bool, organizationalUnits: [[UInt8]],
        certifiers: [UInt8]
    ) {
        self.storage = Storage(
            Content(
                certificate: certificate, issuer: issuer, id: id, role: role, isAdmin: isAdmin, organizationalUnits: organizationalUnits,
                certifiers: certifiers))
    }

    /// The certificate, in low-S form.
    package var certificate: Certificate { self.storage.content.certificate }
    /// The authority that signed it.
    package var issuer: Certificate { self.storage.content.issuer }
    package var id: IdentityID { self.storage.content.id }
    /// The role by organisational unit; nil when the organisation does not use them.
    package var role: NodeRole? { self.storage.content.role }
    package var isAdmin: Bool { self.storage.content.isAdmin }
    /// The subject's organisational units.
    package var organizationalUnits: [[UInt8]] { self.storage.content.organizationalUnits }
    /// SHA-256 over the DER of the issuing chain.
    package var certifiers: [UInt8] { self.storage.content.certifiers }

    package var mspID: MSPID { self.storage.content.id.mspID }

    package var publicKey: PublicKey { self.storage.publicKey }

    package static func == (left: VerifiedIdentity, right: VerifiedIdentity) -> Bool {
        left.storage === right.storage || left.storage.content == right.storage.content
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.storage.content.id) }

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
