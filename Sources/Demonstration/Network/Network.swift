import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Identity
import LedgerModel
import Node
import SelvageClient
import SystemContracts

/// The demonstration's network in one process: every part is the real one, only the wires between them are calls.
final class Network {
    let environment = SystemEnvironment()
    let genesis: OrderedBlock
    let ordering: OrderingNode
    /// The endorsing peers, in the order of `Organizations.consortium`.
    let peers: [PeerNode]
    /// The custodians' own peers, in the order of `Organizations.custodians`.
    let followers: [PeerNode]
    let custodians: [CustodianLink]
    private var authorities: [MSPID: DevelopmentAuthority]
    private let approvals: [LocalApprovals]
    private var random = SystemRandomSource()

    /// Makes authorities, keys, the genesis block and all nodes, and writes the certificate folders.
    init(directory: String) throws {
        let now = self.environment.now()
        var authorities: [MSPID: DevelopmentAuthority] = [:]
        var random = SystemRandomSource()
        for organization in Organizations.consortium + Organizations.custodians + [Organizations.orderer] {
            authorities[organization.mspID] = try DevelopmentAuthority(
                organization: organization, random: &random, validity: .decade(from: now))
        }
        func issue(_ name: String, _ role: NodeRole, _ organization: OrganizationSpec) throws -> SigningIdentity {
            guard let identity = try authorities[organization.mspID]?.issue(commonName: name, role: role, random: &random) else {
                throw MissingAuthority(organization: organization.mspID)
            }
            return identity
        }
        let orderer = try issue("orderer1.\(Organizations.orderer.domain)", .orderer, Organizations.orderer)
        let genesis = try Self.genesis(authorities, orderer: orderer, now: now)
        self.genesis = genesis
        self.ordering = try OrderingNode(
            name: "orderer1", identity: orderer, folder: directory + "/orderer1", genesis: genesis, environment: self.environment)
        let environment = self.environment
        var approvals: [LocalApprovals] = []
        func peer(_ organization: OrganizationSpec) throws -> PeerNode {
            let own = LocalApprovals(organization: organization.mspID)
            approvals.append(own)
            let name = "peer0.\(organization.domain)"
            return try PeerNode(
                name: name, identity: try issue(name, .peer, organization), folder: directory + "/\(name)", genesis: genesis,
                machine: ContractMachine(catalogue: SystemContracts.catalogue(approvals: own)) { environment.monotonicNanoseconds() },
                environment: environment)
        }
        self.peers = try Organizations.consortium.map(peer)
        self.approvals = approvals
        let followers = try Organizations.custodians.map(peer)
        self.followers = followers
        self.custodians = try zip(Organizations.custodians, followers).map { organization, follower in
            let identity = try issue("custodian@\(organization.domain)", .client, organization)
            let gateway = Gateway(identity: identity, channel: Organizations.channel, orderer: NoOrderer(), environment: environment)
            return CustodianLink(
                try Custodian(
                    name: organization.domain, identity: identity, folder: directory + "/\(organization.domain)",
                    grants: ContractGrantReading(gateway: gateway, peer: follower, environment: environment), environment: environment))
        }
        self.authorities = authorities
    }

    /// All peers that follow the channel.
    var allPeers: [PeerNode] { self.peers + self.followers }

    /// Issues an identity of an organisation.
    func issue(_ name: String, _ role: NodeRole, of organization: OrganizationSpec) throws -> SigningIdentity {
        guard let identity = try self.authorities[organization.mspID]?.issue(commonName: name, role: role, random: &self.random) else {
            throw MissingAuthority(organization: organization.mspID)
        }
        return identity
    }

    /// A client of the network.
    func gateway(_ identity: SigningIdentity) -> Gateway {
        Gateway(identity: identity, channel: Organizations.channel, orderer: self.ordering, environment: self.environment)
    }

    /// Has every organisation of the consortium approve a definition, each at its own peer.
    func approve(_ definition: ChaincodeDefinition) {
        for own in self.approvals { own.approve(definition, channel: Organizations.channel) }
    }

    /// Writes the certificates and keys in cryptogen's layout.
    func writeFolders(below directory: String) throws {
        for organization in Organizations.consortium + Organizations.custodians + [Organizations.orderer] {
            try self.authorities[organization.mspID]?.cryptogenFolder().write(to: directory + "/organizations")
        }
    }

    private static func genesis(
        _ authorities: [MSPID: DevelopmentAuthority], orderer: SigningIdentity, now: Timestamp
    ) throws -> OrderedBlock {
        func organization(_ spec: OrganizationSpec, endpoints: [String] = []) throws -> GenesisProfile.Organization {
            guard let authority = authorities[spec.mspID] else { throw MissingAuthority(organization: spec.mspID) }
            return GenesisProfile.Organization(msp: authority.mspConfiguration(), endpoints: endpoints)
        }
        let profile = GenesisProfile(
            channelID: Organizations.channel,
            applicationOrganizations: try (Organizations.consortium + Organizations.custodians).map { try organization($0) },
            ordererOrganizations: [try organization(Organizations.orderer, endpoints: ["127.0.0.1:7050"])],
            consenters: [
                Consenter(
                    id: 1, host: "127.0.0.1", port: 7050, mspID: Organizations.orderer.mspID, identity: orderer.certificate.pem,
                    clientTLSCertificate: orderer.certificate.pem, serverTLSCertificate: orderer.certificate.pem)
            ],
            endorsement: try SignaturePolicy(text: Organizations.lifecyclePolicy), createdAt: now)
        return try profile.genesisBlock()
    }
}

/// An organisation without a certificate authority: a mistake in the demonstration itself.
struct MissingAuthority: Error, CustomStringConvertible {
    let organization: MSPID
    var description: String { "organisation \(self.organization) has no certificate authority in this demonstration" }
}

/// For clients that only read.
struct NoOrderer: OrdererConnection {
    func broadcast(_ envelope: Envelope) -> BroadcastReply { BroadcastReply(status: 503, info: "this client only reads") }
}
