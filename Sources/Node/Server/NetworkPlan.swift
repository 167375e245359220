import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import Ordering

/// A network as files: keys in Fabric's folders, a genesis block, one folder for each node.
///
///     organizations/peerOrganizations/<domain>/..., ordererOrganizations/<domain>/...    as Fabric's tools lay them out, keys included
///     <channel>.block                                                                   the channel's first block
///     nodes/<name>/node.yaml                                                            what `selvage node start` reads; its data are beside it
///     peer-<organisation>.env                                                           settings of Fabric's `peer` command, for a shell
package struct NetworkPlan: Equatable, Sendable {
    /// How large the network is.
    package enum Preset: String, CaseIterable, Sendable {
        /// One organisation with one peer, and one ordering node.
        case solo
        /// Two organisations with a peer each, and a committee of four of one more organisation.
        case dev
        /// Two organisations with a peer each, and a committee of seven, each of an organisation of its own.
        case medium
        /// The pool of the paper: 101 institutions, of which 30 order, 20 audit and 51 only vote; beside it two organisations with a peer each.
        /// The nodes of the pool are one process.
        case paper

        /// Organisations with a peer each, members of the committee, and how many organisations these are of.
        var sizes: (organizations: Int, members: Int, ordererOrganizations: Int) {
            switch self {
            case .solo: (1, 1, 1)
            case .dev: (2, 4, 1)
            case .medium: (2, 7, 7)
            case .paper: (2, 30, 30)
            }
        }

        /// The sizes of a pool.
        var elections: ElectionSizes.Preset {
            switch self {
            case .solo: .solo
            case .dev: .dev
            case .medium: .medium
            case .paper: .paper
            }
        }
    }

    /// How the committee comes into office.
    package enum Governance: Equatable, Sendable {
        /// It stays as block 0 has it.
        case fixed
        /// Every ordering node has an institution of its own in the pool; who is left out of the first committee audits and takes the place of a
        /// member that loses its office, and all others only vote. Two agencies hold elections; their keys are the folder's (0034).
        case pool
    }

    package struct Node: Equatable, Sendable {
        package let name: String
        package let mspID: MSPID
        package let domain: String
        package let role: NodeConfiguration.Role
        /// Where others find it.
        package let host: String
        package let port: Int
        /// Of an ordering node: where channels are joined.
        package let adminPort: Int?

        /// The folder in `nodes` of the process that this node shares with others; nil for one of its own.
        let process: String?

        /// The node's part of the network's folder.
        package var folder: String { "nodes/\(self.process.map { "\($0)/" } ?? "")\(self.name)" }
        /// The way from there to the network's folder.
        var root: String { self.process == nil ? "../.." : "../../.." }
        var address: String { "\(self.host):\(self.port)" }
    }

    /// How far the admin port of the first ordering node is from the first port; the other ordering nodes come after it, two ports each.
    private static let adminPort = 3
    private static let localHost = "localhost"
    /// As many ordering nodes may be asked for; the paper's committee has 30.
    package static let mostMembers = 50

    package static let ordererDomain = "example.com"
    package static let ordererMSP: MSPID = "OrdererMSP"

    package let preset: Preset
    package let governance: Governance
    package let channel: ChannelID
    /// The first node listens here, the others on the ports after it.
    package let firstPort: Int
    /// How long an envelope waits for others of its block.
    package let batchMilliseconds: Int64
    /// The organisations that own peers.
    package let organizations: [OrganizationSpec]
    /// The organisations that own the ordering nodes.
    package let ordererOrganizations: [OrganizationSpec]
    /// The ordering nodes, then a peer of each organisation.
    package let nodes: [Node]
    /// How many of the ordering nodes are the first committee.
    let producers: Int
    /// Whether epochs of a pool are short.
    let isQuick: Bool
    /// Whether some nodes are on other machines.
    private var isSpread: Bool { self.nodes.contains { $0.host != Self.localHost && !$0.host.hasPrefix("127.") } }

    /// - Parameters:
    ///   - hosts: Where each node is; nil when all are on this machine.
    ///   - members: The size of the committee, when it is not the preset's.
    ///   - governance: How the committee comes into office; the preset `paper` always has a pool.
    ///   - isQuick: Whether the epochs of a pool are short enough to watch an election.
    /// - Throws: `NodeConfigurationError.invalid` when the ports go beyond 65535, or a node has no machine.
    package init(
        preset: Preset = .dev, channel: ChannelID = "mychannel", firstPort: Int = 7050, batchMilliseconds: Int64 = 200,
        hosts: NetworkHosts? = nil, members: Int? = nil, governance: Governance = .fixed, isQuick: Bool = false
    ) throws(NodeConfigurationError) {
        let sizes = preset.sizes
        let isPool = governance == .pool || preset == .paper
        let producers = max(1, members ?? sizes.members)
        let members = producers + (isPool ? preset.elections.sizes.auditNodes : 0)
        let hasOwn = sizes.ordererOrganizations > 1 || isPool
        // One process for fifty nodes, and no connections between them, where they are on one machine.
        let process = preset == .paper && hosts == nil ? "pool" : nil
        let ports = Self.adminPort + 1 + 2 * (members - 1)
        self.preset = preset
        self.governance = isPool ? .pool : .fixed
        self.producers = producers
        self.isQuick = isQuick
        self.channel = channel
        self.firstPort = firstPort
        self.batchMilliseconds = batchMilliseconds
        guard firstPort > 0, firstPort <= 65_536 - ports else {
            throw .invalid(file: "network", place: nil, key: "port", reason: "\(firstPort) must be from 1 to \(65_536 - ports)")
        }
        let organizations = (1...sizes.organizations).map {
            OrganizationSpec(mspID: MSPID("Org\($0)MSP"), domain: "org\($0).example.com", kind: .peer)
        }
        let institutions = isPool ? max(members, preset.elections.sizes.pool) : members
        let ordering =
            !hasOwn
            ? [OrganizationSpec(mspID: Self.ordererMSP, domain: Self.ordererDomain, kind: .orderer)]
            : (1...institutions).map { OrganizationSpec(mspID: MSPID("Ord\($0)MSP"), domain: "ord\($0).example.com", kind: .orderer) }
        var nodes = (0..<members).map { index in
            // Fabric's own networks number them so: orderer, orderer2, orderer3.
            let organization = ordering[hasOwn ? index : 0]
            let name = !hasOwn && index > 0 ? "orderer\(index + 1)" : "orderer"
            let port = index == 0 ? firstPort : firstPort + Self.adminPort + 1 + 2 * (index - 1)
            return Node(
                name: "\(name).\(organization.domain)", mspID: organization.mspID, domain: organization.domain, role: .orderer,
                host: Self.localHost, port: port, adminPort: index == 0 ? firstPort + Self.adminPort : port + 1, process: process)
        }
        nodes += organizations.enumerated().map { index, organization in
            Node(
                name: "peer0.\(organization.domain)", mspID: organization.mspID, domain: organization.domain, role: .peer,
                host: Self.localHost, port: firstPort + 1 + index, adminPort: nil, process: nil)
        }
        self.organizations = organizations
        self.ordererOrganizations = ordering
        self.nodes = try hosts.map { (hosts) throws(NodeConfigurationError) in try hosts.placed(nodes) } ?? nodes
    }

    private func nodes(of organization: OrganizationSpec) -> [Node] { self.nodes.filter { $0.mspID == organization.mspID } }

    /// Makes all keys, and everything that is written of them.
    package func files(now: Timestamp, random: inout some RandomSource) throws -> FileTree {
        let validity = ValidityPeriod.decade(from: now)
        var tree = FileTree()
        var consenters: [Consenter] = []
        var ordering: [GenesisProfile.Organization] = []
        var seats: [PoolSeat] = []
        for organization in self.ordererOrganizations {
            var authority = try DevelopmentAuthority(organization: organization, random: &random, validity: validity)
            if self.governance == .pool { seats.append(try Self.seat(&authority, &random)) }
            for (node, identity) in try self.staff(&authority, &random) {
                let tls = authority.tlsIdentity(of: node.name)?.certificate.pem ?? []
                consenters.append(
                    Consenter(
                        id: UInt32(consenters.count + 1), host: node.host, port: UInt32(node.port), mspID: node.mspID,
                        identity: identity.certificate.pem, clientTLSCertificate: tls, serverTLSCertificate: tls))
            }
            tree.add(Self.below("organizations", authority.cryptogenFolder()))
            ordering.append(
                GenesisProfile.Organization(msp: authority.mspConfiguration(), endpoints: self.nodes(of: organization).map(\.address)))
        }
        var members: [GenesisProfile.Organization] = []
        for (index, organization) in self.organizations.enumerated() {
            var authority = try DevelopmentAuthority(organization: organization, random: &random, validity: validity)
            let peers = try self.staff(&authority, &random).map(\.node)
            try authority.issue(commonName: "User1@\(organization.domain)", role: .client, random: &random)
            members.append(
                GenesisProfile.Organization(
                    msp: authority.mspConfiguration(), anchorPeers: peers.map { AnchorPeer(host: $0.host, port: Int32($0.port)) }))
            tree.add(Self.below("organizations", authority.cryptogenFolder()))
            for peer in peers.prefix(1) { tree.add("peer-org\(index + 1).env", self.environment(of: organization, peer)) }
        }
        var profile = GenesisProfile(
            channelID: self.channel, applicationOrganizations: members, ordererOrganizations: ordering, consenters: consenters,
            batch: BatchConfiguration(timeoutMilliseconds: self.batchMilliseconds), createdAt: now)
        if self.governance == .pool {
            let agencies = try PoolKeys.agencies(&random)
            tree.add(PoolKeys.files(of: agencies))
            try self.found(&profile, on: seats, agencies: agencies.agencies)
        }
        let genesis = try profile.genesisBlock()
        tree.add("\(self.channel).block", genesis.serialized())
        for node in self.nodes { tree.add("\(node.folder)/node.yaml", self.text(of: node)) }
        return tree
    }

    /// An organisation's administrator, and its nodes.
    private func staff(
        _ authority: inout DevelopmentAuthority, _ random: inout some RandomSource
    ) throws(CryptoError) -> [(node: Node, identity: SigningIdentity)] {
        let organization = authority.organization
        try authority.issue(commonName: "Admin@\(organization.domain)", role: .admin, random: &random)
        var staff: [(Node, SigningIdentity)] = []
        for node in self.nodes(of: organization) {
            let role: NodeRole = node.role == .peer ? .peer : .orderer
            staff.append(
                (node, try authority.issue(commonName: node.name, role: role, hosts: [Self.localHost, "127.0.0.1", node.host], random: &random)))
        }
        return staff
    }

    private static func below(_ folder: String, _ tree: FileTree) -> FileTree {
        var moved = FileTree()
        for file in tree.files { moved.add(FileTree.File(path: "\(folder)/\(file.path)", bytes: file.bytes, isSecret: file.isSecret)) }
        return moved
    }
}

