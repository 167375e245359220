import Foundation
import Ledger
import LedgerModel
import Ordering
import TestSupport
import Testing

@testable import Node

/// Nodes that are stopped and opened again from their folders.
@Suite(.timeLimit(.minutes(20))) struct RestartTests {
    @Test func `peers and ordering node continue the chain from their folders`() async throws {
        let nodes = try NodeNetwork()
        let before = try await nodes.live { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.settle()
            return network.peers[0].snapshot().head
        }
        let kept = try SigningGuardFormat.decode(try #require(nodes.folder.read("orderer/signing-guard")))
        #expect(kept.height.rawValue == before.height - 1)
        #expect(kept.chain == nodes.genesis.headerHash)

        try await nodes.live(isNew: false) { network in
            #expect(network.peers.map(\.height) == [before.height, before.height])
            #expect(network.orderer.height == before.height)
            #expect(try network.value("color")?.value == Array("green".utf8))
            let status = try await network.submit(NodeNetwork.call("add", "color", "er"))
            #expect(status.block.rawValue == before.height)
            let block = try #require(try network.peers[0].snapshot().block(status.block))
            #expect(block.previousHash == before.blockHash)
            #expect(try network.value("color")?.value == Array("greener".utf8))
        }
    }

    @Test func `a peer that lost its state has it again from its blocks`() async throws {
        let nodes = try NodeNetwork()
        let before = try await nodes.live { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.settle()
            return network.peers[1].snapshot().head
        }
        try FileManager.default.removeItem(atPath: nodes.folder.path(of: "peer1/state"))
        try await nodes.live(isNew: false) { (network) async throws in
            #expect(network.peers[1].snapshot().head == before)
            #expect(try network.value("color", on: 1)?.value == Array("green".utf8))
            #expect(try await network.submit(NodeNetwork.call("add", "color", "er")).isValid)
        }
    }

    @Test func `a peer that was away gets what it has missed`() async throws {
        let nodes = try NodeNetwork()
        let collector = BlockCollector()
        try await nodes.live(alsoTo: [collector]) { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.settle()
        }
        let late = try nodes.openPeer(0, at: "late")
        #expect(late.height == 1)
        try await nodes.live(isNew: false, alsoTo: [late]) { network in
            try await network.submit(NodeNetwork.call("set", "color", "blue"))
        }
        #expect(late.height > UInt64(collector.blocks.count + 1))
        #expect(try late.snapshot().value(at: .key("tally", "color"))?.value == Array("blue".utf8))
    }

    @Test func `a block that was stored and not delivered before a crash is delivered after it`() async throws {
        let nodes = try NodeNetwork()
        let ends = try await nodes.live { network in
            try await network.settle()
            return (height: network.peers[0].height, envelope: try await network.endorse(NodeNetwork.call("set", "color", "green")))
        }
        // A node without anybody to deliver to stands for one that dies right after storing.
        do {
            let alone = try nodes.openOrderer()
            #expect(alone.broadcast(ends.envelope.envelope).isSuccess)
            alone.stop()
            try await alone.run()
            #expect(alone.height == ends.height + 1)
        }
        try await nodes.live(isNew: false) { network in
            let status = try await network.peers[1].commitStatus(of: ends.envelope.transaction)
            #expect(status.isValid)
            #expect(status.block.rawValue == ends.height)
        }
    }

    @Test func `an ordering node whose guard is ahead of its blocks does not start`() async throws {
        let nodes = try NodeNetwork()
        try await nodes.live { try await $0.submit(NodeNetwork.call("set", "color", "green")) }
        let files = FileManager.default
        let (blocks, copy) = (nodes.folder.path(of: "orderer/blocks"), nodes.folder.path(of: "backup"))
        try files.copyItem(atPath: blocks, toPath: copy)
        try await nodes.live(isNew: false) { try await $0.submit(NodeNetwork.call("set", "color", "blue")) }
        try files.removeItem(atPath: blocks)
        try files.moveItem(atPath: copy, toPath: blocks)
        do {
            _ = try nodes.openOrderer()
            Issue.record("it would sign a second block of a number")
        } catch {
            #expect("\(error)".contains("orderer1 cannot join the channel: this node has signed block 5, but its ledger ends at block 4"))
        }
    }

    @Test func `a damaged guard is not taken for a missing one`() async throws {
        let nodes = try NodeNetwork()
        try await nodes.live { try await $0.settle() }
        var bytes = try #require(nodes.folder.read("orderer/signing-guard"))
        bytes[40] ^= 1
        try nodes.folder.write(bytes, to: "orderer/signing-guard")
        #expect(throws: NodeError.self) { try nodes.openOrderer() }
        try nodes.folder.write([UInt8](repeating: 0, count: NodeLimits.guardBytes + 1), to: "orderer/signing-guard")
        #expect(throws: NodeError.self) { try nodes.openOrderer() }
    }

    @Test func `the guard is for its owner's eyes alone`() async throws {
        let nodes = try NodeNetwork()
        try await nodes.live { try await $0.settle() }
        let attributes = try FileManager.default.attributesOfItem(atPath: nodes.folder.path(of: "orderer/signing-guard"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.int16Value == 0o600)
    }

    @Test func `a second node on a folder in use is refused, and the folder is free again afterwards`() throws {
        let nodes = try NodeNetwork()
        do {
            let peer = try nodes.openPeer(0)
            let orderer = try nodes.openOrderer()
            do {
                _ = try nodes.openPeer(0)
                Issue.record("two peers share a folder")
            } catch {
                #expect("\(error)".contains("is open elsewhere"))
            }
            #expect(throws: NodeError.self) { try nodes.openOrderer() }
            #expect(peer.height == 1)
            #expect(orderer.height == 1)
        }
        #expect(throws: Never.self) { try nodes.openPeer(0) }
        #expect(throws: Never.self) { try nodes.openOrderer() }
    }

    @Test func `nodes refuse the folder of another channel, and leave it usable`() async throws {
        let nodes = try NodeNetwork()
        let other = try NodeNetwork(channel: "others")
        try await nodes.live { try await $0.settle() }
        do {
            _ = try nodes.openPeer(0, genesis: other.genesis)
            Issue.record("a peer took another channel's ledger")
        } catch {
            #expect("\(error)".contains("begins with another genesis block"))
        }
        #expect(throws: NodeError.self) { try nodes.openOrderer(genesis: other.genesis) }
        // Without its guard the block files alone must give it away.
        try FileManager.default.moveItem(atPath: nodes.folder.path(of: "orderer/signing-guard"), toPath: nodes.folder.path(of: "kept"))
        do {
            _ = try nodes.openOrderer(genesis: other.genesis)
            Issue.record("an ordering node took another channel's blocks")
        } catch {
            #expect("\(error)".contains("another genesis block"))
        }
        try FileManager.default.moveItem(atPath: nodes.folder.path(of: "kept"), toPath: nodes.folder.path(of: "orderer/signing-guard"))
        let status = try await nodes.live(isNew: false) { try await $0.submit(NodeNetwork.call("set", "a", "1")) }
        #expect(status.isValid)
    }
}
