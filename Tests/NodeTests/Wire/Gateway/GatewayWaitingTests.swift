import FabricMessages
import GRPCCore
import Identity
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// CommitStatus and ChaincodeEvents over real connections.
struct GatewayWaitingTests {
    private static let nobody = TransactionID("0000000000000000000000000000000000000000000000000000000000000000")

    private static func eventsRequest(
        _ world: GatewayWorld, from position: Orderer_SeekPosition.OneOf_Type? = nil, after: TransactionID? = nil,
        by identity: SigningIdentity? = nil,
        channel: String? = nil, chaincode: String = "tally"
    ) throws -> Gateway_SignedChaincodeEventsRequest {
        let identity = identity ?? world.wire.user
        var request = Gateway_ChaincodeEventsRequest()
        request.channelID = channel ?? world.wire.channel.text
        request.chaincodeID = chaincode
        request.identity = identity.serialized.data
        if let position { request.startPosition.type = position }
        if let after { request.afterTransactionID = after.text }
        var signed = Gateway_SignedChaincodeEventsRequest()
        signed.request = request.encoded().data
        signed.signature = try identity.sign(signed.request.byteArray).data
        return signed
    }

    /// The first events of a stream as "payload@block", by message.
    private static func events(_ world: GatewayWorld, _ request: Gateway_SignedChaincodeEventsRequest, count: Int) async throws -> [String] {
        try await world.client.chaincodeEvents(request, options: WireCalls.longMessages) { response in
            var seen: [String] = []
            for try await message in response.messages {
                seen.append(message.events.map { String(decoding: $0.payload, as: UTF8.self) }.joined(separator: ",") + "@\(message.blockNumber)")
                if seen.count == count { break }
            }
            return seen
        }
    }

