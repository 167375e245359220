import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import TestSupport
import Testing

@testable import Node

/// The client library against a gateway over real connections.
struct ClientLibraryOverWireTests {
    /// Connects as a user of Org1MSP.
    private static func with(
        _ world: GatewayWorld, as identity: ClientIdentity? = nil, settings: ClientSettings = ClientSettings(patienceMilliseconds: 1_200_000),
        _ body: @Sendable @escaping (ChannelClient) async throws -> Void
    ) async throws {
        let endpoint = NodeEndpoint(try await world.server.endpoint().description)
        let name = world.wire.channel.text
        try await GatewayConnection.open(to: endpoint, as: identity ?? ClientIdentity(world.wire.user), settings: settings) { gateway in
            try await body(gateway.channel(name))
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `evaluate and submit, with the verdict and the chaincode's words`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            try await Self.with(world) { channel in
                let tally = channel.chaincode("tally")
                let done = try await tally.submit("set", "a", "1")
                #expect(done.outcome == .committed(block: world.network.peers[0].height - 1))
                #expect(try await Self.text(tally.evaluate("get", "a")) == "1")
                #expect(try await channel.outcome(of: done.id) == done.outcome)
                let failure = try await #require(throws: ClientFailure.self) { _ = try await tally.evaluate("get", "nothing") }
                #expect(failure.stage == .evaluate && failure.kind == .chaincode && failure.chaincodeStatus == 404)
                #expect(failure.chaincodeMessage == "not-found: the tally does not exist" && failure.transactionID?.count == 64)
                let unknown = try await #require(throws: ClientFailure.self) { _ = try await channel.chaincode("none").submit("set") }
                #expect(unknown.stage == .endorse && unknown.description.contains("No metadata was found for chaincode none in channel"))
            }
        }
    }

    @Test func `transactions that meet each other are all done, each once`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            try await Self.with(world) { channel in
                let tally = channel.chaincode("tally")
                _ = try await tally.submit("set", "k", "")
                let retry = RetryPolicy(attempts: 50, firstPauseMilliseconds: 5, longestPauseMilliseconds: 40)
                let outcomes = try await withThrowingTaskGroup(of: SubmittedTransaction.self) { group in
                    for letter in ["a", "b", "c", "d", "e"] {
                        group.addTask { try await tally.submit(ChaincodeRequest("add", ["k", letter]), businessID: "add-\(letter)", retry: retry) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.allSatisfy { $0.outcome.isCommitted })
                let text = try await Self.text(tally.evaluate("get", "k"))
                #expect(text.sorted() == ["a", "b", "c", "d", "e"])
                // The same deed asked for again is found in the ledger, under the id that was decided.
                let again = try await tally.submit(ChaincodeRequest("add", ["k", "a"]), businessID: "add-a", retry: retry)
                #expect(outcomes.contains { $0.id == again.id && $0.outcome == again.outcome } && again.result.isEmpty)
                #expect(try await Self.text(tally.evaluate("get", "k")) == text)
            }
        }
    }

