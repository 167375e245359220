import FabricMessages
import Ledger
import LedgerModel
import SelvageClient
import TestSupport
import Testing

@testable import Node

/// Peers of a channel with contracts, of which one joined with a snapshot.
@Suite(.timeLimit(.minutes(2))) struct JoinedChannelTests {
    @Test func `a peer that joined follows the ordering node, endorses, and says what it does not have`() async throws {
        let nodes = try NodeNetwork()
        let path = nodes.folder.path(of: "snapshot")
        let last = try await nodes.live { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.settle()
            let metadata = try network.peers[0].snapshot().writeSnapshot(to: path)
            try await network.submit(NodeNetwork.call("add", "color", "er"))
            try await network.settle()
            return metadata.lastBlockNumber
        }
        _ = try Ledger.join(snapshot: path, folder: nodes.folder.path(of: "joined"))
        let source = try nodes.openPeer(0)
        let joined = try await nodes.openJoined(1, at: "joined", genesis: nodes.genesis, sources: [source])
        #expect(joined.height == last + 1 && joined.height < source.height)
        for number in joined.height..<source.height { try await joined.receive(try #require(try source.block(BlockNumber(number)))) }
        let (mine, theirs) = (joined.snapshot(), source.snapshot())
        #expect(mine.head.commitHash == theirs.head.commitHash && mine.head.blockHash == theirs.head.blockHash)
        #expect(try mine.value(at: .key("tally", "color")) == theirs.value(at: .key("tally", "color")))
        #expect(try mine.value(at: .key("tally", "color"))?.value == Array("greener".utf8))
        for number in (last + 1)..<mine.height { #expect(try mine.blockBytes(BlockNumber(number)) == theirs.blockBytes(BlockNumber(number))) }

        // Endorsed by both, the joined one in the place of its organisation's peer.
        let orderer = try nodes.openOrderer()
        orderer.deliver(to: [source, joined])
        let gateway = nodes.gateway(orderer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await orderer.run() }
            defer { orderer.stop() }
            let result = try await gateway.submit(NodeNetwork.call("add", "color", "!"), endorsedBy: [source, joined])
            #expect(result.status.isValid)
            _ = try await joined.commitStatus(of: result.status.transaction)
            #expect(try joined.snapshot().value(at: .key("tally", "color"))?.value == Array("greener!".utf8))
        }
        try await self.checkQueries(nodes, joined, last: last)
    }

    private func checkQueries(_ nodes: NodeNetwork, _ joined: PeerNode, last: UInt64) async throws {
        func ask(_ chaincode: Namespace, _ function: String, _ argument: String = "") async throws -> ChaincodeResponse {
            let arguments = [function, "tallies", argument].map { Array($0.utf8) }
            return try await joined.process(try nodes.proposal(chaincode, arguments)).response
        }
        let info = try await Common_BlockchainInfo(serializedBytes: ask("qscc", "GetChainInfo").payload)
        #expect(info.height == joined.height && info.bootstrappingSnapshotInfo.lastBlockInSnapshot == last)
        let first = try await ask("qscc", "GetBlockByNumber", "\(last + 1)")
        #expect(first.status == 200)
        for number in [0, last] {
            let answer = try await ask("qscc", "GetBlockByNumber", "\(number)")
            #expect(answer.status == 500 && answer.message.contains("block \(number) is not here"), "\(answer.message)")
            #expect(answer.message.contains("its first block is \(last + 1)"), "\(answer.message)")
        }
        let block = try #require(try nodes.openPeer(1).block(BlockNumber(last)))
        let header = try ChannelHeader(serialized: Payload(serialized: Envelope(serialized: block.envelopes[0]).payload).channelHeaderBytes)
        for function in ["GetTransactionByID", "GetBlockByTxID"] {
            let answer = try await ask("qscc", function, header.transactionID.text)
            #expect(answer.status == 500 && answer.message.contains("its first block is \(last + 1)"), "\(answer.message)")
        }
        // The configuration is in the state, the block that brought it is not there.
        #expect(try await ask("cscc", "GetChannelConfig").status == 200)
        let brought = try await ask("cscc", "GetConfigBlock")
        #expect(brought.status == 500 && brought.message.contains("its first block is \(last + 1)"), "\(brought.message)")
    }

    @Test func `the history of a key ends with an error where the blocks end, and the changes that are here can be read`() async throws {
        let nodes = try NodeNetwork()
        let path = nodes.folder.path(of: "snapshot")
        try await nodes.live { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
            try await network.settle()
            _ = try network.peers[0].snapshot().writeSnapshot(to: path)
            try await network.submit(NodeNetwork.call("add", "color", "er"))
            try await network.submit(NodeNetwork.call("add", "color", "!"))
            try await network.settle()
        }
        _ = try Ledger.join(snapshot: path, folder: nodes.folder.path(of: "joined"))
        let source = try nodes.openPeer(0)
        let joined = try await nodes.openJoined(1, at: "joined", sources: [source])
        let first = joined.height
        // Nothing of the key's past is here yet, which is not the same as a key without a past.
        #expect(throws: StateReadError.self) { try joined.snapshot().history(of: "color", in: "tally", from: nil, limit: 10) }
        for number in first..<source.height { try await joined.receive(try #require(try source.block(BlockNumber(number)))) }
        let full = try source.snapshot().history(of: "color", in: "tally")
        #expect(full.count == 3)
        let page = try joined.snapshot().history(of: "color", in: "tally", from: nil, limit: 10)
        #expect(page.modifications == Array(full.prefix(2)))
        let older = try #require(page.next)
        do throws(StateReadError) {
            _ = try joined.snapshot().history(of: "color", in: "tally", from: older, limit: 10)
            Issue.record("the past before the snapshot is taken for empty")
        } catch {
            #expect(error.description.contains("its first block is \(first)"), "\(error)")
        }
        #expect(try joined.snapshot().history(of: "color", in: "tally", from: nil, limit: 1).modifications == Array(full.prefix(1)))
        #expect(throws: StateReadError.self) { try joined.snapshot().history(of: "color", in: "tally") }

        // A contract gets the pages that are here, and is told where they end.
        func past(_ count: Int) async throws -> ChaincodeResponse {
            try await joined.process(try nodes.proposal("tally", ["past", "color", "\(count)"].map { Array($0.utf8) })).response
        }
        #expect(try await past(10).payload == Array("2 \(first - 1).\(UInt64.max)".utf8))
        let whole = try await past(0)
        #expect(whole.status == 500 && whole.message.hasPrefix("not-here: ") && whole.message.contains("its first block is \(first)"))
    }
}
