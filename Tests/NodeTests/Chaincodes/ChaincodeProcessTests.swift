import ChaincodeShim
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Contracts in processes of their own, over real ports and through the whole network.
struct ChaincodeProcessTests {
    @Test func `an installed and approved package is dialled, endorsed by both organisations and committed`() async throws {
        let chaincode = ShimChaincode(Goods.run)
        try await NodeNetwork().withChaincode(chaincode) { world async throws in
            #expect(try await world.submit("create", "asset1", "red").isValid)
            #expect(try await world.text("get", "asset1") == "red")
            let answer = try await world.ask("create", "asset2", "blue")
            let set = try ChaincodeWorld.readWriteSet(answer)
            #expect(set.namespaces.map(\.namespace) == ["_lifecycle", "goods"])
            #expect(set.namespaces[0].reads.map(\.key) == ["namespaces/fields/goods/Sequence"])
            #expect(set.namespaces[1].reads == [KeyRead(key: "asset2", version: nil)])
            #expect(set.namespaces[1].writes == [KeyWrite(key: "asset2", isDelete: false, value: Array("blue".utf8))])
            #expect(answer.endorsement != nil)
            let again = try await world.ask("create", "asset1", "green").response
            #expect(again.status == 500 && again.message == "asset asset1 exists")
        }
        // One stream for each peer, however many transactions there were.
        #expect(chaincode.streams.withLock { $0 } == 2)
    }

    @Test func `a compiled-in contract still runs, and contracts of both kinds call each other`() async throws {
        try await NodeNetwork().withChaincode(ShimChaincode(Goods.run)) { world async throws in
            #expect(try await world.submit("set", "color", "red", of: "tally").isValid)
            #expect(try await world.text("call", "tally", "get", "color") == "via red")
            let answer = try await world.ask("call", "tally", "set", "color", "blue")
            #expect(answer.response.status == 200, "\(answer.response.message)")
            let set = try ChaincodeWorld.readWriteSet(answer)
            #expect(set.namespaces.map(\.namespace) == ["_lifecycle", "tally"])
            #expect(set.namespaces[1].writes.map(\.key) == ["color"])
            let itself = try await world.ask("call", "goods", "get", "asset1").response
            #expect(itself.status == 500 && itself.message.contains("INVOKE_CHAINCODE failed: transaction ID: "))
        }
    }

    @Test func `the event of a chaincode bears the name under which it was called`() async throws {
        try await NodeNetwork().withChaincode(ShimChaincode(Goods.run)) { world async throws in
            let answer = try await world.ask("event", "sold", "asset1")
            let event = try ChaincodeEvent(serialized: try ChaincodeWorld.action(answer).events)
            #expect(event.chaincode == "goods" && event.name == "sold" && event.payload == Array("asset1".utf8))
        }
    }

    @Test func `a chaincode that fails, dies or breaks the rules costs its own transaction only, and is dialled again`() async throws {
        let chaincode = ShimChaincode(Goods.run)
        try await NodeNetwork().withChaincode(chaincode) { world async throws in
            let failed = try await world.ask("fail", "out of stock").response
            #expect(failed.status == 500 && failed.message == "error in simulation: transaction returned with failure: out of stock")
            #expect(try await world.ask("status", "404").response.status == 404)
            #expect(try await world.text("babble") == "still here")
            for function in ["die", "garbage"] {
                let dead = try await world.ask([function])
                #expect(dead.response.status == 500 && dead.endorsement == nil)
                let message = dead.response.message
                #expect(message.hasPrefix("error in simulation: failed to execute transaction "), "\(message)")
                #expect(message.hasSuffix(": error sending: chaincode stream terminated"), "\(message)")
                #expect(try await world.ask("status", "200").response.status == 200)
            }
        }
        #expect(chaincode.streams.withLock { $0 } == 3)
    }

    @Test func `transactions run at the same time on one stream`() async throws {
        let chaincode = ShimChaincode(Goods.run)
        try await NodeNetwork().withChaincode(chaincode) { world async throws in
            try await world.submit("create", "asset1", "red")
            let drafts = try (0..<24).map { _ in
                try world.network.gateway.draft(ChaincodeWorld.call(["get", "asset1"])).signed(by: world.nodes.client)
            }
            let peer = world.network.peers[0]
            try await withThrowingTaskGroup(of: ProposalResponse.self) { group in
                for signed in drafts { group.addTask { try await peer.process(signed) } }
                for try await answer in group { #expect(answer.response.payload == Array("red".utf8)) }
            }
        }
        #expect(chaincode.streams.withLock { $0 } == 2)
    }

    @Test func `a chaincode that registers under another name is not used`() async throws {
        try await NodeNetwork().withChaincode(ShimChaincode(Goods.run), named: "goods_1.0:ff") { world async throws in
            let answer = try await world.ask("get", "asset1").response
            #expect(answer.status == 500)
            #expect(answer.message.contains("could not launch chaincode \(world.packageID): connection to "), "\(answer.message)")
            #expect(answer.message.contains("registered under another name"), "\(answer.message)")
        }
    }

    @Test func `a package whose chaincode is not there, or whose connection is unreadable, fails the transaction with the reason`() async throws {
        // A port that was free a moment ago.
        let environment = SystemEnvironment()
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { environment.now() }) { _ in [] }
        async let running: Void = server.run()
        let endpoint = try await server.endpoint()
        server.stop()
        try await running
        let absent = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "\#(endpoint)", "dial_timeout": "30s"}"#)
        try await NodeNetwork().withChaincode(package: absent) { world async throws in
            let answer = try await world.ask("get", "asset1").response
            #expect(answer.status == 500)
            #expect(answer.message.contains("error creating grpc connection to \(endpoint)"), "\(answer.message)")
        }
        let unreadable = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "{{.address}}"}"#)
        try await NodeNetwork().withChaincode(package: unreadable) { world async throws in
            let answer = try await world.ask("get", "asset1").response
            #expect(answer.message.contains("nothing stands for the placeholder address"), "\(answer.message)")
        }
    }

    @Test func `a package that is not installed, or not approved, does not run`() async throws {
        let package = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "localhost:9"}"#)
        try await NodeNetwork().withChaincode(package: package, approving: "goods_1.0:" + String(repeating: "0", count: 64)) { world async throws in
            let answer = try await world.ask("get", "asset1").response
            #expect(answer.status == 500 && answer.message.contains("chaincode goods is not installed on this node"), "\(answer.message)")
        }
        try await NodeNetwork().withChaincode(package: package, approving: "") { world async throws in
            let answer = try await world.ask("get", "asset1").response
            #expect(answer.message.contains("chaincode goods is not installed on this node"), "\(answer.message)")
        }
    }
}
