import ChannelConfiguration
import Identity
import LedgerModel
import Node
import SelvageClient

/// The peers and the ordering node that one command talks to, and who it talks as.
struct PeerSession: Sendable {
    /// A peer with its connection.
    struct Peer: Sendable {
        let connection: NodeConnection
        let peer: GRPCPeer
    }

    let identity: ClientIdentity
    let signer: SigningIdentity
    let channel: ChannelID
    let peers: [Peer]
    let environment = SystemEnvironment()

    /// The peer that single calls go to.
    var first: GRPCPeer { self.peers[0].peer }

    /// Connects, runs the body, and closes.
    ///
    /// - Parameters:
    ///   - channel: Empty for calls that are about the peer itself.
    ///   - limit: How many peers the command takes.
    static func open(
        _ targets: PeerTargetOptions, channel: String = "", limit: Int = 1, _ body: @Sendable @escaping (PeerSession) async throws -> Void
    ) async throws {
        let environment = PeerEnvironment()
        let identity = try self.identity(environment)
        guard let signer = identity.signer else { throw ClientIdentityError.cannotSign(identity.description) }
        let endpoints = try targets.endpoints(environment)
        guard endpoints.count <= limit else { throw PeerProblem.usage("this command calls one peer, and \(endpoints.count) are named") }
        let peers = try endpoints.map { name, endpoint in
            let connection = try endpoint.connection(name: name)
            return Peer(
                connection: connection,
                peer: GRPCPeer(connection, mspID: MSPID(identity.mspID), channel: ChannelID(channel), identity: signer))
        }
        let session = PeerSession(identity: identity, signer: signer, channel: ChannelID(channel), peers: peers)
        try await NodeConnection.whileOpen(peers.map(\.connection)) { try await body(session) }
    }

    static func identity(_ environment: PeerEnvironment) throws -> ClientIdentity {
        let folder = try environment.required(PeerEnvironment.mspFolder, example: "users/Admin@org1.example.com/msp")
        let mspID = try environment.required(PeerEnvironment.mspID, example: "Org1MSP")
        return try ClientIdentity(mspID: mspID, mspFolder: folder)
    }

    /// Runs a function of the peer's own chaincodes and returns its payload.
    ///
    /// - Parameter isOfNode: Whether the call is about the peer and names no channel.
    func query(_ chaincode: Namespace, _ arguments: [[UInt8]], isOfNode: Bool = false) async throws -> [UInt8] {
        try await self.gateway(isOfNode: isOfNode, orderer: NoOrderer())
            .evaluate(ChaincodeCall(chaincode: chaincode, arguments: arguments), on: self.first)
    }

    func query(_ chaincode: Namespace, _ function: String, _ arguments: [UInt8]..., isOfNode: Bool = false) async throws -> [UInt8] {
        try await self.query(chaincode, [Array(function.utf8)] + arguments, isOfNode: isOfNode)
    }

    func gateway(isOfNode: Bool = false, orderer: any OrdererConnection) -> Gateway {
        Gateway(
            identity: self.signer, channel: isOfNode ? ChannelID(utf8: []) : self.channel, orderer: orderer, environment: self.environment)
    }

    /// The channel's configuration as the peer has it.
    func configuration() async throws -> ChannelBundle {
        let block = try await self.query("cscc", "GetConfigBlock", self.channel.utf8)
        do {
            return try ChannelBundle(block: OrderedBlock(serialized: block))
        } catch {
            throw PeerProblem.refused("the configuration of channel \(self.channel) cannot be read: \(error)")
        }
    }

    /// The ordering nodes: the one that is named, else those of the channel's configuration with the TLS roots of their organisations.
    func orderers(_ options: OrdererOptions) async throws -> [NodeEndpoint] {
        if let endpoint = try options.endpoint() { return [endpoint] }
        let bundle = try await self.configuration()
        let isSecure = PeerEnvironment().flag(PeerEnvironment.tlsEnabled)
        let own = try PeerTargetOptions.certificate(PeerEnvironment())
        func pem(_ organization: OrganizationConfiguration) -> [String] {
            (organization.msp.tlsRoots + organization.msp.tlsIntermediates).map { String(decoding: $0.pem, as: UTF8.self) }
        }
        var found = bundle.ordererOrganizations.flatMap { organization in
            organization.endpoints.map { NodeEndpoint($0, tlsRoots: isSecure ? pem(organization) : [], certificate: isSecure ? own : nil) }
        }
        if found.isEmpty {
            let roots = bundle.ordererOrganizations.flatMap(pem)
            found = bundle.ordererEndpoints.map { NodeEndpoint($0, tlsRoots: isSecure ? roots : [], certificate: isSecure ? own : nil) }
        }
        guard !found.isEmpty else {
            throw PeerProblem.refused("the configuration of channel \(self.channel) names no ordering node: give one with -o")
        }
        return found
    }

    /// Calls the ordering nodes one after the other until one is reached.
    func withOrderer<Result: Sendable>(
        _ options: OrdererOptions, _ body: @Sendable @escaping (NodeConnection) async throws -> Result
    ) async throws -> Result {
        var last: any Error = PeerProblem.unreachable("no ordering node was called")
        for endpoint in try await self.orderers(options) {
            let connection = try endpoint.connection(name: "ordering node \(endpoint.address)")
            do {
                return try await NodeConnection.whileOpen([connection]) { try await body(connection) }
            } catch let error as NodeConnectionError {
                guard case .unreachable = error else { throw error }
                last = error
            }
        }
        throw last
    }
}

/// For calls that order nothing.
struct NoOrderer: OrdererConnection {
    func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
        throw PeerProblem.usage("this call has no ordering node")
    }
}
