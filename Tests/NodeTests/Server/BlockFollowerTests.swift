import Identity
import LedgerModel
import SelvageClient
import Synchronization
import Testing

@testable import Node

/// What a peer that follows ordering nodes does with good ones, silent ones and liars.
@Suite(.timeLimit(.minutes(20))) struct BlockFollowerTests {
    /// Gives the blocks that it has and then what its kind is.
    private struct Feed: BlockFeed {
        enum End: Equatable {
            /// Waits for blocks that never come.
            case silent
            /// Ends the stream.
            case ended
            /// Cannot be reached.
            case unreachable
        }

        struct Unreachable: Error {}

        let name: String
        let blocks: [OrderedBlock]
        let end: End

        func has(_ number: UInt64) async throws -> Bool {
            if self.end == .unreachable { throw Unreachable() }
            return self.blocks.contains { $0.number.rawValue == number }
        }

        func read(from number: UInt64, _ take: @Sendable (_ next: () async throws -> OrderedBlock?) async throws -> Void) async throws {
            if self.end == .unreachable { throw Unreachable() }
            var rest = self.blocks.filter { $0.number.rawValue >= number }[...]
            try await take {
                if let block = rest.popFirst() { return block }
                if self.end == .silent {
                    _ = await OneTimeSignal<Void>().wait()
                    throw CancellationError()
                }
                return nil
            }
        }
    }

    /// A peer with block 0 alone, and the five blocks that follow.
    private static func bench() async throws -> (peer: PeerNode, blocks: [OrderedBlock], nodes: NodeNetwork) {
        let nodes = try NodeNetwork()
        let collector = BlockCollector()
        try await nodes.live(alsoTo: [collector]) { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.submit(NodeNetwork.call("set", "color", "blue"))
        }
        try #require(collector.blocks.map(\.number.rawValue) == [1, 2, 3, 4, 5])
        return (try nodes.openPeer(0, at: "late"), collector.blocks, nodes)
    }

    /// Follows until the peer has block 5; gives what happened, without the names of node and channel.
    private static func follow(_ peer: PeerNode, _ feeds: [Feed], silenceMs: UInt64) async throws -> [String] {
        let events = Mutex<[String]>([])
        var pace = BlockFollower.Pace()
        pace.silenceMs = silenceMs
        pace.firstRetryMs = 1
        let follower = BlockFollower(
            node: "late", channel: peer.channel, receiver: peer, pace: pace, feeds: { feeds },
            report: { event in
                let text = event.description.dropFirst("late: channel tallies: ".count)
                events.withLock { $0.append(String(text)) }
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follower.run() }
            #expect(await peer.waitForBlock(5))
            group.cancelAll()
            try await group.waitForAll()
        }
        return events.withLock { $0 }
    }

    private static let hour: UInt64 = 3_600_000

    @Test func `a peer that is behind gets the missing blocks from the first node that is asked`() async throws {
        let (peer, blocks, _) = try await Self.bench()
        let events = try await Self.follow(peer, [Feed(name: "a", blocks: blocks, end: .silent)], silenceMs: Self.hour)
        #expect(events == ["asking a for blocks from 1"])
        #expect(try peer.snapshot().value(at: .key("tally", "color"))?.value == Array("blue".utf8))
    }

    @Test func `a node that withholds blocks is left for the next one`() async throws {
        let (peer, blocks, _) = try await Self.bench()
        let feeds = [Feed(name: "a", blocks: Array(blocks.prefix(2)), end: .silent), Feed(name: "b", blocks: blocks, end: .silent)]
        let events = try await Self.follow(peer, feeds, silenceMs: 20)
        // On a slow machine the first one is silent earlier; what it withholds comes from the other in any case.
        #expect(events.count == 3 && events.first == "asking a for blocks from 1", "\(events)")
        #expect(events[1].hasPrefix("leaving a: it withholds block ") && events[1].hasSuffix(", which b has"), "\(events)")
        #expect(events.last?.hasPrefix("asking b for blocks from ") == true, "\(events)")
    }

    @Test func `a node that is silent because there is nothing more is not left`() async throws {
        let (peer, blocks, _) = try await Self.bench()
        let asked = AskedFeed(blocks: Array(blocks.prefix(4)))
        let events = Mutex<[String]>([])
        var pace = BlockFollower.Pace()
        pace.silenceMs = 1
        let follower = BlockFollower(
            node: "late", channel: peer.channel, receiver: peer, pace: pace,
            feeds: { [Feed(name: "a", blocks: Array(blocks.prefix(4)), end: .silent), asked, Feed(name: "down", blocks: [], end: .unreachable)] },
            report: { event in events.withLock { $0.append(event.description) } })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follower.run() }
            _ = await peer.waitForBlock(4)
            // Asked again and again, it has no more either.
            for _ in 0..<3 { await asked.waitUntilAsked() }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(peer.height == 5)
        #expect(events.withLock { $0 } == ["late: channel tallies: asking a for blocks from 1"])
    }

    /// Says what it has, and tells when it was asked.
    private final class AskedFeed: BlockFeed {
        let name = "asked"
        let blocks: [OrderedBlock]
        private let questions = AsyncStream<UInt64>.makeStream(bufferingPolicy: .bufferingNewest(1))

        init(blocks: [OrderedBlock]) { self.blocks = blocks }

        func read(from number: UInt64, _ take: @Sendable (_ next: () async throws -> OrderedBlock?) async throws -> Void) async throws {}

        func has(_ number: UInt64) async throws -> Bool {
            self.questions.continuation.yield(number)
            return self.blocks.contains { $0.number.rawValue == number }
        }

        func waitUntilAsked() async { for await _ in self.questions.stream { return } }
    }

    @Test func `a node that lies is left at once, even when it gives nothing after its lie`() async throws {
        let (peer, blocks, _) = try await Self.bench()
        let good = blocks[1]
        let lie = OrderedBlock(
            number: good.number, previousHash: good.previousHash, dataHash: good.dataHash, envelopes: blocks[2].envelopes, metadata: good.metadata)
        let feeds = [Feed(name: "liar", blocks: [blocks[0], lie], end: .silent), Feed(name: "b", blocks: blocks, end: .silent)]
        let events = try await Self.follow(peer, feeds, silenceMs: Self.hour)
        // The good block before the lie may not be stored yet when the liar is left.
        let next = ["asking b for blocks from 1", "asking b for blocks from 2"]
        #expect(events.first == "asking liar for blocks from 1" && events.last.map(next.contains) == true, "\(events)")
        #expect(events.dropFirst().first?.hasPrefix("leaving liar: peer0 refuses block 2: ") == true, "\(events)")
    }

    @Test func `nodes that cannot be reached or end the stream are asked again in turn`() async throws {
        let (peer, blocks, _) = try await Self.bench()
        let feeds = [
            Feed(name: "down", blocks: [], end: .unreachable), Feed(name: "short", blocks: Array(blocks.prefix(3)), end: .ended),
            Feed(name: "b", blocks: Array(blocks.suffix(2)), end: .ended),
        ]
        let events = try await Self.follow(peer, feeds, silenceMs: Self.hour)
        #expect(
            Array(events.prefix(5)) == [
                "asking down for blocks from 1", "leaving down: Unreachable()", "asking short for blocks from 1",
                "leaving short: it ended the stream", "asking b for blocks from 4",
            ])
    }

    @Test func `a follower that no node helps goes on asking until one does`() async throws {
        let (peer, blocks, _) = try await Self.bench()
        let asked = Mutex(0)
        let events = Mutex<[String]>([])
        var pace = BlockFollower.Pace()
        (pace.firstRetryMs, pace.longestRetryMs) = (1, 2)
        let follower = BlockFollower(
            node: "late", channel: peer.channel, receiver: peer, pace: pace,
            feeds: {
                let round = asked.withLock { count in
                    count += 1
                    return count
                }
                return [Feed(name: "a", blocks: blocks, end: round < 4 ? .unreachable : .silent)]
            }, report: { event in events.withLock { $0.append(event.description) } })
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follower.run() }
            #expect(await peer.waitForBlock(5))
            group.cancelAll()
        }
        #expect(asked.withLock { $0 } >= 4)
        // What stays as it is is told once.
        let told = events.withLock { $0 }
        #expect(told.prefix(2) == ["late: channel tallies: asking a for blocks from 1", "late: channel tallies: leaving a: Unreachable()"])
        #expect(Set(told).count == told.count)
    }

    @Test func `blocks come over gRPC, those that are made later too, and strangers get none`() async throws {
        let nodes = try NodeNetwork()
        let late = try nodes.openPeer(0, at: "late")
        try await nodes.served(isNew: true) { world in
            let address = try NodeAddress(world.orderer.description)
            let environment = SystemEnvironment()
            @Sendable func feed(_ identity: SigningIdentity) -> OrdererFeed {
                OrdererFeed(address: address, tls: nil, channel: world.channel, identity: identity, environment: environment)
            }
            let follower = BlockFollower(node: "late", channel: world.channel, receiver: late, feeds: { [feed(world.user)] })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await follower.run() }
                #expect(await late.waitForBlock(3))
                let status = try await world.network.submit(NodeNetwork.call("set", "color", "red"))
                #expect(await late.waitForBlock(status.block.rawValue))
                #expect(try late.snapshot().value(at: .key("tally", "color"))?.value == Array("red".utf8))
                group.cancelAll()
            }
            await #expect(throws: DeliveredItem.Ending.status(403)) {
                try await feed(world.outsider).read(from: 0) { next in while try await next() != nil {} }
            }
        }
    }

    @Test func `the bytes of a block are taken out of an answer as they are, and anything else is told apart`() throws {
        let nodes = try NodeNetwork()
        let block = nodes.genesis.serialized()
        #expect(block.count > 200)
        let length = [UInt8(block.count & 0x7F | 0x80), UInt8(block.count >> 7 & 0x7F | 0x80), UInt8(block.count >> 14)]
        #expect(try DeliveredItem([0x12] + length + block).block() == nodes.genesis)
        // With something else after it, it is read the long way.
        #expect(try DeliveredItem([0x12] + length + block + [0x78, 1]).block() == nodes.genesis)
        #expect(throws: DeliveredItem.Ending.status(503)) { try DeliveredItem([0x08, 0xF7, 0x03]).block() }
        #expect(throws: DeliveredItem.Ending.malformed) { try DeliveredItem([]) }
        #expect(throws: DeliveredItem.Ending.malformed) { try DeliveredItem([0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) }
        #expect(throws: (any Error).self) { try DeliveredItem([0x12, 1, 7]).block() }
    }
}
