import ChannelConfiguration
import Foundation
import LedgerModel
import Ordering
import SelvageClient
import TestSupport
import Testing
import Validation

@testable import Node

/// Whole ordering nodes on real etcd.
@Suite(.enabled(if: EtcdProcess.program != nil, "needs the program etcd (Debian: etcd-server)"), .serialized)
struct EtcdOrderingTests {
    private static let isLong = ProcessInfo.processInfo.environment["SELVAGE_LONG_TESTS"] != nil

    /// Sends until it is taken: what a client does that hears "unavailable". An envelope that is in a block already was taken, too.
    private func send(_ envelope: Envelope, to nodes: [BenchNode]) async throws {
        var last: BroadcastReply?
        for attempt in 0..<3_000 {
            let reply = await nodes[attempt % nodes.count].ordering.broadcast(envelope)
            if reply.isSuccess { return }
            guard reply.status == 503 else { throw EtcdProcess.Failure(description: "status \(reply.status): \(reply.info)") }
            last = reply
            try await Task.sleep(for: .milliseconds(20))
        }
        throw EtcdProcess.Failure(description: "was never taken: \(last?.info ?? "")")
    }

    /// All nodes have the same chain with each envelope once.
    private func check(_ bench: EtcdBench, _ nodes: [BenchNode], _ envelopes: [Envelope]) async throws {
        // An envelope is acknowledged when it stands in etcd; the nodes' own files follow.
        for node in nodes {
            try await eventually("\(node.ordering.name) has every envelope") {
                let counts = try bench.counts(in: bench.chain(of: node))
                return envelopes.allSatisfy { counts[$0.serialized()] != nil }
            }
        }
        let height = nodes.map(\.ordering.deliverableHeight).max() ?? 0
        for node in nodes { try await eventually("\(node.ordering.name) has \(height) blocks") { node.ordering.deliverableHeight >= height } }
        let chains = try nodes.map { try bench.chain(of: $0) }
        for chain in chains.dropFirst() { #expect(chain == chains[0]) }
        let counts = try bench.counts(in: chains[0])
        for envelope in envelopes { #expect(counts[envelope.serialized()] == 1) }
        #expect(counts.values.allSatisfy { $0 == 1 })
        // As a peer judges them.
        let bundle = try ChannelBundle(block: bench.genesis)
        var position = ChainPosition(genesis: bench.genesis)
        for bytes in chains[0].dropFirst() {
            let block = try OrderedBlock(serialized: bytes)
            try BlockVerifier(bundle: bundle, form: .canonical).verify(block, after: position)
            position = try ChainPosition(after: block, chain: bench.genesis.headerHash)
        }
    }

    @Test func `envelopes go in by any node, and a holder that is gone is followed by another`() async throws {
        let (cluster, bench) = (try EtcdCluster(members: 1), try EtcdBench())
        var nodes = try (0..<3).map { try bench.node($0, bench.settings($0, cluster.endpoints)) }
        var sent: [Envelope] = []
        for number in 0..<9 {
            sent.append(try bench.envelope(number, bytes: number == 4 ? 2_500_000 : 100))
            try await self.send(sent[number], to: [nodes[number % 3]])
        }
        // Taken, and not ordered again.
        try await self.send(sent[0], to: [nodes[0]])
        try await self.check(bench, nodes, sent)
        // On a busy machine a lease ends now and then, and goes to another.
        var holder = 0
        try await eventually("somebody holds the lease") {
            guard let found = nodes.firstIndex(where: { $0.ordering.isHolder }) else { return false }
            holder = found
            return true
        }
        await nodes[holder].stop(givingUpLease: false)
        let others = nodes.indices.filter { $0 != holder }
        for number in 9..<12 {
            sent.append(try bench.envelope(number))
            try await self.send(sent[number], to: others.map { nodes[$0] })
        }
        try await eventually("another one holds the lease") { others.contains { nodes[$0].ordering.isHolder } }
        nodes[holder] = try bench.node(holder, bench.settings(holder, cluster.endpoints))
        sent.append(try bench.envelope(12))
        try await self.send(sent[12], to: [nodes[holder]])
        try await self.check(bench, nodes, sent)
        for node in nodes { await node.stop() }
    }

    @Test func `a transaction whose answer is lost is ordered once and acknowledged`() async throws {
        let (cluster, bench) = (try EtcdCluster(members: 1), try EtcdBench())
        let proxy = try await CuttingProxy(to: cluster.endpoints[0])
        let node = try bench.node(0, bench.settings(0, [proxy.address]))
        let first = try bench.envelope(0)
        try await self.send(first, to: [node])
        proxy.cut(afterRequestWith: Array("needle in a request".utf8))
        let second = try bench.envelope(1, text: "needle in a request")
        let reply = await node.ordering.broadcast(second)
        if reply.status == 503, reply.info.hasSuffix("the lead goes to another orderer") {
            // On a busy machine a lease ends now and then, and whoever waits hears of it.
            try await self.send(second, to: [node])
        } else {
            #expect(reply.status == 200, "\(reply.info)")
        }
        #expect(proxy.cuts == 1)
        try await self.check(bench, [node], [first, second])
        await node.stop()
        await proxy.close()
    }

    @Test func `a node that was cut off while its blocks were deleted gets them from another`() async throws {
        let (cluster, bench) = (try EtcdCluster(members: 1), try EtcdBench())
        let proxy = try await CuttingProxy(to: cluster.endpoints[0])
        let settings = bench.settings(0, cluster.endpoints) { $0.keptBlocks = 2 }
        let nodes = [
            try bench.node(0, settings), try bench.node(1, bench.settings(1, [proxy.address])),
        ]
        var sent = [try bench.envelope(0)]
        try await self.send(sent[0], to: [nodes[0]])
        try await eventually("the second node follows") { nodes[1].ordering.deliverableHeight == 2 }
        proxy.cut()
        for number in 1..<9 {
            sent.append(try bench.envelope(number))
            try await self.send(sent[number], to: [nodes[0]])
        }
        // What it passes on to the holder before it notices is ordered.
        var next = 99
        try await eventually("the second node notices") {
            next += 1
            return await nodes[1].ordering.broadcast(try bench.envelope(next)).status == 503
        }
        // Old blocks are served all the same.
        #expect(try nodes[1].ordering.blockBytes(1) != nil)
        let keys = EtcdKeyFormat(root: "selvage", chain: bench.genesis.headerHash)
        try await EtcdClientTests.with(settings) { client in
            try await eventually("the lost node's word is over and its blocks are deleted") {
                guard let leadership = nodes[0].ordering.core.withLock({ $0.leadership }) else { return false }
                await nodes[0].ordering.deleteOldBlocks(leadership)
                let left = try await client.read(EtcdTransaction(success: [.get(key: keys.block(2), end: [], limit: 0)]))
                return left.results == [[]]
            }
        }
        proxy.mend()
        try await self.check(bench, nodes, sent)
        for node in nodes { await node.stop() }
        await proxy.close()
    }

    @Test func `without space nothing is ordered, old blocks are served, and with space it goes on`() async throws {
        let (cluster, bench) = (try EtcdCluster(members: 1, quotaBytes: 16 << 20), try EtcdBench())
        let settings = bench.settings(0, cluster.endpoints) { $0.keptBlocks = 1 }
        let node = try bench.node(0, settings)
        var sent: [Envelope] = []
        var refusal: BroadcastReply?
        try await self.send(try bench.envelope(1_000), to: [node])
        for number in 0..<40 where refusal == nil {
            let envelope = try bench.envelope(number, bytes: 1_500_000)
            let reply = await node.ordering.broadcast(envelope)
            if reply.isSuccess { sent.append(envelope) } else { refusal = reply }
        }
        #expect(refusal?.status == 503)
        #expect(refusal?.info.contains("NOSPACE") == true)
        #expect(sent.count > 2)
        #expect(try node.ordering.blockBytes(2) != nil)
        #expect(await node.ordering.broadcast(try bench.envelope(50)).status == 503)
        try await EtcdClientTests.with(settings) { client in
            // An alarm that is taken off before there is enough room comes back with the next block.
            let last = try bench.envelope(51)
            try await eventually("there is room again") {
                // Whose lease has ended meanwhile gets no other one without space: then an operator takes the alarm off first.
                if try await client.isOutOfSpace() {
                    if let leadership = node.ordering.core.withLock({ $0.leadership }) { await node.ordering.deleteOldBlocks(leadership) }
                    guard try await client.makeRoom() else { return false }
                }
                return await node.ordering.broadcast(last).isSuccess
            }
        }
        try await self.check(bench, [node], sent)
        #expect(node.reports.all.contains { $0.contains("NOSPACE") })
        await node.stop()
    }

    @Test(.enabled(if: isLong, "set SELVAGE_LONG_TESTS"))
    func `a member that is killed costs no acknowledged envelope, and a minority orders nothing`() async throws {
        let (cluster, bench) = (try EtcdCluster(members: 3), try EtcdBench())
        let nodes = try (0..<3).map { try bench.node($0, bench.settings($0, [cluster.endpoints[$0]] + cluster.endpoints)) }
        var sent: [Envelope] = []
        for number in 0..<40 {
            if number == 15 { cluster.kill(0) }
            sent.append(try bench.envelope(number))
            try await self.send(sent[number], to: [nodes[number % 3]])
        }
        try await self.check(bench, nodes, sent)
        cluster.kill(1)
        #expect(await nodes[2].ordering.broadcast(try bench.envelope(99)).status == 503)
        #expect(try nodes[2].ordering.blockBytes(3) != nil)
        for node in nodes { await node.stop() }
    }
}

extension EtcdClient {
    /// Forgets old revisions, makes the file smaller and takes the alarm off; false while there is too little room.
    fileprivate func makeRoom() async throws -> Bool {
        // A deletion is a revision of its own: what lies below it goes when that is forgotten.
        let now = try await self.read(EtcdTransaction(success: [.get(key: [0], end: [], limit: 0)])).revision
        try? await self.compact(now)
        return try await self.disarm()
    }
}
