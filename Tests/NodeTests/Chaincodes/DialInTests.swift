import ChaincodeShim
import FabricMessages
import FabricServices
import GRPCCore
import GRPCProtobuf
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// Chaincodes that connect to their peer, `/protos.ChaincodeSupport/Register`.
struct DialInTests {
    /// A chaincode that connects to a peer, for as long as the body runs.
    static func withChaincode(
        _ chaincode: ShimChaincode, at endpoint: WireEndpoint, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await WireCalls.withClient(of: endpoint, security: .plaintext) { client async throws in
            let (outgoing, queue) = AsyncStream<ShimMessage>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await client.bidirectionalStreaming(
                        request: StreamingClientRequest { writer in for await message in outgoing { try await writer.write(message) } },
                        descriptor: Protos_ChaincodeSupport.Method.Register.descriptor, serializer: ProtobufSerializer<ShimMessage>(),
                        deserializer: ProtobufDeserializer<ShimMessage>(), options: WireCalls.longMessages
                    ) { response in
                        defer { queue.finish() }
                        try await chaincode.serve(response.messages) { queue.yield($0) }
                    }
                }
                group.addTask {
                    try await body()
                    queue.finish()
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private static func withPeer(
        unsolicited: Bool, _ body: @escaping @Sendable (WireEndpoint, ChaincodeProcesses) async throws -> Void
    ) async throws {
        var settings = ChaincodeProcesses.Settings()
        settings.takesUnsolicited = unsolicited
        let folder = try TemporaryFolder("selvage-chaincodes")
        let processes = ChaincodeProcesses(packages: PackageFolder(folder: folder.path(of: "packages")), settings: settings)
        let environment = SystemEnvironment()
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { environment.now() }) { context in
            [ChaincodeSupportService(context, processes: processes)]
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            do {
                defer { server.stop() }
                try await body(try await server.endpoint(), processes)
            }
            try await group.waitForAll()
        }
    }

    /// Waits until the peer knows a chaincode, which is a moment after it has said so.
    static func waitUntilKnown(_ chaincode: ShimChaincode, _ processes: ChaincodeProcesses) async throws {
        _ = await chaincode.ready.wait()
        try Task.checkCancellation()
        while processes.runtime(of: chaincode.name.withLock { $0 }) == nil { await Task.yield() }
    }

    @Test func `in development a chaincode connects, is known by its name, and forgotten when it leaves`() async throws {
        try await Self.withPeer(unsolicited: true) { endpoint, processes async throws in
            #expect(processes.runtime(of: "goods:1.0") == nil)
            let chaincode = ShimChaincode(Goods.run)
            chaincode.name.withLock { $0 = "goods:1.0" }
            try await Self.withChaincode(chaincode, at: endpoint) { try await Self.waitUntilKnown(chaincode, processes) }
            while processes.runtime(of: "goods:1.0") != nil { await Task.yield() }
        }
    }

    @Test func `without leave to do so nobody connects`() async throws {
        try await Self.withPeer(unsolicited: false) { endpoint, processes async throws in
            let chaincode = ShimChaincode(Goods.run)
            chaincode.name.withLock { $0 = "goods:1.0" }
            // The peer ends the stream, which ends the waiting.
            try? await Self.withChaincode(chaincode, at: endpoint) { try await Self.waitUntilKnown(chaincode, processes) }
            #expect(processes.runtime(of: "goods:1.0") == nil && chaincode.streams.withLock { $0 } == 1)
        }
    }

    @Test func `a second chaincode of the same name is turned away, and the first stays`() async throws {
        try await Self.withPeer(unsolicited: true) { endpoint, processes async throws in
            let (first, second) = (ShimChaincode(Goods.run), ShimChaincode(Goods.run))
            for chaincode in [first, second] { chaincode.name.withLock { $0 = "goods:1.0" } }
            try await Self.withChaincode(first, at: endpoint) {
                try await Self.waitUntilKnown(first, processes)
                try? await Self.withChaincode(second, at: endpoint) {
                    try await Task.sleep(for: .seconds(3_600))
                }
                #expect(processes.runtime(of: "goods:1.0") != nil)
            }
        }
    }
}
