import ChannelConfiguration
import FabricMessages
import GRPCCore
import LedgerModel
import SelvageClient
import Synchronization
import Testing

@testable import Node

/// Submit: which ordering nodes get an envelope, and what is told when they do not take it (interop 12.2, 13.1).
struct GatewaySubmissionTests {
    /// An ordering node that gives one answer, and counts.
    private final class Answering: OrdererConnection {
        private let reply: BroadcastReply?
        private let asked = Mutex(0)

        /// - Parameter reply: Nil for one that does not answer.
        init(_ reply: BroadcastReply?) { self.reply = reply }

        var count: Int { self.asked.withLock { $0 } }

        func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
            self.asked.withLock { $0 += 1 }
            if let reply { return reply }
            try await Task.sleep(for: .seconds(3_600))
            throw CancellationError()
        }
    }

    /// A ledger of a channel that is ordered in a chosen way.
    private struct Ordered: GatewayLedger {
        let bundle: ChannelBundle
        let deliverableHeight: UInt64 = 0

        func blockBytes(_ number: UInt64) throws -> [UInt8]? { nil }
        func waitForBlock(_ number: UInt64) async -> Bool { false }
        func worldState() -> any StateReading { PendingNothing() }
        func blockNumber(of transaction: TransactionID) throws -> UInt64? { nil }
        func commitStatus(of transaction: TransactionID) async throws -> CommitStatus { throw CancellationError() }
    }

    private struct PendingNothing: StateReading {
        func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? { nil }
        func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
            throw StateReadError(reason: "nothing is here")
        }
    }

    /// Submits to ordering nodes under names o0, o1 and so on.
    private static func submit(
        to orderers: [any OrdererConnection], raft: Bool = false, passesOn: Bool = false, members: Int = 1, times: Int = 1, seconds: Int64 = 30,
        patience: Int64 = 3_600_000, observers: Int = 0
    ) async throws -> GatewayFailure? {
        let network = try NodeNetwork()
        var bundle = try ChannelBundle(block: network.genesis)
        if raft {
            var config = bundle.config
            var type = try Orderer_ConsensusType.decode(#require(config.channelGroup.groups["Orderer"]?.values["ConsensusType"]).value, as: "type")
            type.type = "etcdraft"
            config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = type.encoded().data
            bundle = try ChannelBundle(config: config, channelID: bundle.channelID)
        }
        if members > 1 {
            var config = bundle.config
            let value = try #require(config.channelGroup.groups["Orderer"]?.values["Orderers"]).value
            var list = try Common_Orderers.decode(value, as: "consenters")
            let first = try #require(list.consenterMapping.first)
            list.consenterMapping = (1...UInt32(members)).map { id in
                var consenter = first
                consenter.id = id
                consenter.port = first.port + id
                return consenter
            }
            config.channelGroup.groups["Orderer"]?.values["Orderers"]?.value = list.encoded().data
            bundle = try ChannelBundle(config: config, channelID: bundle.channelID)
        }
        let peer = GatewayPeer(try network.openPeer(0), address: "p")
        let channel = GatewayChannel(
            ledger: Ordered(bundle: bundle), local: peer, others: [],
            orderers: orderers.enumerated().map { GatewayOrderer($1, address: "o\($0)", mspID: "OrdererMSP", isInOffice: $0 >= observers) },
            passesOn: passesOn)
        var limits = WireLimits()
        limits.broadcastSeconds = seconds
        limits.patienceMilliseconds = patience
        let submission = GatewaySubmission(channel: { _ in channel }, limits: limits)
        var request = Gateway_SubmitRequest()
        request.channelID = bundle.channelID.text
        request.preparedTransaction.payload = [1].data
        request.preparedTransaction.signature = [2].data
        do {
            for _ in 0..<times { _ = try await submission.answer(request) }
            return nil
        } catch let failure as GatewayFailure {
            return failure
        }
    }

    private static let good = BroadcastReply(status: 200)
    private static let busy = BroadcastReply(status: 503, info: "no leader")

    @Test func `one ordering node is enough, another is tried after a failure, and all get their share`() async throws {
        let (first, second) = (Answering(Self.good), Answering(Self.good))
        #expect(try await Self.submit(to: [first, second], raft: true, times: 10) == nil)
        #expect(first.count == 5 && second.count == 5)
        let failing = Answering(Self.busy)
        #expect(try await Self.submit(to: [failing, second], raft: true, times: 2) == nil)
        #expect(failing.count == 1 && second.count == 7)
        let failure = try #require(try await Self.submit(to: [failing, Answering(Self.busy)], raft: true))
        #expect(failure.code == .unavailable && failure.message == "no orderers could successfully process transaction")
        #expect(
            failure.details.map(\.message)
                == Array(repeating: "received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=no leader", count: 2))
        #expect(Set(failure.details.map(\.address)) == ["o0", "o1"] && failure.details.allSatisfy { $0.mspID == "OrdererMSP" })
    }

    @Test func `what an ordering node finds wrong with a transaction ends the call`() async throws {
        let refusing = Answering(BroadcastReply(status: 403, info: "policy"))
        let failure = try #require(try await Self.submit(to: [refusing, refusing], raft: true))
        #expect(failure.code == .aborted && failure.message == "received unsuccessful response from orderer: status=FORBIDDEN, info=policy")
        #expect(refusing.count == 1)
    }

    @Test func `an ordering node that is silent is given up`() async throws {
        let silent = Answering(nil)
        let failure = try #require(try await Self.submit(to: [silent], raft: true, seconds: 0))
        #expect(failure.code == .unavailable && failure.details.map(\.message) == ["no answer in 0 s"])
    }

    @Test func `a committee gets it all, and a quorum must take it`() async throws {
        #expect((1...10).map { GatewaySubmission.quorum(of: $0) } == [1, 2, 2, 3, 4, 4, 5, 6, 6, 7])
        // One member: all that are listed are sent to, one is enough.
        let known = Answering(BroadcastReply(status: 503, info: "failed to submit request: request already exists"))
        #expect(try await Self.submit(to: [known]) == nil)
        #expect(try await Self.submit(to: [Answering(nil), Answering(Self.good)]) == nil)
        let refusing = Answering(BroadcastReply(status: 400, info: "garbage"))
        let failure = try #require(try await Self.submit(to: [refusing, refusing]))
        #expect(
            failure.code == .unavailable
                && failure.message == "insufficient number of orderers could successfully process transaction to satisfy quorum requirement")
        #expect(failure.details.count == 2 && refusing.count == 2)
    }

    @Test func `of a committee that passes on, one member more than may be faulty gets it, and others for those that fail`() async throws {
        let members = (0..<4).map { _ in Answering(Self.good) }
        #expect(try await Self.submit(to: members, passesOn: true, members: 4, times: 8) == nil)
        #expect(members.map(\.count) == [4, 4, 4, 4])
        // Of seven three, of which two fail at once: two others take their places.
        let bad = [Answering(Self.busy), Answering(Self.busy)]
        let good = (0..<5).map { _ in Answering(Self.good) }
        #expect(try await Self.submit(to: [good[0], bad[0], bad[1]] + good[1...], passesOn: true, members: 7) == nil)
        #expect(bad.map(\.count) == [1, 1] && good.reduce(0) { $0 + $1.count } == 3)
        // A silent one is not waited for long.
        let withSilent = [Answering(Self.good), Answering(nil), Answering(Self.good)]
        #expect(try await Self.submit(to: withSilent, passesOn: true, members: 4, patience: 10) == nil)
        // Two have to take it, so three that refuse are too many.
        let refusing = (0..<3).map { _ in Answering(BroadcastReply(status: 400, info: "garbage")) }
        let failure = try #require(try await Self.submit(to: refusing + [Answering(Self.good)], passesOn: true, members: 4))
        #expect(failure.code == .unavailable && failure.details.count == 3)
    }

    @Test func `ordering nodes without an office are asked only in the place of others`() async throws {
        let observers = [Answering(Self.good), Answering(Self.good)]
        let members = (0..<4).map { _ in Answering(Self.good) }
        #expect(try await Self.submit(to: observers + members, passesOn: true, members: 4, times: 8, observers: 2) == nil)
        #expect(members.map(\.count) == [4, 4, 4, 4] && observers.map(\.count) == [0, 0])
        let down = (0..<3).map { _ in Answering(Self.busy) }
        #expect(try await Self.submit(to: observers + down + [Answering(Self.good)], passesOn: true, members: 4, observers: 2) == nil)
        // One that is in office has taken it, and the others all say that they pass it on.
        #expect(observers.map(\.count) == [1, 1])
        let some = [Answering(Self.good), Answering(Self.good)]
        let failure = try await Self.submit(
            to: [Answering(Self.good), Answering(Self.busy)] + (0..<3).map { _ in Answering(Self.busy) } + [Answering(Self.busy)], passesOn: true,
            members: 4, observers: 2)
        #expect(failure?.code == .unavailable)
        // A slow committee is waited for, whoever else has taken it.
        let silent = [Answering(nil), Answering(nil)]
        #expect(try await Self.submit(to: observers + silent + some, passesOn: true, members: 4, patience: 10, observers: 2) == nil)
        #expect(some.map(\.count) == [1, 1])
    }

    @Test func `over the wire a refusal carries the node and its words`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            let (_, prepared) = try await world.endorse(NodeNetwork.call("set", "a", "1"))
            #expect(
                try await world.failure { try await world.submit(prepared, isSigned: false) }
                    == "invalidArgument: prepared transaction must be signed")
            #expect(
                try await world.failure { _ = try await world.client.submit(Gateway_SubmitRequest()) }
                    == "invalidArgument: a prepared transaction is required")
            #expect(
                try await world.failure { try await world.submit(prepared, channel: "elsewhere") }.hasPrefix(
                    "failedPrecondition: failed to get config for channel [elsewhere]"))
            var garbage = Common_Envelope()
            garbage.payload = [1, 2, 3].data
            let refused = try await world.failure { try await world.submit(garbage) }
            #expect(
                refused.hasPrefix(
                    "unavailable: insufficient number of orderers could successfully process transaction to satisfy quorum requirement | "
                        + "orderer1:7050 OrdererMSP: received unsuccessful response from orderer: status=BAD_REQUEST, info="))
        }
        try await NodeNetwork().withGateway({
            $0.orderers = [GatewayOrderer(GRPCOrderer($0.dead), address: "gone:7050", mspID: "OrdererMSP")]
        }) { world async throws in
            let (_, prepared) = try await world.endorse(NodeNetwork.call("set", "a", "1"))
            let gone = try await world.failure { try await world.submit(prepared) }
            #expect(gone.hasPrefix("unavailable: ") && gone.contains("gone:7050 OrdererMSP: dead at 127.0.0.1:1 cannot be reached"))
        }
        try await NodeNetwork().withGateway({ $0.orderers = [] }) { world async throws in
            let (_, prepared) = try await world.endorse(NodeNetwork.call("set", "a", "1"))
            #expect(try await world.failure { try await world.submit(prepared) } == "unavailable: no orderer nodes available")
        }
    }
}
