/// What the subject of a certificate is, as its organisational unit says.
package enum NodeRole: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case client
    case peer
    case admin
    case orderer

    /// The organisational unit that certificate authorities write for this role.
    package var organizationalUnit: String { self.rawValue }

    package var description: String { self.rawValue }
}

/// The role that a policy asks for; the numbers are those of `common.MSPRole`.
package enum Role: Int, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case member = 0
    case admin = 1
    case client = 2
    case peer = 3
    case orderer = 4

    /// The role's name in the text form of policies.
    package var name: String {
        switch self {
        case .member: "member"
        case .admin: "admin"
        case .client: "client"
        case .peer: "peer"
        case .orderer: "orderer"
        }
    }

    /// Reads the name, which is compared byte by byte.
    package init?(name: [UInt8]) {
        guard let role = Role.allCases.first(where: { Array($0.name.utf8) == name }) else { return nil }
        self = role
    }

    package var description: String { self.name }
}
