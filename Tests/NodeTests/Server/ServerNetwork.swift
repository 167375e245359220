import ChannelConfiguration
import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import Testing

@testable import Node

/// An ordering node and a peer of each of two organisations, each from its file, with TLS and on ports that the system chose.
struct ServerNetwork: Sendable {
    static let channel: ChannelID = "mychannel"

    let bench: ServerBench
    let orderer: NodeServer
    let peers: [NodeServer]
    /// Where the ordering node listens, and the peers.
    let ordererEndpoint: WireEndpoint
    let peerEndpoints: [WireEndpoint]
    let events: EventLog

    /// What the nodes have reported, in order.
    final class EventLog: Sendable {
        private struct State {
            var lines: [String] = []
            var waiters: [(line: String, continuation: CheckedContinuation<Void, Never>)] = []
        }

        private let state = Mutex(State())

        var all: [String] { self.state.withLock { $0.lines } }

        func add(_ event: NodeEvent) {
            let line = event.description
            let woken = self.state.withLock { state in
                state.lines.append(line)
                defer { state.waiters.removeAll { line.hasPrefix($0.line) } }
                return state.waiters.filter { line.hasPrefix($0.line) }
            }
            for waiter in woken { waiter.continuation.resume() }
        }

        /// Waits until something was reported that begins so, and gives it.
        func wait(for beginning: String) async -> String {
            await withCheckedContinuation { continuation in
                let isThere = self.state.withLock { state in
                    if state.lines.contains(where: { $0.hasPrefix(beginning) }) { return true }
                    state.waiters.append((beginning, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
            return self.all.first { $0.hasPrefix(beginning) } ?? ""
        }
    }

    /// Starts the nodes, has them join a channel whose anchor peers and ordering node they are, and runs them while the body does.
    ///
    /// - Parameters:
    ///   - change: Of each peer's file, by its place.
    ///   - anchors: Which of the peers the channel names as anchor peers.
    static func run(
        _ change: (Int, inout NodeConfiguration) throws -> Void = { _, _ in }, anchors: Set<Int> = [0, 1],
        _ body: (ServerNetwork) async throws -> Void
    ) async throws {
        let bench = try ServerBench()
        let events = EventLog()
        let servers = try bench.plan.nodes.enumerated().map { index, node in
            var configuration = try NodeConfiguration(file: bench.path("\(node.folder)/node.yaml"))
            configuration.listen = WireEndpoint(host: "127.0.0.1", port: 0)
            configuration.admin = nil
            configuration.address = nil
            configuration.genesisFiles = []
            if index > 0 { try change(index - 1, &configuration) }
            return try NodeServer(configuration) { events.add($0) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { try await server.run() } }
            do {
                defer { for server in servers { server.stop() } }
                var endpoints: [WireEndpoint] = []
                for server in servers { endpoints.append(try await server.endpoint()) }
                let network = ServerNetwork(
                    bench: bench, orderer: servers[0], peers: Array(servers[1...]), ordererEndpoint: endpoints[0],
                    peerEndpoints: Array(endpoints[1...]), events: events)
                let genesis = try network.genesis(anchors)
                try network.orderer.orderers?.join(genesis: genesis)
                for peer in network.peers { try peer.peers?.join(genesis: genesis) }
                try await body(network)
            }
            try await group.waitForAll()
        }
    }

    private func genesis(_ anchors: Set<Int>) throws -> OrderedBlock {
        let orderer = try self.bench.orderer()
        return try GenesisProfile(
            channelID: Self.channel,
            applicationOrganizations: try self.peerEndpoints.enumerated().map { index, endpoint in
                GenesisProfile.Organization(
                    msp: try self.bench.peer(of: index + 1).configuration,
                    anchorPeers: anchors.contains(index) ? [AnchorPeer(host: endpoint.host, port: Int32(endpoint.port))] : [])
            },
            ordererOrganizations: [GenesisProfile.Organization(msp: orderer.configuration, endpoints: [self.ordererEndpoint.description])],
            consenters: [
                Consenter(
                    id: 1, host: "127.0.0.1", port: UInt32(self.ordererEndpoint.port), mspID: NetworkPlan.ordererMSP,
                    identity: orderer.identity.certificate.pem)
            ], batch: BatchConfiguration(timeoutMilliseconds: 20), createdAt: self.bench.environment.now()
        ).genesisBlock()
    }

    /// The peers' parts on the channel.
    var nodes: [PeerNode] { self.peers.compactMap { $0.peers?.peer(of: Self.channel) } }

    /// Endorses by peers in the process, submits, and waits until all peers have it.
    func submit(_ call: ChaincodeCall, by identity: SigningIdentity, endorsedBy peers: [PeerNode]) async throws {
        let orderers = try #require(self.orderer.orderers)
        let gateway = Gateway(
            identity: identity, channel: Self.channel, orderer: orderers, environment: self.bench.environment, patience: .seconds(1_200))
        let status = try await gateway.submit(call, endorsedBy: peers).status
        for peer in self.nodes { _ = try await gateway.commitStatus(of: status.transaction, on: peer) }
    }

    /// Has both organisations approve a contract, under the channel's own policy of both, and commits it.
    func define(_ name: Namespace, packageID: String = "") async throws {
        let definition = ChaincodeDefinition(name: name, version: "1.0", sequence: 1, validationParameter: [])
        for (index, peer) in self.nodes.enumerated() {
            let administrator = try self.bench.user("Admin", of: index + 1).identity
            try await self.submit(try definition.approval(packageID: packageID), by: administrator, endorsedBy: [peer])
        }
        try await self.submit(try definition.commit(), by: try self.bench.user("Admin").identity, endorsedBy: self.nodes)
    }

    /// Calls the gateway of a peer over TLS, as a client of the peer's organisation.
    func withGateway<Result: Sendable>(
        of index: Int = 0, _ body: @Sendable @escaping (GatewayCaller) async throws -> Result
    ) async throws -> Result {
        let user = try self.bench.user("User1", of: index + 1).identity
        let roots = try self.bench.peer(of: index + 1).configuration.tlsRoots.map { TLSConfig.CertificateSource.bytes($0.pem, format: .pem) }
        return try await WireCalls.withClient(
            of: self.peerEndpoints[index], security: .tls { $0.trustRoots = .certificates(roots) }, authority: "localhost"
        ) { client async throws in
            try await body(GatewayCaller(client: Gateway_Gateway.Client(wrapping: client), user: user, channel: Self.channel))
        }
    }
}

/// A client of `gateway.Gateway`.
struct GatewayCaller: Sendable {
    let client: Gateway_Gateway.Client<HTTP2ClientTransport.Posix>
    let user: SigningIdentity
    let channel: ChannelID

    static func call(_ chaincode: Namespace, _ arguments: [String]) -> ChaincodeCall {
        ChaincodeCall(chaincode: chaincode, arguments: arguments.map { Array($0.utf8) })
    }

    private func proposal(_ call: ChaincodeCall) throws -> (id: TransactionID, message: Protos_SignedProposal) {
        let environment = SystemEnvironment()
        let draft = ProposalDraft(
            channel: self.channel, call: call, creator: self.user.serialized, nonce: environment.randomBytes(count: 24), timestamp: environment.now())
        let signed = try draft.signed(by: self.user)
        var message = Protos_SignedProposal()
        message.proposalBytes = signed.proposalBytes.data
        message.signature = signed.signature.data
        return (draft.transactionID, message)
    }

    func evaluate(_ chaincode: Namespace, _ arguments: String...) async throws -> String {
        var request = Gateway_EvaluateRequest()
        request.proposedTransaction = try self.proposal(Self.call(chaincode, arguments)).message
        return String(decoding: try await self.client.evaluate(request, options: WireCalls.longMessages).result.payload, as: UTF8.self)
    }

    /// The prepared transaction with its id.
    func endorse(
        _ chaincode: Namespace, _ arguments: String..., by organizations: [String] = []
    ) async throws -> (id: TransactionID, prepared: Common_Envelope) {
        let (id, message) = try self.proposal(Self.call(chaincode, arguments))
        var request = Gateway_EndorseRequest()
        request.transactionID = id.text
        request.channelID = self.channel.text
        request.proposedTransaction = message
        request.endorsingOrganizations = organizations
        return (id, try await self.client.endorse(request, options: WireCalls.longMessages).preparedTransaction)
    }

    /// Signs, submits, and waits for the verdict.
    func submit(_ endorsed: (id: TransactionID, prepared: Common_Envelope)) async throws -> Gateway_CommitStatusResponse {
        var request = Gateway_SubmitRequest()
        request.channelID = self.channel.text
        request.preparedTransaction = endorsed.prepared
        request.preparedTransaction.signature = try self.user.sign(endorsed.prepared.payload.byteArray).data
        _ = try await self.client.submit(request, options: WireCalls.longMessages)
        var status = Gateway_CommitStatusRequest()
        status.transactionID = endorsed.id.text
        status.channelID = self.channel.text
        status.identity = self.user.serialized.data
        var signed = Gateway_SignedCommitStatusRequest()
        signed.request = status.encoded().data
        signed.signature = try self.user.sign(signed.request.byteArray).data
        return try await self.client.commitStatus(signed, options: WireCalls.longMessages)
    }

    /// Who has endorsed a prepared transaction.
    static func endorsers(_ prepared: Common_Envelope) throws -> [MSPID] {
        let transaction = try EndorserTransaction(serialized: Payload(serialized: prepared.payload.byteArray).data)
        return try transaction.endorsements.map { try SerializedIdentity(serialized: $0.endorser).mspID }
    }

    /// "code: message | address msp: text | …", as a client sees it.
    static func failure(_ body: () async throws -> Void) async throws -> String {
        do {
            try await body()
            return "no failure"
        } catch let error as RPCError {
            let status = try error.unpackGoogleRPCStatus()
            if let status { #expect(status.code == error.code && status.message == error.message) }
            let details = try (status?.details ?? []).map { detail throws in
                let any = try #require(detail.any)
                #expect(any.typeURL == "type.googleapis.com/gateway.ErrorDetail")
                let inner = try Gateway_ErrorDetail(serializedBytes: any.value)
                return "\(inner.address) \(inner.mspID): \(inner.message)"
            }
            return (["\(error.code): \(error.message)"] + details).joined(separator: " | ")
        }
    }
}
