import Identity
import LedgerModel
import Node
import Testing

/// A peer that is offered wrong blocks keeps its ledger and goes on with right ones.
@Suite(.timeLimit(.minutes(20))) struct BlockRefusalTests {
    /// Five good blocks, the first three of which put the contract on the channel, and a peer that has only block 0.
    private static func bench() async throws -> (nodes: NodeNetwork, blocks: [OrderedBlock], peer: PeerNode) {
        let nodes = try NodeNetwork()
        let collector = BlockCollector()
        try await nodes.live(alsoTo: [collector]) { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.submit(NodeNetwork.call("set", "color", "blue"))
        }
        let blocks = collector.blocks
        try #require(blocks.map(\.number.rawValue) == [1, 2, 3, 4, 5])
        return (nodes, blocks, try nodes.openPeer(0, at: "late"))
    }

    /// What a peer says to a block; nil when it takes it.
    private static func refusal(_ peer: PeerNode, _ block: OrderedBlock) async -> String? {
        do throws(NodeError) {
            try await peer.receive(block)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func expectUsable(_ peer: PeerNode, _ blocks: [OrderedBlock]) async throws {
        for block in blocks { #expect(await Self.refusal(peer, block) == nil) }
        #expect(peer.height == UInt64(blocks.count + 1))
        #expect(try peer.snapshot().value(at: .key("tally", "color"))?.value == Array("blue".utf8))
    }

    @Test func `a block that skips a number is refused and the missing one is named`() async throws {
        let (_, blocks, peer) = try await Self.bench()
        #expect(await Self.refusal(peer, blocks[1])?.contains("peer0 refuses block 2: block 2 came where block 1 was expected") == true)
        #expect(peer.height == 1)
        try await Self.expectUsable(peer, blocks)
    }

    @Test func `a block that continues another chain is refused`() async throws {
        let (_, blocks, peer) = try await Self.bench()
        let good = blocks[0]
        let wrong = OrderedBlock(
            number: good.number, previousHash: [UInt8](repeating: 7, count: 32), dataHash: good.dataHash, envelopes: good.envelopes,
            metadata: good.metadata)
        #expect(await Self.refusal(peer, wrong)?.contains("does not continue this chain") == true)
        try await Self.expectUsable(peer, blocks)
    }

    @Test func `a block with another envelope than its header says is refused`() async throws {
        let (_, blocks, peer) = try await Self.bench()
        let good = blocks[0]
        let wrong = OrderedBlock(
            number: good.number, previousHash: good.previousHash, dataHash: good.dataHash, envelopes: blocks[1].envelopes, metadata: good.metadata)
        #expect(await Self.refusal(peer, wrong)?.contains("data hash") == true)
        let empty = OrderedBlock(
            number: good.number, previousHash: good.previousHash, dataHash: good.dataHash, envelopes: [], metadata: good.metadata)
        #expect(await Self.refusal(peer, empty) != nil)
        try await Self.expectUsable(peer, blocks)
    }

    @Test func `a block that a stranger signed in the orderer's place is refused`() async throws {
        let (nodes, blocks, peer) = try await Self.bench()
        let good = blocks[0]
        let signatures = try BlockSignatures(slot: good.metadata(.signatures))
        let entry = try #require(signatures.entries.first)
        let forged = try nodes.stranger.sign(signatures.signedBytes(of: entry, blockHeader: good.headerBytes))
        let asConsenter = BlockSignatures(
            value: signatures.value, entries: [BlockSignatures.Entry(signer: entry.signer, signature: forged)])
        #expect(await Self.refusal(peer, good.with(.signatures, asConsenter.slot())) != nil)

        let header = SignatureHeader(creator: nodes.stranger.serialized, nonce: [1, 2, 3]).serialized()
        let signer = BlockSignatures.Signer.identity(nodes.stranger.serialized, header: header)
        let unsigned = BlockSignatures.Entry(signer: signer, signature: [])
        let own = BlockSignatures.Entry(
            signer: signer, signature: try nodes.stranger.sign(signatures.signedBytes(of: unsigned, blockHeader: good.headerBytes)))
        let asItself = BlockSignatures(value: signatures.value, entries: [own])
        #expect(await Self.refusal(peer, good.with(.signatures, asItself.slot())) != nil)

        let nobody = BlockSignatures(value: signatures.value, entries: [])
        #expect(await Self.refusal(peer, good.with(.signatures, nobody.slot())) != nil)
        #expect(await Self.refusal(peer, good.with(.signatures, [0xFF])) != nil)
        #expect(peer.height == 1)
        try await Self.expectUsable(peer, blocks)
    }

    @Test func `a block that comes again is no error, another one of its number is`() async throws {
        let (_, blocks, peer) = try await Self.bench()
        try await Self.expectUsable(peer, blocks)
        #expect(await Self.refusal(peer, blocks[0]) == nil)
        let fork = OrderedBlock(number: blocks[1].number, previousHash: blocks[1].previousHash, envelopes: blocks[0].envelopes)
        #expect(await Self.refusal(peer, fork)?.contains("holds another block of that number") == true)
        #expect(peer.height == 6)
    }

    @Test func `a refused block ends ordering, and everybody is told`() async throws {
        let nodes = try NodeNetwork()
        let orderer = try nodes.openOrderer()
        let peer = try nodes.openPeer(0)
        let refuser = RefusingReceiver()
        orderer.deliver(to: [peer, refuser])
        let gateway = nodes.gateway(orderer, as: nodes.administrators[0])
        let endorsed = try await gateway.endorse(try NodeNetwork.definition().approval(), by: [peer])
        let running = Task { () -> String? in
            do throws(NodeError) {
                try await orderer.run()
                return nil
            } catch {
                return "\(error)"
            }
        }
        try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
        #expect(await running.value?.contains("refuser refuses block 1") == true)
        #expect(refuser.ends.count == 1)
        await #expect(throws: NodeError.self) { try await peer.commitStatus(of: "never") }
        let reply = orderer.broadcast(endorsed.envelope)
        #expect(reply.status == 503)
        #expect(reply.info.contains("cannot order now"))
    }

    @Test func `nothing is taken after the node was stopped`() async throws {
        let nodes = try NodeNetwork()
        let orderer = try nodes.openOrderer()
        let peer = try nodes.openPeer(0)
        let gateway = nodes.gateway(orderer, as: nodes.administrators[0])
        let endorsed = try await gateway.endorse(try NodeNetwork.definition().approval(), by: [peer])
        orderer.stop()
        #expect(orderer.broadcast(endorsed.envelope).status == 503)
        try await orderer.run()
        #expect(orderer.broadcast(endorsed.envelope).status == 503)
        #expect(orderer.height == 1)
    }
}
