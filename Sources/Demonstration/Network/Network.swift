import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Identity
import LedgerModel
import Node
import Ordering
import SelvageClient
import SystemContracts

/// The demonstration's network in one process: every part is the real one, only the wires between them are calls.
final class Network {
    let environment = SystemEnvironment()
    let genesis: OrderedBlock
    let ordering: OrderingCommittee
    /// The wires between the members of the committee.
    let wires = CopiedKeyTransport()
    /// The endorsing peers, in the order of `Organizations.consortium`.
    let peers: [PeerNode]
    /// The custodians' own peers, in the order of `Organizations.custodians`.
    let followers: [PeerNode]
    let custodians: [CustodianLink]
    let profile: PoolProfile
    /// The pool out of which the committee is elected, in the order of the profile.
    private(set) var institutions: [Institution]
    let agencies = AgencyKeys()
    private let directory: String
    /// How long anybody waits for a block before the run ends with an error.
    let patience: Duration
    private var authorities: [MSPID: DevelopmentAuthority]
    /// The consensus keys that were registered, by the number that each has.
    var orderingKeys: [UInt32: OrderingKey] = [:]
    /// Governance as far as it was followed.
    var followed: GovernanceReplay?
    private var random = SystemRandomSource()

    /// Makes authorities, keys, the genesis block and all nodes, and writes the certificate folders.
    init(directory: String, profile: PoolProfile = PoolProfile(.dev), patience: Duration = Organizations.patience) throws {
        self.directory = directory
        self.patience = patience
        self.profile = profile
        let now = self.environment.now()
        var authorities: [MSPID: DevelopmentAuthority] = [:]
        var random = SystemRandomSource()
        for organization in profile.organizations {
            authorities[organization.mspID] = try DevelopmentAuthority(
                organization: organization, random: &random, validity: .decade(from: now))
        }
        func issue(_ name: String, _ role: NodeRole, _ organization: OrganizationSpec) throws -> SigningIdentity {
            guard let identity = try authorities[organization.mspID]?.issue(commonName: name, role: role, random: &random) else {
                throw MissingAuthority(organization: organization.mspID)
            }
            return identity
        }
        let institutions = try profile.pool.map { organization in
            guard var authority = authorities[organization.mspID] else { throw MissingAuthority(organization: organization.mspID) }
            defer { authorities[organization.mspID] = authority }
            return try Institution(organization, authority: &authority, random: &random)
        }
        self.institutions = institutions
        let settings = Self.settings(profile, institutions, agencies: self.agencies.agencies)
        let genesis = try Self.genesis(profile, authorities, institutions: institutions, settings: settings, now: now)
        self.genesis = genesis
        // Numbers are given in the order of block 0: founders first, then the audit nodes.
        for institution in institutions.prefix(profile.founders.count + profile.foundingAuditors.count) {
            self.orderingKeys[UInt32(self.orderingKeys.count) + 1] = institution.orderingKeys.first
        }
        self.ordering = try OrderingCommittee(
            seats: self.orderingKeys.sorted { $0.key < $1.key }.map { Self.seat($0.value, consenter: $0.key, below: directory) },
            genesis: genesis, settings: CommitteeSettings(tickMilliseconds: Organizations.tickMilliseconds),
            environment: self.environment, transport: self.wires)
        let environment = self.environment
        func peer(_ organization: OrganizationSpec) throws -> PeerNode {
            let name = "peer0.\(organization.domain)"
            let catalogue = SystemContracts.catalogue(packages: PackageFolder(folder: directory + "/\(name)/packages"))
            return try PeerNode(
                name: name, identity: try issue(name, .peer, organization), folder: directory + "/\(name)", genesis: genesis,
                machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() },
                environment: environment)
        }
        self.peers = try Organizations.consortium.map(peer)
        let followers = try Organizations.custodians.map(peer)
        self.followers = followers
        self.custodians = try zip(Organizations.custodians, followers).map { organization, follower in
            let identity = try issue("custodian@\(organization.domain)", .client, organization)
            let gateway = Gateway(identity: identity, channel: Organizations.channel, orderer: NoOrderer(), environment: environment)
            return CustodianLink(
                try Custodian(
                    name: organization.domain, identity: identity, folder: directory + "/\(organization.domain)",
                    grants: ContractGrantReading(gateway: gateway, peer: follower, environment: environment), environment: environment),
                certificate: identity.certificate)
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

    /// Has an institution make the consensus key with which it stands for an epoch.
    func makeOrderingKey(of member: MSPID, epoch: UInt64) throws -> OrderingKey {
        guard let index = self.institutions.firstIndex(where: { $0.id == member }), var authority = self.authorities[member] else {
            throw MissingAuthority(organization: member)
        }
        let key = try OrderingKey(of: self.institutions[index].organization, epoch: epoch, authority: &authority, random: &self.random)
        self.authorities[member] = authority
        self.institutions[index].orderingKeys.append(key)
        return key
    }

    /// Has the node of a registered key follow the chain, so that it is ready when it comes into office.
    func startNode(of consenter: UInt32) throws {
        guard let key = self.orderingKeys[consenter], !self.ordering.running.contains(consenter) else { return }
        try self.ordering.addMember(Self.seat(key, consenter: consenter, below: self.directory))
    }

    /// A client of the network.
    func gateway(_ identity: SigningIdentity) -> Gateway {
        Gateway(
            identity: identity, channel: Organizations.channel, orderer: self.ordering.connection(), environment: self.environment,
            patience: self.patience)
    }

    /// Writes the certificates and keys in cryptogen's layout.
    func writeFolders(below directory: String) throws {
        for organization in self.profile.organizations {
            try self.authorities[organization.mspID]?.cryptogenFolder().write(to: directory + "/organizations")
        }
    }

    /// Where the member of a consensus key runs.
    private static func seat(_ key: OrderingKey, consenter: UInt32, below directory: String) -> OrderingCommittee.Seat {
        OrderingCommittee.Seat(name: key.node, identity: key.identity, consenter: consenter, folder: directory + "/\(key.folder)")
    }

    /// The preset, with an epoch that is short enough to see one end.
    private static func settings(_ profile: PoolProfile, _ institutions: [Institution], agencies: Agencies) -> GovernanceSettings {
        let auditors = profile.foundingAuditors.map(\.mspID)
        let reserves = institutions.filter { auditors.contains($0.id) }.compactMap { institution in
            institution.orderingKeys.first.map {
                ReserveSeat(member: institution.id, certificate: $0.identity.certificate.pem, endpoint: $0.endpoint)
            }
        }
        var settings = GovernanceSettings(profile.preset, seats: institutions.map(\.poolSeat), agencies: agencies, reserves: reserves)
        settings.epochBlocks = profile.epochBlocks
        settings.electionStart = 1
        settings.phases = GovernanceSettings.Phases(registration: 1, issue: 1, commit: 1, reveal: 1)
        settings.heartbeatMs = 0
        return settings
    }

    private static func genesis(
        _ profile: PoolProfile, _ authorities: [MSPID: DevelopmentAuthority], institutions: [Institution], settings: GovernanceSettings,
        now: Timestamp
    ) throws -> OrderedBlock {
        func organization(_ spec: OrganizationSpec, endpoints: [String] = []) throws -> GenesisProfile.Organization {
            guard let authority = authorities[spec.mspID] else { throw MissingAuthority(organization: spec.mspID) }
            return GenesisProfile.Organization(msp: authority.mspConfiguration(), endpoints: endpoints)
        }
        var consenters: [Consenter] = []
        var inOffice: [GenesisProfile.Organization] = []
        for founder in profile.founders {
            guard let key = institutions.first(where: { $0.id == founder.mspID })?.orderingKeys.first else {
                throw MissingAuthority(organization: founder.mspID)
            }
            consenters.append(
                Consenter(
                    id: UInt32(consenters.count) + 1, host: key.endpoint.host, port: key.endpoint.port, mspID: founder.mspID,
                    identity: key.identity.certificate.pem, clientTLSCertificate: key.tlsCertificate, serverTLSCertificate: key.tlsCertificate))
            inOffice.append(try organization(founder, endpoints: [key.endpoint.description]))
        }
        let profile = GenesisProfile(
            channelID: Organizations.channel,
            applicationOrganizations: try profile.organizations.map { try organization($0) },
            ordererOrganizations: inOffice, consenters: consenters, endorsement: try SignaturePolicy(text: Organizations.lifecyclePolicy),
            governance: GovernanceSettingsFormat.encode(settings), createdAt: now)
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
