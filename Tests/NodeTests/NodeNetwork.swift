import Chaincode
import ChannelConfiguration
import ContractVM
import FabricMessages
import Identity
import LedgerModel
import Node
import Ordering
import SelvageClient
import SystemContracts
import TestSupport
import Testing

/// The contract of these tests: values under keys, set blindly or added to.
struct Tally: Contract {
    let name = "tally"
    var transactions: [Transaction] {
        [
            .submit("set", "key", "value") { (context: Context, key: String, value: String) throws(ContractError) in
                try context.putString(key, value)
            },
            .submit("add", "key", "text") { (context: Context, key: String, text: String) throws(ContractError) in
                try context.putString(key, (try context.getString(key) ?? "") + text)
            },
            .submit("tell", "key", "text") { (context: Context, key: String, text: String) throws(ContractError) in
                try context.putString(key, (try context.getString(key) ?? "") + text)
                try context.setEvent("told", Array(text.utf8))
            },
            .evaluate("past", "key", "count") { (context: Context, key: String, count: Int64) throws(ContractError) -> [UInt8] in
                guard count > 0 else { return Array("\(try context.history(of: key).count)".utf8) }
                let page = try context.historyPage(of: key, pageSize: Int32(clamping: count), bookmark: "")
                return Array("\(page.entries.count) \(page.bookmark)".utf8)
            },
            .evaluate("get", "key") { (context: Context, key: String) throws(ContractError) -> [UInt8] in
                try context.getState(key, orNotFound: "the tally")
            },
        ]
    }
}

/// A channel of two organisations and an ordering node in a folder of its own; nodes can be opened, dropped and opened again.
final class NodeNetwork {
    static let policy = "AND('Org1MSP.peer', 'Org2MSP.peer')"

    let folder: TemporaryFolder
    let environment = SystemEnvironment()
    let genesis: OrderedBlock
    let orderer: SigningIdentity
    /// An orderer of an authority that took the name of the channel's.
    let stranger: SigningIdentity
    let client: SigningIdentity
    /// Administrators of Org1MSP and Org2MSP, and the one of the ordering service.
    let administrators: [SigningIdentity]
    let ordererAdmin: SigningIdentity
    /// The authority of Org1MSP, which can revoke, and an organisation that is not on the channel, with a client.
    let authority: DevelopmentAuthority
    let newcomer: DevelopmentAuthority
    let newClient: SigningIdentity
    /// What all nodes know of right signatures, when they share it.
    var signatures: SignatureMemory?
    /// What runs chaincode packages on the peers; nil where they run compiled-in contracts only.
    var processes: [ChaincodeProcesses]?
    let peers: [SigningIdentity]
    private let channel: ChannelID

