import FabricMessages
import Identity
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Chaincode processes of peers that are nodes of their own.
@Suite(.timeLimit(.minutes(20))) struct ChaincodeServerTests {
    /// Runs a chaincode that waits for peers, on a port that the system chose.
    private static func withChaincode(
        _ chaincode: ShimChaincode, label: String, _ body: (_ package: [UInt8], _ id: String) async throws -> Void
    ) async throws {
        let environment = SystemEnvironment()
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { environment.now() }) { _ in [chaincode] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            do {
                defer { server.stop() }
                let endpoint = try await server.endpoint()
                let package = PackageMaker.service(label: label, connection: #"{"address": "{{.host}}:\#(endpoint.port)"}"#)
                let id = try ChaincodePackage(package).id
                chaincode.name.withLock { $0 = id }
                try await body(package, id)
            }
            try await group.waitForAll()
        }
    }

    @Test func `an installed chaincode runs on both peers and answers through the gateway`() async throws {
        let chaincode = ShimChaincode(Goods.run)
        try await Self.withChaincode(chaincode, label: "goods_1.0") { package, id in
            try await ServerNetwork.run({ _, configuration in configuration.chaincode.values = ["host": "127.0.0.1"] }) { network in
                for (index, peer) in network.peers.enumerated() {
                    // Nobody has to wait for a process before there is one.
                    #expect(peer.peers?.processes.mayBeCalled == false)
                    var install = Lifecycle_InstallChaincodeArgs()
                    install.chaincodeInstallPackage = package.data
                    let proposal = try network.bench.proposal(
                        "_lifecycle", [Array("InstallChaincode".utf8), install.encoded()], by: network.bench.user("Admin", of: index + 1))
                    let answer = try #require(try await peer.peers?.process(proposal))
                    #expect(answer.response.status == 200, "\(answer.response.message)")
                    #expect(peer.peers?.processes.mayBeCalled == true)
                }
                try await network.define("goods", packageID: id)
                try await network.withGateway { caller async throws in
                    let endorsed = try await caller.endorse("goods", "create", "asset1", "red")
                    #expect(try GatewayCaller.endorsers(endorsed.prepared) == ["Org1MSP", "Org2MSP"])
                    #expect(try await caller.submit(endorsed).result == .valid)
                    #expect(try await caller.evaluate("goods", "get", "asset1") == "red")
                    let refused = try await GatewayCaller.failure { _ = try await caller.endorse("goods", "create", "asset1", "blue") }
                    #expect(refused.contains("chaincode response 500, asset asset1 exists"), "\(refused)")
                }
                // One stream of each peer.
                #expect(chaincode.streams.withLock { $0 } == 2)
            }
        }
    }

    @Test func `a placeholder that the node has no value for, and a chaincode that nobody approved, are told with what to do`() async throws {
        try await Self.withChaincode(ShimChaincode(Goods.run), label: "goods_1.0") { package, id in
            try await ServerNetwork.run { network in
                var install = Lifecycle_InstallChaincodeArgs()
                install.chaincodeInstallPackage = package.data
                let arguments = [Array("InstallChaincode".utf8), install.encoded()]
                _ = try await network.peers[0].peers?.process(network.bench.proposal("_lifecycle", arguments, by: network.bench.user("Admin")))
                try await network.define("goods", packageID: id)
                try await network.withGateway { caller async throws in
                    let failure = try await GatewayCaller.failure { _ = try await caller.evaluate("goods", "get", "a") }
                    #expect(failure.contains("nothing stands for the placeholder host"), "\(failure)")
                    #expect(failure.contains("chaincode.values"), "\(failure)")
                }
                try await network.withGateway(of: 1) { caller async throws in
                    // The first peer is asked when the own one cannot run it: each says why.
                    let failure = try await GatewayCaller.failure { _ = try await caller.evaluate("goods", "get", "a") }
                    #expect(failure.contains("is not installed on this node"), "\(failure)")
                }
            }
        }
    }

    @Test func `in development a chaincode connects to a port of its own, and is approved under the name that it gives`() async throws {
        let chaincode = ShimChaincode(Goods.run)
        chaincode.name.withLock { $0 = "goods:1.0" }
        try await ServerNetwork.run({ _, configuration in
            configuration.chaincode.takesUnsolicited = WireEndpoint(host: "127.0.0.1", port: 0)
        }) { network in
            try await network.define("goods", packageID: "goods:1.0")
            let listening = await network.events.wait(for: "peer0.org1.example.com: taking chaincode that connects to ")
            let endpoint = try #require(WireEndpoint(text: String(listening.split(separator: " ").last ?? "")))
            let processes = try #require(network.peers[0].peers?.processes)
            #expect(processes.mayBeCalled)
            try await DialInTests.withChaincode(chaincode, at: endpoint) {
                try await DialInTests.waitUntilKnown(chaincode, processes)
                let proposal = try network.bench.proposal(
                    "goods", ["get", "nothing"].map { Array($0.utf8) }, by: network.bench.user("User1"), channel: ServerNetwork.channel)
                let answer = try #require(try await network.peers[0].peers?.process(proposal))
                #expect(answer.response.status == 200, "\(answer.response.message)")
            }
        }
    }
}
