import LedgerModel

/// Who a policy asks for: a condition that one identity meets or not (`common.MSPPrincipal`).
package indirect enum Principal: Hashable, Sendable {
    /// A member of the organisation with this role.
    case role(MSPID, Role)
    /// A member that carries the organisational unit, certified by the chain with this hash.
    case organizationUnit(MSPID, name: [UInt8], certifiers: [UInt8])
    /// The holder of exactly this certificate.
    case identity(IdentityPrincipal)
    /// Anyone; X.509 identities are never anonymous.
    case anonymity(Anonymity)
    /// An identity that meets every part; nobody meets it when there are no parts.
    case combined([Principal])
    /// A principal of unknown kind or with unreadable content: it is kept and nobody meets it, as in Fabric.
    case unrecognized(classification: Int, content: [UInt8])

    /// `common.MSPIdentityAnonymity`.
    package enum Anonymity: Int, Hashable, Sendable {
        case nominal = 0
        case anonymous = 1
    }

    /// The organisation that the principal belongs to; nil for kinds that name none.
    package var mspID: MSPID? {
        switch self {
        case .role(let id, _), .organizationUnit(let id, _, _): id
        case .identity(let principal): principal.mspID
        case .anonymity, .combined, .unrecognized: nil
        }
    }
}

extension Principal: CustomStringConvertible {
    /// `Org1MSP.peer` for roles, and a readable form that the policy language lacks for the other kinds.
    package var description: String {
        switch self {
        case .role(let id, let role): "\(id.text).\(role.name)"
        case .organizationUnit(let id, let name, _): "\(id.text).OU(\(String(decoding: name, as: UTF8.self)))"
        case .identity(let principal): principal.description
        case .anonymity(let kind): kind == .nominal ? "ANYONE" : "ANONYMOUS"
        case .combined(let parts): "ALLOF(" + parts.map(\.description).joined(separator: ", ") + ")"
        case .unrecognized(let classification, _): "UNKNOWN(\(classification))"
        }
    }
}