    @Test func `events go on behind the checkpoint, and one whose handling failed comes again`() async throws {
        struct Interrupted: Error {}
        let folder = try TemporaryFolder("checkpoints")
        try await NodeNetwork().withGateway { world async throws in
            try await Self.with(world) { channel in
                let tally = channel.chaincode("tally")
                for text in ["one", "two", "three"] { _ = try await tally.submit("tell", "k", text) }
                let keeper = FileCheckpointer(path: folder.path(of: "tally"))
                let seen = Mutex<[String]>([])
                await #expect(throws: Interrupted.self) {
                    try await channel.chaincodeEvents(of: "tally", from: .block(0), checkpointer: keeper) { event in
                        if Self.text(event.payload) == "two" { throw Interrupted() }
                        seen.withLock { $0.append(Self.text(event.payload)) }
                        return .more
                    }
                }
                #expect(seen.withLock { $0 } == ["one"])
                // Another listener with the same file, as after a crash.
                try await channel.chaincodeEvents(of: "tally", checkpointer: FileCheckpointer(path: keeper.path)) { event in
                    seen.withLock { $0.append(Self.text(event.payload)) }
                    return Self.text(event.payload) == "three" ? .enough : .more
                }
                #expect(seen.withLock { $0 } == ["one", "two", "three"])
                #expect(try keeper.load()?.transactionID?.count == 64)
            }
        }
    }

    @Test func `blocks come with verdicts and events, and listening ends with its task`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            // The world's peer serves blocks on a port of its own.
            let endpoint = NodeEndpoint(world.wire.peer.description)
            let done = try await world.commit(NodeNetwork.call("tell", "k", "news")).id.text
            try await GatewayConnection.open(to: endpoint, as: ClientIdentity(world.wire.user)) { gateway in
                let channel = gateway.channel(world.wire.channel.text)
                let found = Mutex<CommittedBlock.Transaction?>(nil)
                let keeper = MemoryCheckpointer()
                try await channel.blockEvents(from: .block(0), checkpointer: keeper) { block in
                    guard let one = block.transactions.first(where: { $0.id == done }) else { return .more }
                    found.withLock { $0 = one }
                    return .enough
                }
                let transaction = try #require(found.withLock { $0 })
                #expect(transaction.code == "VALID" && transaction.event?.name == "told")
                #expect(Self.text(transaction.event?.payload ?? []) == "news")
                let next = try #require(keeper.load())
                #expect(next.transactionID == nil && next.block == world.network.peers[0].height)
                let (begun, input) = AsyncStream<Void>.makeStream()
                let listener = Task {
                    try await channel.blockEvents(from: .block(0)) { _ in
                        input.finish()
                        return .more
                    }
                }
                for await _ in begun {}
                listener.cancel()
                await #expect(throws: CancellationError.self) { try await listener.value }
                // Also before it has begun.
                let early = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await channel.blockEvents(from: .block(0)) { _ in .more }
                }
                await #expect(throws: CancellationError.self) { try await early.value }
                let other = gateway.channel("no-such-channel")
                let failure = try await #require(throws: ClientFailure.self) { try await other.blockEvents(from: .block(0)) { _ in .more } }
                #expect(failure.stage == .events && failure.cause.contains("404"))
            }
        }
    }

    @Test func `a transaction is signed elsewhere, step by step`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            let pem = String(decoding: world.wire.user.certificate.pem, as: UTF8.self)
            let (absent, key) = (try ClientIdentity(mspID: "Org1MSP", certificate: pem), ClientIdentity(world.wire.user))
            try await Self.with(world, as: absent) { channel in
                let proposal = try OfflineProposal(bytes: channel.chaincode("tally").propose(ChaincodeRequest("set", ["a", "7"])).bytes)
                let transaction = try OfflineTransaction(bytes: try await channel.endorse(proposal.signed(by: key)).bytes)
                try await channel.submit(transaction.signed(by: key))
                let question = channel.statusRequest(of: transaction.transactionID)
                #expect(try await channel.outcome(of: question.signed(by: key)).isCommitted)
                let read = channel.chaincode("tally").propose(ChaincodeRequest("get", ["a"]))
                #expect(try await Self.text(channel.evaluate(read.signed(by: key))) == "7")
                // What nobody has signed is refused by the peer, not by luck.
                let failure = try await #require(throws: ClientFailure.self) { _ = try await channel.evaluate(read) }
                #expect(failure.kind == .refused)
            }
        }
    }

    @Test func `endorsers that disagree are named through the gateway too`() async throws {
        let network = try NodeNetwork()
        // A peer of Org2MSP that stands still while the channel goes on.
        let late = try network.openPeer(1, at: "late")
        try await network.withGateway({ $0.others = [GatewayPeer(late, address: "late:7051")] }) { world async throws in
            for number in 1..<world.network.peers[0].height {
                try await late.receive(OrderedBlock(serialized: #require(try world.network.peers[0].blockBytes(number))))
            }
            try await Self.with(world) { channel in
                let tally = channel.chaincode("tally")
                #expect(try await tally.submit("set", "a", "1").outcome.isCommitted)
                let failure = try await #require(throws: ClientFailure.self) { _ = try await tally.submit("add", "a", "2") }
                let difference = try #require(failure.disagreement)
                #expect(failure.stage == .endorse && failure.kind == .disagreement && failure.transactionID?.count == 64)
                #expect(difference.firstPeer == "peer0:7051 (Org1MSP)" && difference.secondPeer == "late:7051 (Org2MSP)")
                #expect(difference.item == "read of key 'a' of tally" && difference.second == "absent")
                #expect(failure.reports.map(\.address) == ["late:7051"])
            }
        }
    }

    @Test func `a gateway that is not there, an identity that is not let in, and TLS that is missing are told apart`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            try await Self.with(world, as: ClientIdentity(world.wire.outsider)) { channel in
                let failure = try await #require(throws: ClientFailure.self) { _ = try await channel.chaincode("tally").evaluate("get", "a") }
                #expect(failure.kind == .refused && failure.stage == .evaluate)
            }
            let nobody = NodeEndpoint("127.0.0.1:1")
            try await GatewayConnection.open(to: nobody, as: ClientIdentity(world.wire.user)) { gateway in
                let failure = try await #require(throws: ClientFailure.self) {
                    _ = try await gateway.channel("c").chaincode("tally").evaluate("get", "a")
                }
                #expect(failure.kind == .unreachable && failure.peer == "127.0.0.1:1")
            }
            let failure = try await #require(throws: ClientFailure.self) {
                try await GatewayConnection.open(to: NodeEndpoint("nowhere"), as: ClientIdentity(world.wire.user)) { _ in }
            }
            #expect(failure.stage == .connect && failure.kind == .setup && failure.cause.contains("give host:port"))
        }
    }
}
