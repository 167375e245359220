import FabricMessages
import LedgerModel

extension Principal {
    /// Reads a principal. Unreadable content does not fail here: it becomes a principal that nobody meets, so that one bad entry does not
    /// change what the rest of the policy means.
    package init(message: Common_MSPPrincipal) {
        self.init(message: message, depth: 0)
    }

    private init(message: Common_MSPPrincipal, depth: Int) {
        let content = message.principal.byteArray
        self =
            Self.read(message.principalClassification, content, depth: depth)
            ?? .unrecognized(classification: message.principalClassification.rawValue, content: content)
    }

    private static func read(_ classification: Common_MSPPrincipal.Classification, _ content: [UInt8], depth: Int) -> Principal? {
        switch classification {
        case .role:
            guard let message = try? Common_MSPRole.decode(content, as: "role"), let role = Role(rawValue: message.role.rawValue) else { return nil }
            return .role(MSPID(message.mspIdentifier), role)
        case .organizationUnit:
            guard let message = try? Common_OrganizationUnit.decode(content, as: "organisational unit") else { return nil }
            return .organizationUnit(
                MSPID(message.mspIdentifier), name: Array(message.organizationalUnitIdentifier.utf8),
                certifiers: message.certifiersIdentifier.byteArray)
        case .identity:
            return .identity(IdentityPrincipal(serialized: content))
        case .anonymity:
            guard let message = try? Common_MSPIdentityAnonymity.decode(content, as: "anonymity") else { return nil }
            return Anonymity(rawValue: message.anonymityType.rawValue).map { .anonymity($0) }
        case .combined:
            guard depth < Limits.principalDepth,
                let message = try? Common_CombinedPrincipal.decode(content, as: "combined principal"),
                message.principals.count <= Limits.combinedPrincipals
            else { return nil }
            return .combined(message.principals.map { Principal(message: $0, depth: depth + 1) })
        case .UNRECOGNIZED:
            return nil
        }
    }

    /// The message that `init(message:)` reads.
    package func message() -> Common_MSPPrincipal {
        var message = Common_MSPPrincipal()
        switch self {
        case .role(let id, let role):
            var content = Common_MSPRole()
            content.mspIdentifier = id.text
            content.role = Common_MSPRole.MSPRoleType(rawValue: role.rawValue) ?? .member
            message.principalClassification = .role
            message.principal = content.encoded().data
        case .organizationUnit(let id, let name, let certifiers):
            var content = Common_OrganizationUnit()
            content.mspIdentifier = id.text
            content.organizationalUnitIdentifier = String(decoding: name, as: UTF8.self)
            content.certifiersIdentifier = certifiers.data
            message.principalClassification = .organizationUnit
            message.principal = content.encoded().data
        case .identity(let principal):
            message.principalClassification = .identity
            message.principal = principal.serialized.data
        case .anonymity(let kind):
            var content = Common_MSPIdentityAnonymity()
            content.anonymityType = kind == .nominal ? .nominal : .anonymous
            message.principalClassification = .anonymity
            message.principal = content.encoded().data
        case .combined(let parts):
            var content = Common_CombinedPrincipal()
            content.principals = parts.map { $0.message() }
            message.principalClassification = .combined
            message.principal = content.encoded().data
        case .unrecognized(let classification, let content):
            message.principalClassification = Common_MSPPrincipal.Classification(rawValue: classification) ?? .role
            message.principal = content.data
        }
        return message
    }
}
