import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import LedgerModel
import Synchronization
import Testing

@testable import Node

/// A node from its file on a port, with TLS.
@Suite(.timeLimit(.minutes(20))) struct NodeServerTests {
    /// Runs a node while the body does; gives what it reported.
    private static func run(_ server: NodeServer, _ body: (WireEndpoint) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            do {
                defer { server.stop() }
                try await body(try await server.endpoint())
            }
            try await group.waitForAll()
        }
    }

    private static func configuration(_ bench: ServerBench, roles: Set<NodeConfiguration.Role>) throws -> NodeConfiguration {
        var configuration = try NodeConfiguration(
            file: bench.path("nodes/\(roles.contains(.orderer) ? "orderer.example.com" : "peer0.org1.example.com")/node.yaml"))
        configuration.listen = WireEndpoint(host: "127.0.0.1", port: 0)
        configuration.roles = roles
        configuration.admin?.listen = WireEndpoint(host: "127.0.0.1", port: 0)
        return configuration
    }

    @Test func `a peer answers over TLS, joins a channel, and has it again when it is started once more`() async throws {
        let bench = try ServerBench()
        var configuration = try Self.configuration(bench, roles: [.peer])
        configuration.genesisFiles = []
        let root = try bench.peer().configuration.tlsRoots.map { TLSConfig.CertificateSource.bytes($0.pem, format: .pem) }
        func ask(_ endpoint: WireEndpoint, _ proposal: SignedProposal) async throws -> Protos_ProposalResponse {
            var message = Protos_SignedProposal()
            message.proposalBytes = proposal.proposalBytes.data
            message.signature = proposal.signature.data
            let request = message
            return try await WireCalls.withClient(
                of: endpoint, security: .tls { $0.trustRoots = .certificates(root) }, authority: "peer0.org1.example.com"
            ) { client in try await Protos_Endorser.Client(wrapping: client).processProposal(request) }
        }
        let channels = try bench.proposal("cscc", [Array("GetChannels".utf8)], by: bench.user("User1"))
        let genesis = try bench.genesis()
        try await Self.run(try NodeServer(configuration)) { endpoint in
            #expect(try await Protos_ChannelQueryResponse(serializedBytes: ask(endpoint, channels).response.payload).channels.isEmpty)
            let join = try bench.proposal("cscc", [Array("JoinChain".utf8), genesis.serialized()], by: bench.user("Admin"), type: 1)
            #expect(try await ask(endpoint, join).response.status == 200)
        }
        try await Self.run(try NodeServer(configuration)) { endpoint in
            let answer = try await Protos_ChannelQueryResponse(serializedBytes: ask(endpoint, channels).response.payload)
            #expect(answer.channels.map(\.channelID) == ["mychannel"])
        }
    }

    @Test func `two nodes cannot have one port, and the second says which`() async throws {
        let bench = try ServerBench()
        let first = try NodeServer(try Self.configuration(bench, roles: [.orderer]))
        try await Self.run(first) { endpoint in
            var configuration = try Self.configuration(bench, roles: [.peer])
            configuration.listen = endpoint
            let second = try NodeServer(configuration)
            await #expect(throws: WireError.portInUse(host: "127.0.0.1", port: endpoint.port)) { try await second.run() }
        }
    }

    @Test func `a node whose admin port is taken does not listen at all`() async throws {
        let bench = try ServerBench()
        let first = try NodeServer(try Self.configuration(bench, roles: [.orderer]))
        try await Self.run(first) { endpoint in
            var configuration = try Self.configuration(bench, roles: [.orderer])
            configuration.dataFolder = bench.path("second")
            configuration.admin?.listen = endpoint
            let second = try NodeServer(configuration)
            await #expect(throws: WireError.portInUse(host: "127.0.0.1", port: endpoint.port)) { try await second.run() }
        }
    }

    @Test func `a node that is stopped says what happened, and its folder is free again`() async throws {
        let bench = try ServerBench()
        let configuration = try Self.configuration(bench, roles: [.orderer])
        for _ in 0..<2 {
            let events = Mutex<[String]>([])
            try await Self.run(try NodeServer(configuration) { event in events.withLock { $0.append(event.description) } }) { _ in }
            let told = events.withLock { $0 }
            #expect(told.contains("orderer.example.com: ordering channel mychannel") && told.last == "orderer.example.com: stopped", "\(told)")
        }
    }

    @Test func `the ordering nodes that a channel names are asked with the roots of their organisations`() throws {
        let bench = try ServerBench()
        let feeds = OrdererFeeds(identity: try bench.peer().identity, tls: ServerTLS(certificates: [1], key: [2]), environment: bench.environment)
        let table = try bench.table()
        try table.join(genesis: bench.genesis())
        let bundle = try #require(table.peer(of: "mychannel")?.bundle)
        let asked = feeds.feeds(of: bundle).compactMap { $0 as? OrdererFeed }
        #expect(asked.map(\.name) == ["localhost:7050"])
        #expect(asked.first?.tls?.roots == (try bench.orderer().configuration.tlsRoots.map(\.pem)))
    }
}
