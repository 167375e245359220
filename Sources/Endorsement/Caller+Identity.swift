import Chaincode
import Identity
import LedgerModel

extension Caller {
    /// The extension in which a certificate authority of Fabric writes enrolment attributes, as JSON.
    private static let attributesExtension = "1.2.3.4.5.6.7.8.1"

    /// What a contract is told about a verified identity.
    package init(_ identity: VerifiedIdentity, serialized: [UInt8]) {
        let role: Role? =
            switch identity.role {
            case .client: .client
            case .peer: .peer
            case .admin: .admin
            case .orderer: .orderer
            case nil: identity.isAdmin ? .admin : nil
            }
        self.init(
            mspID: identity.mspID.text, commonName: identity.certificate.subjectCommonName ?? "",
            organizationalUnits: identity.certificate.subjectOrganizationalUnits, role: role,
            certificateFingerprint: identity.certificate.sha256, attributes: Self.attributes(of: identity), serializedIdentity: serialized)
    }

    /// Attributes that cannot be read are left out: the certificate is valid without them.
    private static func attributes(of identity: VerifiedIdentity) -> [Attribute] {
        guard let value = identity.certificate.extensionValue(oid: self.attributesExtension), let json = try? JSONValue(parsing: value),
            case .object(let members)? = json["attrs"]
        else { return [] }
        return members.compactMap { name, value in
            guard case .string(let text) = value else { return nil }
            return Attribute(name: name, value: text)
        }
    }
}
