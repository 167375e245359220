import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import FabricMessages
import Glibc
import Identity
import LedgerModel
import Node
import SelvageClient
import SystemContracts

/// Runs a channel of two organisations and one orderer on ports of this machine, for clients that are not ours, until its standard input ends.
///
///     WireHost FOLDER [--tls]
///
/// It writes the organisations' folders below FOLDER in the layout of Fabric's tools, defines the contract "notes", and prints one line:
/// "ready", then the addresses of the orderer and of the peers.
@main
struct WireHost {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let folder = arguments.first(where: { !$0.hasPrefix("-") }) else {
            print("usage: WireHost FOLDER [--tls]")
            exit(2)
        }
        let network = try HostedNetwork(folder: folder, usesTLS: arguments.contains("--tls"))
        try await network.run { endpoints in
            print("ready " + endpoints.map(\.description).joined(separator: " "))
            fflush(nil)
        }
    }
}

/// The nodes of the channel and their servers.
struct HostedNetwork {
    static let channel: ChannelID = "wire"
    static let policy = "AND('Org1MSP.peer', 'Org2MSP.peer')"

    private let environment = SystemEnvironment()
    private let organizations: [DevelopmentAuthority]
    private let orderers: DevelopmentAuthority
    private let orderer: OrderingNode
    private let peers: [PeerNode]
    /// Of the peers: chaincodes of packages that are installed on them.
    private let processes: [ChaincodeProcesses]
    private let administrators: [SigningIdentity]
    private let usesTLS: Bool

