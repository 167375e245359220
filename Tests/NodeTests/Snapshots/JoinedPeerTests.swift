import CommitteeTestSupport
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// A peer whose ledger began from a snapshot goes on like one that has all blocks.
@Suite(.timeLimit(.minutes(2))) struct JoinedPeerTests {
    @Test func `a peer that joined after any block goes on as the one that has them all`() async throws {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        // Before any change, after plain blocks, after one change and after two in a row.
        for start in [0, 1, 2, 4, 5, 6] {
            let name = "at\(start)"
            try peers.join(at: start, name: name)
            let source = PlantedSource(peers.chain.blocks)
            let peer = try await peers.open(name, from: [source])
            #expect(peer.height == UInt64(start) + 1)
            #expect(try peers.difference(of: peer) == nil)
            var rest = peers.chain.blocks.dropFirst(start + 1)
            try await peer.receive { rest.popFirst() }
            #expect(peer.height == UInt64(peers.chain.blocks.count))
            #expect(try peers.difference(of: peer) == nil, "from block \(start)")
            // The last block, and, when that brought a configuration, the block below it and the one of the configuration before.
            #expect((1...3).contains(source.asked))
        }
    }

    @Test func `it can be opened anew between any two blocks, and asks nobody once it has a block of its own`() async throws {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        for start in [0, 4] { try await self.goOn(peers, from: start) }
    }

    private func goOn(_ peers: JoinedPeers, from start: Int) async throws {
        let name = "at\(start)"
        try peers.join(at: start, name: name)
        for block in peers.chain.blocks.dropFirst(start + 1) {
            let isFirst = block.number.rawValue == UInt64(start) + 1
            // Opened twice before its first block, as one that is killed before that.
            if isFirst { _ = try await peers.open(name, from: [peers.full]) }
            let sources: [any BlockSource] = isFirst ? [peers.full] : [DeadSource()]
            let peer = try await peers.open(name, from: sources, knowsGenesis: block.number.rawValue % 2 == 0)
            try await peer.receive(block)
            #expect(try peers.difference(of: peer) == nil, "block \(block.number)")
        }
        var next = peers.chain
        let peer = try await peers.open(name, from: [])
        let old = try next.block { $0.signers = [1, 3, 5] }
        await #expect(throws: NodeError.self) { try await peer.receive(old) }
        try await peer.receive(try next.append())
        #expect(peer.height == UInt64(next.blocks.count))
    }

    @Test func `the blocks of an elected committee are judged by the one in office, wherever the snapshot was taken`() async throws {
        let peers = try await JoinedPeers { chain in
            try chain.append()
            try chain.change(to: [3, 4, 5, 6])
        }
        try peers.join(at: 2, name: "joined")
        let peer = try await peers.open("joined", from: [peers.full])
        var chain = peers.chain
        let old = try chain.block { $0.signers = [1, 2, 3] }
        await #expect(throws: NodeError.self) { try await peer.receive(old) }
        let early = try chain.block { $0.header.timeMs -= 1 }
        await #expect(throws: NodeError.self) { try await peer.receive(early) }
        try await peer.receive(try chain.append())
        #expect(peer.height == 4)
    }

    @Test func `a peer opened with the genesis block goes on from a snapshot that it needs nobody for, and says so where it does`() async throws {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        try peers.join(at: 0, name: "at0")
        try peers.join(at: 3, name: "at3")
        let source = PlantedSource([])
        let first = try await peers.open("at0", from: [source], knowsGenesis: true)
        try await first.receive(peers.chain.blocks[1])
        #expect(source.asked == 0)
        #expect(await peers.refusal("at3", from: []) == .needsSource(block: 3))
        let text = SnapshotStartError.needsSource(block: 3).description
        #expect(text.contains("began from a snapshot at block 3") && text.contains("to judge block 4 it needs block 3 from another node"))
    }

    @Test func `a ledger of the other kind, another channel and another chain are refused`() async throws {
        let peers = try await JoinedPeers { try $0.append() }
        let others = try await JoinedPeers { chain in try chain.change(to: [1, 2, 3, 5]) }
        try peers.join(at: 1, name: "joined")
        await #expect(throws: NodeError.self) { try await peers.open("nothing", from: [peers.full]) }
        // Another chain of the same name: its blocks have other hashes.
        let refusal = await peers.refusal("joined", from: [others.full])
        #expect(refusal == .refused(block: 1, [.init(source: "full", block: 1, problem: .wrongHash)]))
        _ = try await peers.open("joined", from: [others.full, peers.full])
    }

    // MARK: - What is planted

    @Test func `a snapshot that gives another hash for its last block is refused, and so is a source that gives another block`() async throws {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        try peers.join(at: 3, name: "altered") { path in
            try JoinedPeers.alter(path) { $0.lastBlockHash[7] ^= 1 }
        }
        let wrongHash = SnapshotStartError.refused(block: 3, [.init(source: "full", block: 3, problem: .wrongHash)])
        #expect(await peers.refusal("altered", from: [peers.full]) == wrongHash)
        #expect("\(wrongHash)".contains("full gives another block 3: its header does not have the hash in the snapshot"))

        try peers.join(at: 3, name: "joined")
        let other = OrderedBlock(number: 3, previousHash: peers.chain.blocks[2].headerHash, envelopes: peers.chain.blocks[1].envelopes)
        let liar = PlantedSource([other], name: "liar")
        let misnumbered = PlantedSource([], name: "misnumbered")
        let refused = await peers.refusal("joined", from: [liar, misnumbered, DeadSource()])
        #expect(
            refused
                == .refused(
                    block: 3,
                    [
                        .init(source: "liar", block: 3, problem: .wrongHash),
                        .init(source: "misnumbered", block: 3, problem: .unavailable(reason: "it does not have it")),
                        .init(source: "dead", block: 3, problem: .unavailable(reason: "nobody answers")),
                    ]))
        // Nothing of this has changed the ledger.
        let peer = try await peers.open("joined", from: [liar, DeadSource(), peers.full])
        #expect(try peers.difference(of: peer) == nil)
    }

    /// What a source may change of the right block without changing its hash.
    enum Forgery: CaseIterable {
        case time, fewerSigners, otherSigners, lastConfiguration, certificate, slots
    }

    @Test func `metadata that the committee did not sign is refused though the hash is right`() async throws {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        // A plain block, and one that changes the committee.
        for last in [3, 4] {
            let name = "at\(last)"
            try peers.join(at: last, name: name)
            let right = peers.chain.blocks[last]
            for forgery in Forgery.allCases {
                let block = try Self.forged(right, forgery)
                #expect(block != right && block.headerHash == right.headerHash)
                let source = PlantedSource(Array(peers.chain.blocks[..<last]) + [block])
                let refusal = await peers.refusal(name, from: [source])
                guard case .refused(BlockNumber(UInt64(last)), let refusals)? = refusal, refusals.count == 1,
                    case .wrongMetadata = refusals[0].problem
                else {
                    Issue.record("block \(last) is taken: \(forgery), \(String(describing: refusal))")
                    continue
                }
            }
            _ = try await peers.open(name, from: [peers.full])
        }
    }

    private static func forged(_ right: OrderedBlock, _ forgery: Forgery) throws -> OrderedBlock {
        let signatures = try BlockSignatures(slot: right.metadata(.signatures))
        let value = try OrdererBlockMetadata(serialized: signatures.value)
        func signed(_ value: OrdererBlockMetadata) -> OrderedBlock {
            right.with(.signatures, BlockSignatures(value: value.serialized(), entries: signatures.entries).slot())
        }
        switch forgery {
        case .time:
            var metadata = try ExtendedHeaderFormat.decode(value.consenterMetadata)
            metadata.header.timeMs += 1
            return signed(OrdererBlockMetadata(lastConfig: value.lastConfig, consenterMetadata: ExtendedHeaderFormat.encode(metadata)))
        case .fewerSigners:
            return right.with(.signatures, BlockSignatures(value: signatures.value, entries: Array(signatures.entries.dropLast())).slot())
        case .otherSigners:
            let entries = signatures.entries.map { BlockSignatures.Entry(signer: $0.signer, signature: signatures.entries[0].signature) }
            return right.with(.signatures, BlockSignatures(value: signatures.value, entries: entries).slot())
        case .lastConfiguration:
            let other = OrdererBlockMetadata(lastConfig: value.lastConfig - 1, consenterMetadata: value.consenterMetadata)
            return signed(other).with(.lastConfig, other.lastConfigSlot)
        case .certificate: return right.with(.orderer, [])
        case .slots: return right.with(.lastConfig, [])
        }
    }

    @Test func `a former configuration that does not lead to the one in office is refused`() async throws {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        // Blocks 4 and 5 both change the committee: the right former configuration of block 5 is the one in block 4.
        try peers.join(at: 5, name: "joined")
        let blocks = peers.chain.blocks
        var strangers = try CommitteeChain(members: peers.members, committee: [2, 4, 5, 6])
        try strangers.append()
        try strangers.append()
        try strangers.append()
        try strangers.change(to: [1, 3, 5, 6])
        let wrong = await peers.refusal("joined", from: [PlantedSource(Array(blocks[..<4]) + [strangers.blocks[4], blocks[5]])])
        #expect(wrong == .refused(block: 5, [.init(source: "planted", block: 4, problem: .wrongHash)]))
        // The block below is the right one, and names a configuration that is not there.
        let missing = await peers.refusal("joined", from: [PlantedSource([blocks[5]])])
        #expect(missing == .refused(block: 5, [.init(source: "planted", block: 4, problem: .unavailable(reason: "it does not have it"))]))

        try peers.join(at: 4, name: "second")
        let liar = PlantedSource(Array(blocks[..<2]) + [blocks[3], blocks[4], Self.numbered(2, strangers.blocks[4])])
        guard case .refused(4, let refusals)? = await peers.refusal("second", from: [liar]), refusals.count == 1 else {
            Issue.record("taken")
            return
        }
        guard case .wrongFormerConfiguration = refusals[0].problem else {
            Issue.record("\(refusals)")
            return
        }
    }

    private static func numbered(_ number: UInt64, _ block: OrderedBlock) -> OrderedBlock {
        OrderedBlock(number: BlockNumber(number), previousHash: [], envelopes: block.envelopes)
    }

    @Test func `a snapshot with another commit hash is found by a peer's block, and by the comparison where only the ordering service is asked`()
        async throws
    {
        let peers = try await JoinedPeers(JoinedPeers.grown)
        // The hash of a snapshot does not hold its commit hash.
        try peers.join(at: 3, name: "joined") { path in try JoinedPeers.alter(path) { $0.commitHash[0] ^= 1 } }
        let refusal = await peers.refusal("joined", from: [peers.full])
        #expect(refusal == .refused(block: 3, [.init(source: "full", block: 3, problem: .wrongCommitHash)]))
        let peer = try await peers.open("joined", from: [PlantedSource(peers.chain.blocks)])
        try await peer.receive(peers.chain.blocks[4])
        #expect(try peers.difference(of: peer) == "the commit hash")
    }
}