/// The texts that a network's folder holds.
extension NetworkPlan {
    /// A node that others reach from elsewhere listens at all addresses of its machine.
    private var listenHost: String { self.isSpread ? "0.0.0.0" : "127.0.0.1" }

    private func text(of node: Node) -> String {
        let kind = node.role == .peer ? "peer" : "orderer"
        let home = "\(node.root)/organizations/\(kind)Organizations/\(node.domain)/\(kind)s/\(node.name)"
        return """
            # One node. Paths are seen from this file. Start it with: selvage node start --config FILE
            name: \(node.name)
            mspID: \(node.mspID)
            msp: \(home)/msp
            data: data
            listen: \(self.listenHost):\(node.port)
            # Where others reach it, as in the channel's anchor peers and addresses of ordering nodes.
            address: \(node.host):\(node.port)
            tls:
              certificate: \(home)/tls/server.crt
              key: \(home)/tls/server.key
            roles: [\(node.role.rawValue)]\(node.adminPort.map { self.adminText(home, port: $0) } ?? "")
            # Genesis blocks of channels that the node is in from the start; a peer joins more with: peer channel join
            channels: [\(node.root)/\(self.channel).block]

            """
    }

    private func adminText(_ home: String, port: Int) -> String {
        """

        # Where channels are joined with Fabric's osnadmin command, by those who show a TLS certificate of the organisation.
        admin:
          listen: \(self.listenHost):\(port)
          clientAuthorities: [\(home)/tls/ca.crt]
        """
    }

