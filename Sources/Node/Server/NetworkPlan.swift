import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel

/// A network for development as files: keys in Fabric's folders, a genesis block, one folder for each node.
///
///     organizations/peerOrganizations/<domain>/..., ordererOrganizations/<domain>/...    as Fabric's tools lay them out, keys included
///     <channel>.block                                                                   the channel's first block
///     nodes/<name>/node.yaml                                                            what `selvage node start` reads; its data are beside it
///     peer-<organisation>.env                                                           settings of Fabric's `peer` command, for a shell
package struct NetworkPlan: Equatable, Sendable {
    /// How large the network is.
    package enum Preset: String, CaseIterable, Sendable {
        /// One organisation with one peer.
        case solo
        /// Two organisations with a peer each.
        case dev
    }

    package struct Node: Equatable, Sendable {
        package let name: String
        package let mspID: MSPID
        package let domain: String
        package let role: NodeConfiguration.Role
        package let port: Int

        /// The node's part of the network's folder.
        package var folder: String { "nodes/\(self.name)" }
    }

    /// How far the admin port of the ordering node is from the first port.
    private static let adminPort = 3

    package static let ordererDomain = "example.com"
    package static let ordererMSP: MSPID = "OrdererMSP"

    package let preset: Preset
    package let channel: ChannelID
    /// The first node listens here, the others on the ports after it.
    package let firstPort: Int
    /// How long an envelope waits for others of its block.
    package let batchMilliseconds: Int64

    /// - Throws: `NodeConfigurationError.invalid` when the ports go beyond 65535.
    package init(
        preset: Preset = .dev, channel: ChannelID = "mychannel", firstPort: Int = 7050, batchMilliseconds: Int64 = 200
    ) throws(NodeConfigurationError) {
        self.preset = preset
        self.channel = channel
        self.firstPort = firstPort
        self.batchMilliseconds = batchMilliseconds
        guard firstPort > 0, firstPort <= 65_535 - Self.adminPort else {
            throw .invalid(file: "network", place: nil, key: "port", reason: "\(firstPort) must be from 1 to 65532")
        }
    }

    /// The organisations that own peers.
    package var organizations: [OrganizationSpec] {
        (1...(self.preset == .solo ? 1 : 2)).map { OrganizationSpec(mspID: MSPID("Org\($0)MSP"), domain: "org\($0).example.com", kind: .peer) }
    }

    /// The orderer, then a peer of each organisation.
    package var nodes: [Node] {
        [Node(name: "orderer.\(Self.ordererDomain)", mspID: Self.ordererMSP, domain: Self.ordererDomain, role: .orderer, port: self.firstPort)]
            + self.organizations.enumerated().map { index, organization in
                Node(
                    name: "peer0.\(organization.domain)", mspID: organization.mspID, domain: organization.domain, role: .peer,
                    port: self.firstPort + 1 + index)
            }
    }

    /// Makes all keys, and everything that is written of them.
    package func files(now: Timestamp, random: inout some RandomSource) throws -> FileTree {
        let validity = ValidityPeriod.decade(from: now)
        var orderers = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: Self.ordererMSP, domain: Self.ordererDomain, kind: .orderer), random: &random, validity: validity)
        let ordering = try Self.staff(&orderers, node: "orderer", role: .orderer, &random)
        var tree = FileTree()
        var members: [GenesisProfile.Organization] = []
        for (index, organization) in self.organizations.enumerated() {
            var authority = try DevelopmentAuthority(organization: organization, random: &random, validity: validity)
            try Self.staff(&authority, node: "peer0", role: .peer, &random)
            try authority.issue(commonName: "User1@\(organization.domain)", role: .client, random: &random)
            let anchor = AnchorPeer(host: "localhost", port: Int32(self.firstPort + 1 + index))
            members.append(GenesisProfile.Organization(msp: authority.mspConfiguration(), anchorPeers: [anchor]))
            tree.add(Self.below("organizations", authority.cryptogenFolder()))
            tree.add("peer-org\(index + 1).env", self.environment(of: organization, port: Int(anchor.port)))
        }
        tree.add(Self.below("organizations", orderers.cryptogenFolder()))
        let tlsCertificate = orderers.tlsIdentity(of: "orderer.\(Self.ordererDomain)")?.certificate.pem ?? []
        let genesis = try GenesisProfile(
            channelID: self.channel, applicationOrganizations: members,
            ordererOrganizations: [GenesisProfile.Organization(msp: orderers.mspConfiguration(), endpoints: ["localhost:\(self.firstPort)"])],
            consenters: [
                Consenter(
                    id: 1, host: "localhost", port: UInt32(self.firstPort), mspID: Self.ordererMSP, identity: ordering.certificate.pem,
                    clientTLSCertificate: tlsCertificate, serverTLSCertificate: tlsCertificate)
            ],
            batch: BatchConfiguration(timeoutMilliseconds: self.batchMilliseconds), createdAt: now
        ).genesisBlock()
        tree.add("\(self.channel).block", genesis.serialized())
        for node in self.nodes { tree.add("\(node.folder)/node.yaml", self.text(of: node)) }
        return tree
    }

    /// A node and an administrator.
    @discardableResult
    private static func staff(
        _ authority: inout DevelopmentAuthority, node: String, role: NodeRole, _ random: inout some RandomSource
    ) throws(CryptoError) -> SigningIdentity {
        let domain = authority.organization.domain
        try authority.issue(commonName: "Admin@\(domain)", role: .admin, random: &random)
        return try authority.issue(commonName: "\(node).\(domain)", role: role, hosts: ["localhost", "127.0.0.1"], random: &random)
    }

    private static func below(_ folder: String, _ tree: FileTree) -> FileTree {
        var moved = FileTree()
        for file in tree.files { moved.add(FileTree.File(path: "\(folder)/\(file.path)", bytes: file.bytes, isSecret: file.isSecret)) }
        return moved
    }

    private func text(of node: Node) -> String {
        let kind = node.role == .peer ? "peer" : "orderer"
        let home = "../../organizations/\(kind)Organizations/\(node.domain)/\(kind)s/\(node.name)"
        return """
            # One node. Paths are seen from this file. Start it with: selvage node start --config FILE
            name: \(node.name)
            mspID: \(node.mspID)
            msp: \(home)/msp
            data: data
            listen: 127.0.0.1:\(node.port)
            tls:
              certificate: \(home)/tls/server.crt
              key: \(home)/tls/server.key
            roles: [\(node.role.rawValue)]\(node.role == .orderer ? self.adminText(home) : "")
            # Genesis blocks of channels that the node is in from the start; a peer joins more with: peer channel join
            channels: [../../\(self.channel).block]

            """
    }

    private func adminText(_ home: String) -> String {
        """

        # Where channels are joined with Fabric's osnadmin command, by those who show a TLS certificate of the organisation.
        admin:
          listen: 127.0.0.1:\(self.firstPort + Self.adminPort)
          clientAuthorities: [\(home)/tls/ca.crt]
        """
    }

    /// Settings of Fabric's `peer` command for the administrator of an organisation; to be read with `source`.
    private func environment(of organization: OrganizationSpec, port: Int) -> String {
        let home = "$SELVAGE_NETWORK/organizations/peerOrganizations/\(organization.domain)"
        let orderer = "$SELVAGE_NETWORK/organizations/ordererOrganizations/\(Self.ordererDomain)/tlsca/tlsca.\(Self.ordererDomain)-cert.pem"
        return """
            # For Fabric's peer command, as the administrator of \(organization.mspID): source this file in bash.
            SELVAGE_NETWORK=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
            export SELVAGE_NETWORK
            export CORE_PEER_TLS_ENABLED=true
            export CORE_PEER_LOCALMSPID=\(organization.mspID)
            export CORE_PEER_ADDRESS=localhost:\(port)
            export CORE_PEER_TLS_ROOTCERT_FILE=\(home)/tlsca/tlsca.\(organization.domain)-cert.pem
            export CORE_PEER_MSPCONFIGPATH=\(home)/users/Admin@\(organization.domain)/msp
            # Use with: peer ... -o localhost:\(self.firstPort) --tls --cafile "$ORDERER_CA"
            export ORDERER_CA=\(orderer)

            """
    }
}