    init(channel: ChannelID = "tallies", batch: BatchConfiguration = BatchConfiguration(timeoutMilliseconds: 50)) throws {
        self.folder = try TemporaryFolder("selvage-node")
        self.channel = channel
        var random = SeededRandomSource(exactSeed: 1302)
        let validity = ValidityPeriod.decade(from: self.environment.now())
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random, validity: validity)
        }
        var organizations = [try authority("Org1MSP", "org1.example", .peer), try authority("Org2MSP", "org2.example", .peer)]
        var orderers = try authority("OrdererMSP", "orderer.example", .orderer)
        var strangers = try authority("OrdererMSP", "orderer.example", .orderer)
        self.orderer = try orderers.issue(commonName: "orderer1.orderer.example", role: .orderer, random: &random)
        self.stranger = try strangers.issue(commonName: "orderer1.orderer.example", role: .orderer, random: &random)
        self.client = try organizations[0].issue(commonName: "User1@org1.example", role: .client, random: &random)
        self.peers = [
            try organizations[0].issue(commonName: "peer0.org1.example", role: .peer, random: &random),
            try organizations[1].issue(commonName: "peer0.org2.example", role: .peer, random: &random),
        ]
        self.administrators = [
            try organizations[0].issue(commonName: "Admin@org1.example", role: .admin, random: &random),
            try organizations[1].issue(commonName: "Admin@org2.example", role: .admin, random: &random),
        ]
        self.ordererAdmin = try orderers.issue(commonName: "Admin@orderer.example", role: .admin, random: &random)
        self.authority = organizations[0]
        var newcomer = try authority("Org3MSP", "org3.example", .peer)
        self.newClient = try newcomer.issue(commonName: "User1@org3.example", role: .client, random: &random)
        self.newcomer = newcomer
        self.genesis = try GenesisProfile(
            channelID: channel, applicationOrganizations: organizations.map { GenesisProfile.Organization(msp: $0.mspConfiguration()) },
            ordererOrganizations: [GenesisProfile.Organization(msp: orderers.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: [
                Consenter(id: 1, host: "localhost", port: 7050, mspID: "OrdererMSP", identity: self.orderer.certificate.pem)
            ], batch: batch, endorsement: try SignaturePolicy(text: Self.policy), createdAt: self.environment.now()
        ).genesisBlock()
    }

    /// Opens the ordering node's folder.
    func openOrderer(
        _ settings: OrderingSettings = OrderingSettings(), genesis: OrderedBlock? = nil, at path: String = "orderer"
    ) throws -> OrderingNode {
        try OrderingNode(
            name: "orderer1", identity: self.orderer, folder: self.folder.path(of: path), genesis: genesis ?? self.genesis, settings: settings,
            environment: self.environment, signatures: self.signatures ?? SignatureMemory())
    }

    /// Opens the folder of an organisation's peer, or another folder with the same identity.
    func openPeer(_ index: Int, genesis: OrderedBlock? = nil, at path: String? = nil) throws -> PeerNode {
        let environment = self.environment
        let identity = self.peers[index]
        let folder = self.folder.path(of: path ?? "peer\(index)")
        var catalogue = SystemContracts.catalogue(contracts: [Tally()], packages: PackageFolder(folder: folder + "/packages"))
        if let processes = self.processes?[index] { catalogue.packages = ApprovedPackages { processes.runtime(of: $0) } }
        return try PeerNode(
            name: "peer\(index)", identity: identity, folder: folder, genesis: genesis ?? self.genesis,
            machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }, environment: environment,
            signatures: self.signatures ?? SignatureMemory())
    }

    /// Opens a peer's folder whose ledger began from a snapshot.
    func openJoined(_ index: Int, at path: String, genesis: OrderedBlock? = nil, sources: [any BlockSource]) async throws -> PeerNode {
        let environment = self.environment
        let folder = self.folder.path(of: path)
        let catalogue = SystemContracts.catalogue(contracts: [Tally()], packages: PackageFolder(folder: folder + "/packages"))
        return try await PeerNode(
            name: path, identity: self.peers[index], snapshotLedger: folder, genesis: genesis, sources: sources,
            machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }, environment: environment,
            signatures: self.signatures ?? SignatureMemory())
    }

    func gateway(_ orderer: OrderingNode, as identity: SigningIdentity? = nil) -> Gateway {
        // However slow the machine is.
        Gateway(
            identity: identity ?? self.client, channel: self.channel, orderer: orderer, environment: self.environment, patience: .seconds(1_200))
    }

    /// The contract on the channel, under the policy of both organisations.
    static func definition(sequence: Int64 = 1) throws -> ChaincodeDefinition {
        let policy = try SignaturePolicy(text: Self.policy)
        var parameter = Protos_ApplicationPolicy()
        parameter.signaturePolicy = try Common_SignaturePolicyEnvelope.decode(policy.envelope(), as: "endorsement policy")
        return ChaincodeDefinition(name: "tally", version: "1.0", sequence: sequence, validationParameter: parameter.encoded())
    }

    /// Has both organisations approve a definition, and commits it: three blocks.
    func define(_ definition: ChaincodeDefinition, on network: LiveNetwork) async throws {
        for (administrator, peer) in zip(self.administrators, network.peers) {
            let gateway = self.gateway(network.orderer, as: administrator)
            let approved = try await gateway.submit(try definition.approval(), endorsedBy: [peer]).status
            // The client waits for one peer; whoever endorses next must know the approval too.
            for peer in network.peers { _ = try await peer.commitStatus(of: approved.transaction) }
        }
        try await network.submit(try definition.commit())
    }

    /// A signed transaction without content.
    func envelope(nonce: [UInt8], by creator: SigningIdentity? = nil) throws -> Envelope {
        let creator = creator ?? self.client
        let signer = SignatureHeader(creator: creator.serialized, nonce: nonce)
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.environment.now(), channelID: self.channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: creator.serialized))
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: signer.serialized(), data: [1]
        ).serialized()
        return Envelope(payload: payload, signature: try creator.sign(payload))
    }

    /// A question of the client to a contract of the system, with arguments as they are.
    func proposal(_ chaincode: Namespace, _ arguments: [[UInt8]]) throws -> SignedProposal {
        let nonce = self.environment.randomBytes(count: 24)
        var target = Protos_ChaincodeHeaderExtension()
        target.chaincodeID.name = chaincode.text
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.environment.now(), channelID: self.channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: self.client.serialized), extensionBytes: target.encoded())
        let bytes = Proposal(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.client.serialized, nonce: nonce).serialized(),
            payloadBytes: ProposalPayload(chaincode: chaincode, arguments: arguments).serialized()
        ).serialized()
        return SignedProposal(proposalBytes: bytes, signature: try self.client.sign(bytes))
    }

    /// A request to change the configuration, signed by some and handed in by another.
    func request(
        on bundle: ChannelBundle, signers: [SigningIdentity], sender: SigningIdentity? = nil, _ change: (inout Common_ConfigGroup) throws -> Void
    ) throws -> Envelope {
        var config = bundle.config
        try change(&config.channelGroup)
        var update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: bundle.channelID)
        for signer in signers { try update.sign(by: signer, nonce: self.environment.randomBytes(count: 24)) }
        return try update.envelope(
            channel: bundle.channelID, sender: sender ?? self.client, nonce: self.environment.randomBytes(count: 24),
            timestamp: self.environment.now())
    }

    /// The change of the greatest number of envelopes in a block.
    static func maxMessageCount(_ count: UInt32) -> (inout Common_ConfigGroup) throws -> Void {
        { group in
            let bytes = group.groups["Orderer"]?.values["BatchSize"]?.value.byteArray ?? []
            var size = try Orderer_BatchSize.decode(bytes, as: "batch size")
            size.maxMessageCount = count
            group.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
        }
    }

    static func call(_ arguments: String...) -> ChaincodeCall {
        ChaincodeCall(chaincode: "tally", arguments: arguments.map { Array($0.utf8) })
    }
}

