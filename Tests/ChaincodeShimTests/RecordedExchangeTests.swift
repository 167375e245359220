import Chaincode
import ChaincodeShim
import ContractVM
import CryptoPrimitives
import FabricMessages
import Foundation
import LedgerModel
import Synchronization
import TestSupport
import Testing

/// What a chaincode built with Fabric's shim for Go said to our peer and heard from it, recorded on a real connection
/// (`GoRecordingTests` in `NodeTests` makes the recording): "peer" or "chaincode", a space, and the message in Base64.
struct RecordedExchangeTests {
    struct Line {
        let isOfPeer: Bool
        let message: ShimMessage
    }

    /// One transaction: the message that starts it, then what came in turn.
    struct Conversation {
        let start: ShimMessage
        var rest: [Line] = []

        var arguments: [[UInt8]] {
            get throws { try Protos_ChaincodeInput.decode(self.start.payload, as: "input").args.map(\.byteArray) }
        }

        var text: String {
            get throws { try self.arguments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") }
        }
    }

    private static func lines() throws -> [Line] {
        let url = try #require(Bundle.module.url(forResource: "Resources/go-exchange.txt", withExtension: nil))
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            let bytes = try #require(Base64.decode(String(parts[1])))
            return Line(isOfPeer: parts[0] == "peer", message: try ShimMessage.decode(bytes, as: "recorded message"))
        }
    }

    private static func conversations() throws -> [Conversation] {
        var conversations: [Conversation] = []
        for line in try self.lines().dropFirst(3) {
            if line.isOfPeer, line.message.type == .transaction {
                conversations.append(Conversation(start: line.message))
            } else {
                let last = try #require(conversations.indices.last)
                conversations[last].rest.append(line)
            }
        }
        return conversations
    }

    /// Makes the recorded calls again on the same state, with the recorded messages of the chaincode.
    private static func replay(_ check: (String, InMemoryChannel.Endorsed) throws -> Void = { _, _ in }) throws -> Int {
        let channel = InMemoryChannel()
        channel.define("goods", collections: Shim.collections("traders"))
        var answers = 0
        for recorded in try self.conversations() {
            let count = Mutex(0)
            channel.use(
                ScriptedChaincode { conversation throws in
                    #expect(conversation.start == recorded.start)
                    return try Self.follow(recorded, &conversation, count)
                })
            let name = try recorded.text
            let endorsed = try channel.simulate("goods", arguments: recorded.arguments, as: InMemoryChannel.client("alice"))
            try check(name, endorsed)
            if endorsed.result.response.status < 400 { #expect(try channel.commit([endorsed]) == [.valid], "\(name)") }
            answers += count.withLock { $0 }
        }
        return answers
    }

    private static func follow(
        _ recorded: Conversation, _ conversation: inout ScriptedChaincode.Conversation, _ count: borrowing Mutex<Int>
    ) throws -> Response {
        var session = SessionTests.ready()
        let name = try recorded.text
        try session.begin(conversation.id)
        var answer: ShimMessage?
        for line in recorded.rest {
            if line.isOfPeer {
                #expect(answer == line.message, "\(name)")
                answer = nil
                count.withLock { $0 += 1 }
                continue
            }
            guard case .deliver(_, let message) = session.receive(line.message) else { throw ScriptedChaincode.Unexpected() }
            switch conversation.step(message) {
            case .reply(let reply):
                answer = reply
                session.answered(conversation.id)
            case .completed(let response): return response
            case .failed(let failure): throw failure
            }
        }
        throw ScriptedChaincode.Unexpected()
    }

    @Test func `the handshake is the recorded one`() throws {
        let lines = try Self.lines()
        #expect(lines.prefix(3).map(\.isOfPeer) == [false, true, true])
        var session = ShimSession()
        guard case .register(let name) = session.receive(lines[0].message) else {
            Issue.record("a real chaincode's registration was not taken")
            return
        }
        #expect(name.hasPrefix("goods_1.0:"))
        #expect(session.accept() == lines[1...2].map(\.message))
    }

    @Test func `every answer to a real chaincode is the recorded one, byte for byte`() throws {
        #expect(try Self.replay() > 100)
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric/grpc/proposal_response_create_org1.pb"), SharedData.reason))
    func `the call of a real chaincode has the read-write set that a stock peer signed for it`() throws {
        let answer = try ProposalResponse(
            serialized: try #require(SharedData.read("vectors/fabric/grpc/proposal_response_create_org1.pb")))
        let action = try ChaincodeAction(serialized: try ProposalResponsePayload(serialized: answer.payload).actionBytes)
        let stock = try ReadWriteSet(serialized: action.results)
        let theirs = try #require(stock.namespaces.first { $0.namespace == "kvand" })
        var hasCompared = false
        _ = try Self.replay { name, endorsed in
            guard name == "create asset1 red", endorsed.result.response.status == 200 else { return }
            let set = endorsed.result.readWriteSet
            let ours = try #require(set.namespaces.first { $0.namespace == "goods" })
            #expect(ours.reads == theirs.reads && ours.writes == theirs.writes && ours.rangeQueries == theirs.rangeQueries)
            #expect(set.namespaces[0].reads.map(\.key) == ["namespaces/fields/goods/Sequence"])
            #expect(stock.namespaces[0].reads.map(\.key) == ["namespaces/fields/kvand/Sequence"])
            hasCompared = true
        }
        #expect(hasCompared)
    }

    @Test func `an answer that differs from the recording is noticed`() throws {
        // The planted mistake: the state lacks what an earlier call wrote.
        let recorded = try #require(try Self.conversations().first { try $0.text == "get a" })
        let channel = InMemoryChannel()
        channel.define("goods", collections: Shim.collections("traders"))
        let differs = Mutex(false)
        channel.use(
            ScriptedChaincode { conversation throws in
                let request = try #require(recorded.rest.first { !$0.isOfPeer })
                let wanted = try #require(recorded.rest.first { $0.isOfPeer })
                guard case .reply(let answer) = conversation.step(request.message) else { throw ScriptedChaincode.Unexpected() }
                differs.withLock { $0 = answer != wanted.message }
                return Response()
            })
        _ = try channel.simulate("goods", arguments: recorded.arguments, as: InMemoryChannel.client("alice"))
        #expect(differs.withLock { $0 })
    }
}
