import CryptoPrimitives

/// An organisational unit that the organisation knows, optionally bound to the authority that must have certified it.
package struct OrganizationalUnitIdentifier: Hashable, Sendable {
    package var name: String
    /// A root or intermediate of the organisation; nil accepts any.
    package var certificate: Certificate?

    package init(name: String, certificate: Certificate? = nil) {
        self.name = name
        self.certificate = certificate
    }
}

/// How the organisation tells clients, peers, admins and orderers apart: by an organisational unit in the certificate's subject.
package struct NodeOUs: Hashable, Sendable {
    package var isEnabled: Bool
    package var client: OrganizationalUnitIdentifier?
    package var peer: OrganizationalUnitIdentifier?
    package var admin: OrganizationalUnitIdentifier?
    package var orderer: OrganizationalUnitIdentifier?

    package init(
        isEnabled: Bool = true, client: OrganizationalUnitIdentifier? = nil, peer: OrganizationalUnitIdentifier? = nil,
        admin: OrganizationalUnitIdentifier? = nil, orderer: OrganizationalUnitIdentifier? = nil
    ) {
        self.isEnabled = isEnabled
        self.client = client
        self.peer = peer
        self.admin = admin
        self.orderer = orderer
    }

    /// The usual four names, each bound to the same authority.
    package static func standard(certifiedBy authority: Certificate?) -> NodeOUs {
        func unit(_ role: NodeRole) -> OrganizationalUnitIdentifier {
            OrganizationalUnitIdentifier(name: role.organizationalUnit, certificate: authority)
        }
        return NodeOUs(client: unit(.client), peer: unit(.peer), admin: unit(.admin), orderer: unit(.orderer))
    }

    /// The unit of a role, when one is configured.
    package subscript(role: NodeRole) -> OrganizationalUnitIdentifier? {
        switch role {
        case .client: self.client
        case .peer: self.peer
        case .admin: self.admin
        case .orderer: self.orderer
        }
    }
}