    @Test func `the verdict on a transaction is known at once or waited for, here and over the wire`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            let (known, _) = try await world.commit(NodeNetwork.call("set", "a", "1"))
            let peer = GRPCPeer(world.connection, mspID: "Org1MSP", channel: world.wire.channel, identity: world.wire.user)
            let status = try await peer.commitStatus(of: known)
            #expect(status.isValid && status.transaction == known && status.block.rawValue == world.network.peers[0].height - 1)
            let (id, prepared) = try await world.endorse(NodeNetwork.call("set", "a", "2"))
            async let waited = peer.commitStatus(of: id)
            async let alsoWaited = world.client.commitStatus(try world.statusRequest(id))
            try await world.submit(prepared)
            #expect(try await waited.isValid)
            #expect(try await alsoWaited.result == .valid)
        }
    }

    @Test func `a status is told to readers of the channel who ask completely`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            let id = Self.nobody
            func failure(_ change: (inout Gateway_SignedCommitStatusRequest) throws -> Void) async throws -> String {
                var request = try world.statusRequest(id)
                try change(&request)
                return try await world.failure { _ = try await world.client.commitStatus(request) }
            }
            func changed(_ change: (inout Gateway_CommitStatusRequest) -> Void) async throws -> String {
                try await failure { signed in
                    var request = try Gateway_CommitStatusRequest(serializedBytes: signed.request)
                    change(&request)
                    signed.request = request.encoded().data
                }
            }
            #expect(try await failure { $0.request = [UInt8]().data } == "invalidArgument: a commit status request is required")
            #expect(try await failure { $0.request = [0xFF].data }.hasPrefix("invalidArgument: invalid status request: "))
            #expect(try await changed { $0.identity = [UInt8]().data } == "invalidArgument: no identity provided")
            #expect(try await changed { $0.channelID = "" } == "invalidArgument: no channel ID provided")
            #expect(try await changed { $0.transactionID = "" } == "invalidArgument: transaction ID should not be empty")
            #expect(try await changed { $0.channelID = "elsewhere" } == "permissionDenied: Failed to get policy manager for channel [elsewhere]")
            #expect(try await failure { $0.signature = [1].data }.hasPrefix("permissionDenied: "))
            let outsider = try world.statusRequest(id, by: world.wire.outsider)
            #expect(try await failure { $0 = outsider }.hasPrefix("permissionDenied: "))
        }
    }

    @Test func `a wait that is given up makes room, one more than the limit is refused, and a server that stops tells who waits`() async throws {
        var limits = WireLimits()
        limits.gatewayWaits = 1
        try await NodeNetwork().withGateway(limits: limits) { world async throws in
            let request = try world.statusRequest(Self.nobody)
            let (known, _) = try await world.commit(NodeNetwork.call("set", "a", "1"))
            let other = try world.statusRequest(known)
            func once() async throws -> String { try await world.failure { _ = try await world.client.commitStatus(other) } }
            func waitUntilRefused() async throws {
                while try await !once().hasPrefix("resourceExhausted: too many requests for /gateway.Gateway, exceeding concurrency limit (1)") {
                    await Task.yield()
                }
            }
            /// Waits in the only place there is, as soon as no question of `once` is in it.
            @Sendable func occupy() async throws -> String {
                while !Task.isCancelled {
                    let failure = try await world.failure { _ = try await world.client.commitStatus(request) }
                    guard failure.hasPrefix("resourceExhausted: ") else { return failure }
                }
                return "given up"
            }
            let wait = Task { try await occupy() }
            try await waitUntilRefused()
            wait.cancel()
            _ = await wait.result
            while try await once() != "no failure" { await Task.yield() }
            let last = Task { try await occupy() }
            try await waitUntilRefused()
            world.server.stop()
            #expect(try await last.value.hasPrefix("unavailable: "))
        }
    }

    @Test func `events come block by block, of valid transactions alone, from where the client was`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            let start = world.network.peers[0].height
            let first = try await world.commit(NodeNetwork.call("tell", "a", "one"))
            // Both read the same version: the second is invalid, and so is what it tells.
            let left = try await world.endorse(NodeNetwork.call("tell", "a", "two"))
            let right = try await world.endorse(NodeNetwork.call("tell", "a", "lost"))
            try await world.submit(left.prepared)
            #expect(try await world.client.commitStatus(try world.statusRequest(left.id)).result == .valid)
            try await world.submit(right.prepared)
            #expect(try await world.client.commitStatus(try world.statusRequest(right.id)).result == .mvccReadConflict)
            let silent = try await world.commit(NodeNetwork.call("set", "b", "1"))
            try await world.commit(NodeNetwork.call("tell", "c", "three"))
            let all = ["one@\(start)", "two@\(start + 1)", "three@\(start + 4)"]
            #expect(try await Self.events(world, try Self.eventsRequest(world, from: WireCalls.number(0)), count: 3) == all)
            #expect(try await Self.events(world, try Self.eventsRequest(world, after: first.id), count: 2) == Array(all[1...]))
            // Also behind a transaction that told nothing, or was invalid.
            #expect(try await Self.events(world, try Self.eventsRequest(world, after: silent.id), count: 1) == [all[2]])
            #expect(try await Self.events(world, try Self.eventsRequest(world, after: right.id), count: 1) == [all[2]])
            // Without a start: what comes from now on. The client's own position is behind the chain here.
            let next = try Self.eventsRequest(world, from: WireCalls.number(world.network.peers[0].height))
            async let later = Self.events(world, next, count: 1)
            try await world.commit(NodeNetwork.call("tell", "d", "four"))
            #expect(try await later == ["four@\(start + 5)"])
        }
    }

    @Test func `a checkpoint that the peer does not know yet is passed when it comes`() async throws {
        var reader = EventReader(chaincode: "tally", after: "later")
        try await NodeNetwork().withGateway { world async throws in
            let (id, _) = try await world.commit(NodeNetwork.call("tell", "a", "one"))
            let bytes = try #require(try world.network.peers[0].blockBytes(world.network.peers[0].height - 1))
            let block = try OrderedBlock(serialized: bytes)
            var unknown = EventReader(chaincode: "tally", after: "later")
            #expect(unknown.events(of: block).isEmpty)
            var here = EventReader(chaincode: "tally", after: id)
            #expect(here.events(of: block).isEmpty)
            // The same block again stands for a later one.
            #expect(here.events(of: block).map(\.txID) == [id.text])
            var other = EventReader(chaincode: "another", after: "")
            #expect(other.events(of: block).isEmpty)
            var all = EventReader(chaincode: "tally", after: "")
            #expect(all.events(of: block).map(\.eventName) == ["told"])
        }
        #expect(reader.events(of: OrderedBlock(number: 0, previousHash: [], envelopes: [])).isEmpty)
    }

    @Test func `events are given to readers of the channel who say where to begin`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            func failure(_ request: Gateway_SignedChaincodeEventsRequest) async throws -> String {
                try await world.failure { _ = try await Self.events(world, request, count: 1) }
            }
            #expect(try await failure(Gateway_SignedChaincodeEventsRequest()) == "invalidArgument: a chaincode events request is required")
            #expect(
                try await failure(try Self.eventsRequest(world, from: WireCalls.oldest))
                    == "invalidArgument: invalid start position type: *orderer.SeekPosition_Oldest")
            #expect(
                try await failure(try Self.eventsRequest(world, from: WireCalls.newest))
                    == "invalidArgument: invalid start position type: *orderer.SeekPosition_Newest")
            #expect(try await failure(try Self.eventsRequest(world, by: world.wire.outsider)).hasPrefix("permissionDenied: "))
            #expect(
                try await failure(try Self.eventsRequest(world, channel: "elsewhere"))
                    == "permissionDenied: Failed to get policy manager for channel [elsewhere]")
            var forged = try Self.eventsRequest(world)
            forged.signature = [1].data
            #expect(try await failure(forged).hasPrefix("permissionDenied: "))
        }
    }
}
