import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import Identity
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// What a gateway is made of; a test may change it.
struct GatewayParts: Sendable {
    let network: LiveNetwork
    var ledger: any GatewayLedger
    /// The peer of Org2MSP, over the wire.
    var others: [GatewayPeer]
    var orderers: [GatewayOrderer]
    /// A connection to a port where nobody listens.
    let dead: NodeConnection
    let user: SigningIdentity
}

/// A network whose first peer serves the gateway; it reaches the second peer and the ordering node over the wire.
struct GatewayWorld: Sendable {
    typealias Client = Gateway_Gateway.Client<HTTP2ClientTransport.Posix>

    let wire: WireWorld
    let client: Client
    let server: WireServer
    /// Of the gateway.
    let connection: NodeConnection

    var network: LiveNetwork { self.wire.network }

    func draft(
        _ call: ChaincodeCall, transient: [TransientEntry] = [], channel: ChannelID? = nil, by identity: SigningIdentity? = nil
    ) -> ProposalDraft {
        ProposalDraft(
            channel: channel ?? self.wire.channel, call: call, transient: transient, creator: (identity ?? self.wire.user).serialized,
            nonce: SystemEnvironment().randomBytes(count: 24), timestamp: self.wire.clock.now())
    }

    func message(_ draft: ProposalDraft) throws -> Protos_SignedProposal {
        let signed = try draft.signed(by: self.wire.user)
        var message = Protos_SignedProposal()
        message.proposalBytes = signed.proposalBytes.data
        message.signature = signed.signature.data
        return message
    }

    func evaluate(
        _ call: ChaincodeCall, transient: [TransientEntry] = [], on organizations: [String] = [], channel: ChannelID? = nil
    ) async throws -> Protos_Response {
        var request = Gateway_EvaluateRequest()
        request.proposedTransaction = try self.message(self.draft(call, transient: transient, channel: channel))
        request.targetOrganizations = organizations
        return try await self.client.evaluate(request, options: WireCalls.longMessages).result
    }

    /// The prepared transaction with its id.
    func endorse(
        _ call: ChaincodeCall, by organizations: [String] = [], channel: ChannelID? = nil
    ) async throws -> (id: TransactionID, prepared: Common_Envelope) {
        let draft = self.draft(call, channel: channel)
        var request = Gateway_EndorseRequest()
        request.transactionID = draft.transactionID.text
        request.channelID = self.wire.channel.text
        request.proposedTransaction = try self.message(draft)
        request.endorsingOrganizations = organizations
        return (draft.transactionID, try await self.client.endorse(request, options: WireCalls.longMessages).preparedTransaction)
    }

    func submit(_ prepared: Common_Envelope, isSigned: Bool = true, channel: String? = nil) async throws {
        var request = Gateway_SubmitRequest()
        request.channelID = channel ?? self.wire.channel.text
        request.preparedTransaction = prepared
        if isSigned { request.preparedTransaction.signature = try self.wire.user.sign(prepared.payload.byteArray).data }
        _ = try await self.client.submit(request, options: WireCalls.longMessages)
    }

    func statusRequest(_ id: TransactionID, by identity: SigningIdentity? = nil, channel: String? = nil) throws -> Gateway_SignedCommitStatusRequest {
        let identity = identity ?? self.wire.user
        var request = Gateway_CommitStatusRequest()
        request.transactionID = id.text
        request.channelID = channel ?? self.wire.channel.text
        request.identity = identity.serialized.data
        var signed = Gateway_SignedCommitStatusRequest()
        signed.request = request.encoded().data
        signed.signature = try identity.sign(signed.request.byteArray).data
        return signed
    }

    /// Endorses, submits, waits.
    @discardableResult
    func commit(_ call: ChaincodeCall) async throws -> (id: TransactionID, status: Gateway_CommitStatusResponse) {
        let (id, prepared) = try await self.endorse(call)
        try await self.submit(prepared)
        return (id, try await self.client.commitStatus(try self.statusRequest(id)))
    }

    /// "code: message | address msp: text | …", as a client sees it.
    func failure(_ body: () async throws -> Void) async throws -> String { try await GatewayCaller.failure(body) }
}

extension NodeNetwork {
    /// Runs a network with a gateway while the body does.
    @discardableResult
    func withGateway<Result: Sendable>(
        limits: WireLimits = WireLimits(), _ change: @Sendable @escaping (inout GatewayParts) throws -> Void = { _ in },
        _ body: @Sendable @escaping (GatewayWorld) async throws -> Result
    ) async throws -> Result {
        try await self.served(isNew: true) { wire async throws in
            let any = WireEndpoint(host: "127.0.0.1", port: 0)
            let second = try WireServer(listen: any, tls: nil, clock: { wire.clock.now() }) { context in
                [EndorserService(context, peer: wire.network.peers[1])]
            }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await second.run() }
                defer { second.stop() }
                func connect(_ endpoint: WireEndpoint, _ name: String) throws -> NodeConnection {
                    try NodeConnection(to: NodeAddress(host: endpoint.host, port: endpoint.port), name: name, tls: nil)
                }
                let other = try connect(try await second.endpoint(), "peer1")
                let ordering = try connect(wire.orderer, "orderer1")
                // A port of the system's that no program of a user may take.
                let dead = try NodeConnection(to: NodeAddress(host: "127.0.0.1", port: 1), name: "dead", tls: nil)
                var parts = GatewayParts(
                    network: wire.network, ledger: wire.network.peers[0],
                    others: [
                        GatewayPeer(GRPCPeer(other, mspID: "Org2MSP", channel: wire.channel, identity: wire.user), address: "peer1:7051")
                    ], orderers: [GatewayOrderer(GRPCOrderer(ordering), address: "orderer1:7050", mspID: "OrdererMSP")], dead: dead,
                    user: wire.user)
                try change(&parts)
                let channel = GatewayChannel(
                    ledger: parts.ledger, local: GatewayPeer(wire.network.peers[0], address: "peer0:7051"), others: parts.others,
                    orderers: parts.orderers)
                let server = try WireServer(listen: any, tls: nil, limits: limits, clock: { wire.clock.now() }) { context in
                    [GatewayService(context) { $0 == wire.channel ? channel : nil }]
                }
                group.addTask { try await server.run() }
                defer { server.stop() }
                let endpoint = try await server.endpoint()
                let connection = try connect(endpoint, "peer0")
                return try await NodeConnection.whileOpen([other, ordering, dead, connection]) {
                    try await wire.withClient(of: endpoint) { client async throws in
                        try await body(
                            GatewayWorld(wire: wire, client: Gateway_Gateway.Client(wrapping: client), server: server, connection: connection))
                    }
                }
            }
        }
    }
}
