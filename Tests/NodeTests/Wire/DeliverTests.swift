import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// Blocks over real connections: what is asked for, what comes, and with which status each seek ends.
struct DeliverTests {
    private static let orderer = Orderer_AtomicBroadcast.Method.Deliver.descriptor
    private static let peer = Protos_Deliver.Method.Deliver.descriptor
    private static let filtered = Protos_Deliver.Method.DeliverFiltered.descriptor
    private static let withPrivateData = Protos_Deliver.Method.DeliverWithPrivateData.descriptor

    /// One seek, as "block 0, block 1, status 200".
    private static func ask(_ world: WireWorld, _ seek: Orderer_SeekInfo, from method: MethodDescriptor = Self.orderer) async throws -> String {
        try await Self.send(world, [try world.request(seek)], method)
    }

    private static func send(_ world: WireWorld, _ requests: [Common_Envelope], _ method: MethodDescriptor = Self.orderer) async throws -> String {
        try await world.withClient(of: method.service == Self.orderer.service ? world.orderer : world.peer) { client async throws in
            try await WireCalls.deliver(client, method, requests).map(\.summary).joined(separator: ", ")
        }
    }

    @Test func `every range gives its blocks and a status, from the orderer and from a peer`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let tip = world.network.peers[0].height - 1
            let all = (0...tip).map { "block \($0), " }.joined() + "status 200"
            for method in [Self.orderer, Self.peer] {
                #expect(try await Self.ask(world, WireCalls.seek(WireCalls.oldest, WireCalls.newest), from: method) == all)
                #expect(try await Self.ask(world, WireCalls.seek(WireCalls.oldest, WireCalls.oldest), from: method) == "block 0, status 200")
                #expect(try await Self.ask(world, WireCalls.seek(WireCalls.newest, WireCalls.newest), from: method) == "block \(tip), status 200")
                #expect(
                    try await Self.ask(world, WireCalls.seek(WireCalls.number(1), WireCalls.number(2)), from: method)
                        == "block 1, block 2, status 200")
                #expect(
                    try await Self.ask(world, WireCalls.seek(WireCalls.number(tip), WireCalls.number(tip + 1), waits: false), from: method)
                        == "block \(tip), status 404")
                #expect(try await Self.ask(world, WireCalls.seek(WireCalls.number(tip + 2), WireCalls.newest), from: method) == "status 404")
                #expect(
                    try await Self.ask(world, WireCalls.seek(WireCalls.nextCommit, WireCalls.number(.max), waits: false), from: method)
                        == "status 404")
                #expect(try await Self.ask(world, WireCalls.seek(WireCalls.number(2), WireCalls.number(1)), from: method) == "status 400")
                #expect(try await Self.ask(world, WireCalls.seek(WireCalls.oldest, WireCalls.nextCommit), from: method) == "status 400")
                #expect(try await Self.ask(world, Orderer_SeekInfo(), from: method) == "status 400")
            }
        }
    }

    @Test func `blocks come with the bytes of the block files`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let seek = WireCalls.seek(WireCalls.oldest, WireCalls.newest)
            let request = try world.request(seek)
            let fromPeer = try await world.withClient(of: world.peer) { try await WireCalls.deliver($0, Self.peer, [request]) }
            let withPrivateData = try await world.withClient(of: world.peer) { try await WireCalls.deliver($0, Self.withPrivateData, [request]) }
            let fromOrderer = try await world.withClient(of: world.orderer) { try await WireCalls.deliver($0, Self.orderer, [request]) }
            for number in 0..<world.network.peers[0].height {
                let stored = try #require(try world.network.peers[0].snapshot().blockBytes(BlockNumber(number)))
                #expect(fromPeer[Int(number)].block.encoded() == stored)
                #expect(withPrivateData[Int(number)].blockAndPrivateData.block.encoded() == stored)
                #expect(withPrivateData[Int(number)].blockAndPrivateData.privateDataMap.isEmpty)
                let ordered = try world.network.orderer.blockBytes(number)
                #expect(fromOrderer[Int(number)].block.encoded() == ordered)
            }
        }
    }

    @Test func `headers alone come without transactions, but a configuration block is whole`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.number(0), WireCalls.number(1), withoutData: true))
            let answers = try await world.withClient(of: world.orderer) { try await WireCalls.deliver($0, Self.orderer, [request]) }
            #expect(answers.map(\.summary) == ["block 0", "block 1", "status 200"])
            #expect(answers[0].block.data.data.count == 1)
            #expect(!answers[1].block.hasData && answers[1].block.metadata.metadata.count == 5)
            let stored = try #require(try world.network.orderer.blockBytes(1))
            #expect(answers[1].block.header == (try Common_Block.decode(stored, as: "block")).header)
        }
    }

    @Test func `a client that closed its side gets the blocks that come later`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            for method in [Self.orderer, Self.filtered] {
                let next = world.network.peers[0].height
                let wanted = try world.request(WireCalls.seek(WireCalls.newest, WireCalls.number(next + 1)))
                let (seen, seenInput) = AsyncStream<String>.makeStream()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await world.withClient(of: method.service == Self.orderer.service ? world.orderer : world.peer) { client async throws in
                            try await Self.stream(client, method, wanted) { seenInput.yield($0) }
                        }
                        seenInput.finish()
                    }
                    var summaries = seen.makeAsyncIterator()
                    // The stream stands; what follows is ordered after it.
                    #expect(await summaries.next()?.hasSuffix(" \(next - 1)") == true)
                    try await world.network.submit(NodeNetwork.call("set", "a", "\(next)"))
                    #expect(await summaries.next()?.hasSuffix(" \(next)") == true)
                    try await world.network.submit(NodeNetwork.call("set", "b", "\(next)"))
                    #expect(await summaries.next()?.hasSuffix(" \(next + 1)") == true)
                    #expect(await summaries.next() == "status 200")
                    #expect(await summaries.next() == nil)
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Sends one request, closes the sending side at once and reports each answer.
    private static func stream(
        _ client: WireWorld.Client, _ method: MethodDescriptor, _ request: Common_Envelope, _ report: @Sendable @escaping (String) -> Void
    ) async throws {
        try await client.bidirectionalStreaming(
            request: StreamingClientRequest { try await $0.write(request) }, descriptor: method, serializer: EnvelopeCoding(),
            deserializer: DeliverCoding(), options: .defaults
        ) { response in
            for try await message in response.messages { report(message.summary) }
        }
    }

    @Test func `one stream takes seek after seek, and ends at the first that fails`() async throws {
        try await NodeNetwork().served { world async throws in
            let good = try world.request(WireCalls.seek(WireCalls.newest, WireCalls.newest))
            let bad = try world.request(WireCalls.seek(WireCalls.number(9), WireCalls.newest))
            #expect(try await Self.send(world, [good, good, bad, good]) == "block 0, status 200, block 0, status 200, status 404")
            #expect(try await Self.send(world, []) == "")
        }
    }

    @Test func `bad requests get the status that says why, and nothing else`() async throws {
        try await NodeNetwork().served { world async throws in
            let seek = WireCalls.seek(WireCalls.newest, WireCalls.newest)
            func status(_ change: (inout Common_ChannelHeader) -> Void) async throws -> String {
                try await Self.send(world, [try world.request(seek, change)])
            }
            #expect(try await status { $0.channelID = "other" } == "status 404")
            #expect(try await status { $0.channelID = "" } == "status 404")
            #expect(try await status { $0.clearTimestamp() } == "status 400")
            #expect(try await status { $0.timestamp.seconds -= 1_000 } == "status 400")
            #expect(try await status { $0.timestamp.seconds += 1_000 } == "status 400")
            #expect(try await status { $0.timestamp.seconds = .min } == "status 400")
            #expect(try await status { $0.timestamp.seconds -= 800 } == "block 0, status 200")
            // Without mutual TLS the hash of a certificate is not looked at.
            #expect(try await status { $0.tlsCertHash = [1, 2].data } == "block 0, status 200")
            #expect(try await Self.send(world, [try world.request(seek, by: world.outsider)]) == "status 403")
            var forged = try world.request(seek)
            forged.signature = try world.user.sign([1]).data
            #expect(try await Self.send(world, [forged]) == "status 403")
            #expect(try await Self.send(world, [Common_Envelope()]) == "status 400")
            var garbage = Common_Envelope()
            garbage.payload = [0xFF, 0xFF].data
            #expect(try await Self.send(world, [garbage]) == "status 400")
        }
    }

    @Test func `what does not parse as an envelope ends the call with an internal error`() async throws {
        try await NodeNetwork().served { world async throws in
            await #expect { () async throws in
                try await world.withClient(of: world.orderer) { client async throws in
                    try await client.bidirectionalStreaming(
                        request: StreamingClientRequest<[UInt8]> { try await $0.write([0x0A, 0x7F, 1]) }, descriptor: Self.orderer,
                        serializer: BytesCoding(), deserializer: DeliverCoding(), options: .defaults
                    ) { response in
                        for try await _ in response.messages {}
                    }
                }
            } throws: { error in
                (error as? RPCError)?.code == .internalError && "\(error)".contains("error unmarshalling request")
            }
        }
    }

    @Test func `a stream whose client's certificate runs out ends with 403 at the next block`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let next = world.network.peers[0].height
            let request = try world.request(WireCalls.seek(WireCalls.newest, WireCalls.number(.max)))
            let (seen, seenInput) = AsyncStream<String>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await world.withClient(of: world.peer) { client async throws in
                        try await Self.stream(client, Self.peer, request) { seenInput.yield($0) }
                    }
                    seenInput.finish()
                }
                var summaries = seen.makeAsyncIterator()
                #expect(await summaries.next() == "block \(next - 1)")
                let endorsed = try await world.network.endorse(NodeNetwork.call("set", "late", "1"))
                world.clock.advance(seconds: 20 * 365 * 86_400)
                _ = try await world.network.commit(endorsed)
                #expect(await summaries.next() == "status 403")
                #expect(await summaries.next() == nil)
                try await group.waitForAll()
            }
        }
    }

    @Test func `a stream that waits ends with 403 when the client's certificate runs out, without a block`() async throws {
        try await NodeNetwork().served { world async throws in
            world.clock.advance(seconds: world.user.certificate.notAfter - world.clock.now().seconds - 3)
            let answers = try await Self.ask(world, WireCalls.seek(WireCalls.oldest, WireCalls.number(.max)))
            #expect(answers.hasSuffix("status 403"))
        }
    }

    @Test func `waiting streams are told when the server stops`() async throws {
        try await NodeNetwork().served { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.number(.max)))
            let (seen, seenInput) = AsyncStream<String>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await world.withClient(of: world.orderer) { client async throws in
                        try await Self.stream(client, Self.orderer, request) { seenInput.yield($0) }
                    }
                    seenInput.finish()
                }
                var summaries = seen.makeAsyncIterator()
                #expect(await summaries.next() == "block 0")
                world.ordererServer.stop()
                #expect(await summaries.next() == "status 503")
                try await group.waitForAll()
            }
        }
    }

    @Test func `a stream more than the limit is refused, and one that ended makes room`() async throws {
        var limits = WireLimits()
        limits.streams = 1
        try await NodeNetwork().served(limits: limits) { world async throws in
            let endless = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.number(.max)))
            let short = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.oldest))
            try await world.withClient(of: world.orderer) { client async throws in
                try await client.bidirectionalStreaming(
                    request: StreamingClientRequest { try await $0.write(endless) }, descriptor: Self.orderer, serializer: EnvelopeCoding(),
                    deserializer: DeliverCoding(), options: .defaults
                ) { response async throws in
                    var messages = response.messages.makeAsyncIterator()
                    #expect(try await messages.next()?.summary == "block 0")
                    await #expect { () async throws in _ = try await WireCalls.deliver(client, Self.orderer, [short]) } throws: { error in
                        (error as? RPCError)?.code == .resourceExhausted && "\(error)".contains("exceeding concurrency limit (1)")
                    }
                }
            }
            // The server hears of the end of the first stream a moment later.
            while true {
                do {
                    #expect(try await Self.send(world, [short]) == "block 0, status 200")
                    break
                } catch let error as RPCError where error.code == .resourceExhausted {}
            }
        }
    }
}