    init(folder: String, usesTLS: Bool) throws {
        self.usesTLS = usesTLS
        var random = SystemRandomSource()
        let environment = self.environment
        let validity = ValidityPeriod.decade(from: environment.now())
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random, validity: validity)
        }
        var organizations = [try authority("Org1MSP", "org1.example", .peer), try authority("Org2MSP", "org2.example", .peer)]
        var orderers = try authority("OrdererMSP", "orderer.example", .orderer)
        let ordering = try orderers.issue(commonName: "orderer1.orderer.example", role: .orderer, hosts: ["localhost"], random: &random)
        var (peers, administrators): ([SigningIdentity], [SigningIdentity]) = ([], [])
        for index in organizations.indices {
            let domain = organizations[index].organization.domain
            peers.append(try organizations[index].issue(commonName: "peer0." + domain, role: .peer, hosts: ["localhost"], random: &random))
            administrators.append(try organizations[index].issue(commonName: "Admin@" + domain, role: .admin, random: &random))
            try organizations[index].issue(commonName: "User1@" + domain, role: .client, random: &random)
        }
        let genesis = try GenesisProfile(
            channelID: Self.channel, applicationOrganizations: organizations.map { GenesisProfile.Organization(msp: $0.mspConfiguration()) },
            ordererOrganizations: [GenesisProfile.Organization(msp: orderers.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: [Consenter(id: 1, host: "localhost", port: 7050, mspID: "OrdererMSP", identity: ordering.certificate.pem)],
            batch: BatchConfiguration(timeoutMilliseconds: 100), endorsement: try SignaturePolicy(text: Self.policy), createdAt: environment.now()
        ).genesisBlock()
        for authority in organizations + [orderers] { try authority.cryptogenFolder().write(to: folder) }
        self.orderer = try OrderingNode(
            name: "orderer1", identity: ordering, folder: folder + "/orderer1", genesis: genesis, environment: environment)
        let packages = peers.indices.map { PackageFolder(folder: folder + "/peer\($0)/packages") }
        let processes = packages.map { ChaincodeProcesses(packages: $0) }
        self.processes = processes
        self.peers = try peers.enumerated().map { index, identity in
            let home = folder + "/peer\(index)"
            let catalogue = SystemContracts.catalogue(
                contracts: [Notes()], packages: packages[index], runtime: { processes[index].runtime(of: $0) })
            return try PeerNode(
                name: "peer0.org\(index + 1).example", identity: identity, folder: home, genesis: genesis,
                machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }, environment: environment)
        }
        (self.organizations, self.orderers, self.administrators) = (organizations, orderers, administrators)
    }

    /// Runs until standard input ends.
    func run(_ isReady: @Sendable ([WireEndpoint]) -> Void) async throws {
        self.orderer.deliver(to: self.peers)
        let servers = try self.servers()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.orderer.run() }
            for server in servers { group.addTask { try await server.run() } }
            for processes in self.processes { group.addTask { await processes.run() } }
            try await self.defineContract()
            var endpoints: [WireEndpoint] = []
            for server in servers { endpoints.append(try await server.endpoint()) }
            isReady(endpoints)
            await Self.waitForEndOfInput()
            for server in servers { server.stop() }
            for processes in self.processes { processes.stop() }
            self.orderer.stop()
            try await group.waitForAll()
        }
    }

    private func servers() throws -> [WireServer] {
        let anyPort = WireEndpoint(host: "127.0.0.1", port: 0)
        let environment = self.environment
        let ordering = try WireServer(listen: anyPort, tls: self.tls("orderer1.orderer.example", of: self.orderers), clock: { environment.now() }) {
            [orderer] context in
            [AtomicBroadcastService(context, orderer: orderer) { $0 == Self.channel ? orderer : nil }]
        }
        return try [ordering]
            + self.peers.enumerated().map { index, peer in
                let gateway = self.gatewayChannel(of: index)
                return try WireServer(
                    listen: anyPort, tls: self.tls(peer.name, of: self.organizations[index]), clock: { environment.now() }
                ) { context in
                    [
                        EndorserService(context, peer: peer), DeliverService(context) { $0 == Self.channel ? peer : nil },
                        GatewayService(context) { $0 == Self.channel ? gateway : nil },
                    ]
                }
            }
    }

    /// What a peer's gateway knows: all nodes are in this process.
    private func gatewayChannel(of index: Int) -> GatewayChannel {
        func known(_ peer: PeerNode) -> GatewayPeer { GatewayPeer(peer, address: peer.name + ":7051") }
        let peer = self.peers[index]
        return GatewayChannel(
            ledger: peer, local: known(peer), others: self.peers.filter { $0 !== peer }.map(known),
            orderers: [GatewayOrderer(self.orderer, address: "orderer1.orderer.example:7050", mspID: "OrdererMSP")])
    }

    private func tls(_ name: String, of authority: DevelopmentAuthority) -> ServerTLS? {
        guard self.usesTLS, let pair = authority.tlsIdentity(of: name) else { return nil }
        return ServerTLS(certificates: pair.certificate.pem, key: Array(pair.keyPEM.utf8))
    }

    /// Both organisations approve the contract, then it is committed.
    private func defineContract() async throws {
        let policy = try SignaturePolicy(text: Self.policy)
        var parameter = Protos_ApplicationPolicy()
        parameter.signaturePolicy = try Common_SignaturePolicyEnvelope.decode(policy.envelope(), as: "endorsement policy")
        let definition = ChaincodeDefinition(name: "notes", version: "1.0", sequence: 1, validationParameter: parameter.encoded())
        func gateway(_ identity: SigningIdentity) -> Gateway {
            Gateway(identity: identity, channel: Self.channel, orderer: self.orderer, environment: self.environment)
        }
        for (administrator, peer) in zip(self.administrators, self.peers) {
            let status = try await gateway(administrator).submit(try definition.approval(), endorsedBy: [peer]).status
            for peer in self.peers { _ = try await peer.commitStatus(of: status.transaction) }
        }
        let status = try await gateway(self.administrators[0]).submit(try definition.commit(), endorsedBy: self.peers).status
        for peer in self.peers { _ = try await peer.commitStatus(of: status.transaction) }
    }

    /// Reads on a thread of its own: the pool has no thread to spare for waiting.
    private static func waitForEndOfInput() async {
        let (lines, input) = AsyncStream<Void>.makeStream()
        let reader = EndOfInput { input.finish() }
        reader.start()
        for await _ in lines {}
    }
}
