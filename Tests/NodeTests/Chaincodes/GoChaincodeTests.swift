import ChaincodeShim
import Foundation
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Where a chaincode program is that was built with Fabric's shim.
enum GoChaincode {
    static let program = ProcessInfo.processInfo.environment["SELVAGE_CHAINCODE"]
}

/// A chaincode program that is not ours, built with Fabric's shim for Go: `SELVAGE_CHAINCODE` in the environment is its path.
///
/// It is started with its package id and the address at which it waits, and knows the functions create, get, put, putbatch, fill, range,
/// rangeput, page, history, event, composite, setep, getep, getm, putpvt, getpvt, hashpvt, call, who, query, status and panic.
@Suite(.enabled(if: GoChaincode.program != nil, "needs SELVAGE_CHAINCODE, the path of a chaincode built with Fabric's shim"))
struct GoChaincodeTests {
    private static func process(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(GoChaincode.program))
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Whether something listens at a port of this machine.
    private static func isListening(_ port: Int) async -> Bool {
        (try? await ClientProbe.connect(port: port)) ?? false
    }

    private static func withProgram(_ port: Int, _ body: (ChaincodeWorld, () async throws -> Process) async throws -> Void) async throws {
        let package = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "127.0.0.1:\#(port)", "dial_timeout": "10s"}"#)
        let id = try ChaincodePackage(package).id
        var running: [Process] = []
        func start() async throws -> Process {
            let process = try Self.process([id, "127.0.0.1:\(port)"])
            running.append(process)
            for _ in 0..<200 where await !Self.isListening(port) { try await Task.sleep(for: .milliseconds(50)) }
            return process
        }
        defer { for process in running where process.isRunning { process.terminate() } }
        try await NodeNetwork().withChaincode(package: package) { world in try await body(world, start) }
    }

    @Test func `a real chaincode runs through the whole network, with the read-write sets of Fabric's peers`() async throws {
        try await Self.withProgram(17_051) { world, start async throws in
            let absent = try await world.ask("get", "a").response
            #expect(absent.status == 500 && absent.message.contains("could not launch chaincode"), "\(absent.message)")
            let process = try await start()
            // As recorded from stock peers: blocks 8 and 9 of the vectors.
            let create = try await world.ask("create", "asset1", "red")
            let set = try ChaincodeWorld.readWriteSet(create)
            #expect(set.namespaces.map(\.namespace) == ["_lifecycle", "goods"])
            #expect(set.namespaces[0].reads.map(\.key) == ["namespaces/fields/goods/Sequence"])
            #expect(set.namespaces[1].reads == [KeyRead(key: "asset1", version: nil)])
            #expect(set.namespaces[1].writes == [KeyWrite(key: "asset1", isDelete: false, value: Array("red".utf8))])
            #expect(try await world.submit("create", "asset1", "red").isValid)
            #expect(try await world.ask("create", "asset1", "red").response.message == "asset asset1 exists")
            #expect(try await world.submit("putbatch", "a", "1", "b", "2", "c", "3").isValid)
            #expect(try await world.text("getm", "a", "x", "c") == "1,,3")
            #expect(try await world.submit("fill", "k", "250").isValid)
            #expect(try await world.text("rangeput", "k", "l", "sum", "s") == "250")
            #expect(try await world.text("page", "k", "l", "3", "") == "k0000,k0001,k0002|3|k0003")
            #expect(try await world.submit("put", "a", "2").isValid)
            #expect(try await world.text("history", "a") == "2:false:true,1:false:true")
            let secret = try await world.ask(["who"], transient: [TransientEntry(name: "secret", value: Array("s".utf8))]).response
            #expect(String(decoding: secret.payload, as: UTF8.self).hasSuffix("|true|s|32|tallies"))
            let event = try await world.ask("event", "sold", "it", "e", "x")
            #expect(try ChaincodeEvent(serialized: try ChaincodeWorld.action(event).events).name == "sold")
            #expect(try await world.ask("query", "{}").response.message.contains("ExecuteQuery not supported for leveldb"))
            #expect(try await world.submit("set", "color", "red", of: "tally").isValid)
            #expect(try await world.text("call", "tally", "get", "color") == "via:red")
            #expect(try await world.ask("call", "goods", "get", "a").response.status == 500)
            let own = "_implicit_org_Org1MSP"
            let hidden = try await world.ask("putpvt", own, "p", "secret")
            #expect(try ChaincodeWorld.readWriteSet(hidden).namespaces.last?.collections.count == 1)
            #expect(try await world.text("hashpvt", own, "p") == "")
            #expect(try await world.ask("putpvt", "other", "p", "secret").response.message.contains("cannot be read or written here"))
            let died = try await world.ask("panic").response
            #expect(died.message.hasSuffix("error sending: chaincode stream terminated"), "\(died.message)")
            process.waitUntilExit()
            _ = try await start()
            #expect(try await world.text("get", "a") == "2")
        }
    }

    @Test func `many transactions of a real chaincode run at the same time`() async throws {
        try await Self.withProgram(17_052) { world, start async throws in
            _ = try await start()
            #expect(try await world.submit("fill", "k", "150").isValid)
            let peer = world.network.peers[0]
            let drafts = try (0..<64).map { number in
                try world.network.gateway.draft(ChaincodeWorld.call(["range", "k", "l", "\(number + 60)"])).signed(by: world.nodes.client)
            }
            try await withThrowingTaskGroup(of: ProposalResponse.self) { group in
                for signed in drafts { group.addTask { try await peer.process(signed) } }
                for try await answer in group { #expect(answer.response.status == 200, "\(answer.response.message)") }
            }
        }
    }
}