    /// Settings of Fabric's `peer` command for the administrator of an organisation; to be read with `source`.
    private func environment(of organization: OrganizationSpec, _ peer: Node) -> String {
        let home = "$SELVAGE_NETWORK/organizations/peerOrganizations/\(organization.domain)"
        let ordering = self.ordererOrganizations[0].domain
        let orderer = "$SELVAGE_NETWORK/organizations/ordererOrganizations/\(ordering)/tlsca/tlsca.\(ordering)-cert.pem"
        return """
            # For Fabric's peer command, as the administrator of \(organization.mspID): source this file in bash.
            SELVAGE_NETWORK=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
            export SELVAGE_NETWORK
            export CORE_PEER_TLS_ENABLED=true
            export CORE_PEER_LOCALMSPID=\(organization.mspID)
            export CORE_PEER_ADDRESS=\(peer.address)
            export CORE_PEER_TLS_ROOTCERT_FILE=\(home)/tlsca/tlsca.\(organization.domain)-cert.pem
            export CORE_PEER_MSPCONFIGPATH=\(home)/users/Admin@\(organization.domain)/msp
            # Use with: peer ... -o \(self.nodes[0].address) --tls --cafile "$ORDERER_CA"
            export ORDERER_CA=\(orderer)

            """
    }
}