/// A network that is up: both peers follow the ordering node, and the contract is defined in block 1.
struct LiveNetwork {
    let orderer: OrderingNode
    let peers: [PeerNode]
    let gateway: Gateway

    /// Submits a call, endorsed by both organisations, and waits for both peers: a client waits for one, and whoever endorses next may ask the other.
    @discardableResult
    func submit(_ call: ChaincodeCall) async throws -> CommitStatus {
        let status = try await self.gateway.submit(call, endorsedBy: self.peers).status
        return try await self.everywhere(status)
    }

    /// Waits until both peers have a transaction that one has, with the same verdict.
    private func everywhere(_ status: CommitStatus) async throws -> CommitStatus {
        for peer in self.peers { #expect(try await peer.commitStatus(of: status.transaction) == status) }
        return status
    }

    func endorse(_ call: ChaincodeCall) async throws -> (transaction: TransactionID, envelope: Envelope, result: [UInt8]) {
        try await self.gateway.endorse(call, by: self.peers)
    }

    /// Hands an envelope in and waits for its verdict on both peers.
    func commit(_ endorsed: (transaction: TransactionID, envelope: Envelope, result: [UInt8])) async throws -> CommitStatus {
        try await self.gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
        return try await self.everywhere(try await self.peers[0].commitStatus(of: endorsed.transaction))
    }

    /// Waits until both peers have what was ordered so far: a block for a new transaction comes after all others.
    func settle() async throws {
        let last = try await self.endorse(NodeNetwork.call("set", "settled", "1"))
        try await self.gateway.broadcast(last.envelope, transaction: last.transaction)
        for peer in self.peers { _ = try await peer.commitStatus(of: last.transaction) }
    }

    /// A key's value and version on a peer.
    func value(_ key: StateKey, on index: Int = 0) throws -> VersionedValue? {
        try self.peers[index].snapshot().value(at: .key("tally", key))
    }
}

extension NodeNetwork {
    /// Opens all nodes, lets them run while the body does, and drops them; everything that was queued is delivered before it returns.
    ///
    /// - Parameter isNew: Whether the contract has to be defined first.
    @discardableResult
    func live<Result>(
        _ settings: OrderingSettings = OrderingSettings(), isNew: Bool = true, alsoTo receivers: [any BlockReceiver] = [],
        _ body: (LiveNetwork) async throws -> Result
    ) async throws -> Result {
        let orderer = try self.openOrderer(settings)
        let network = LiveNetwork(
            orderer: orderer, peers: [try self.openPeer(0), try self.openPeer(1)], gateway: self.gateway(orderer))
        orderer.deliver(to: network.peers + receivers)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await orderer.run() }
            let result: Result
            do {
                defer { orderer.stop() }
                if isNew {
                    try await self.define(try Self.definition(), on: network)
                }
                result = try await body(network)
            }
            try await group.waitForAll()
            return result
        }
    }
}
