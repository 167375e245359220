import ChannelConfiguration
import LedgerModel
import Node
import Ordering
import SelvageClient
import Testing

/// What becomes of transactions in a network of real nodes.
@Suite(.timeLimit(.minutes(20))) struct TransactionTests {
    @Test func `a submitted transaction is committed by all peers, in equal bytes`() async throws {
        try await NodeNetwork().live { network in
            let status = try await network.submit(NodeNetwork.call("set", "color", "green"))
            #expect(status.isValid)
            #expect(status.reason == nil)
            try await network.settle()
            let (one, two) = (network.peers[0].snapshot(), network.peers[1].snapshot())
            #expect(one.height == two.height)
            for number in 0..<one.height {
                let bytes = try #require(try one.blockBytes(BlockNumber(number)))
                #expect(try two.blockBytes(BlockNumber(number)) == bytes, "block \(number)")
            }
            #expect(one.head == two.head)
            #expect(try network.value("color", on: 1)?.value == Array("green".utf8))
            let answer = try await network.gateway.evaluate(NodeNetwork.call("get", "color"), on: network.peers[1])
            #expect(answer == Array("green".utf8))
        }
    }

    @Test func `of two writers who read the same version the second in order has no effect`() async throws {
        try await NodeNetwork().live { network in
            try await network.submit(NodeNetwork.call("set", "list", "a"))
            let one = try await network.endorse(NodeNetwork.call("add", "list", "b"))
            let two = try await network.endorse(NodeNetwork.call("add", "list", "c"))
            #expect(try await network.commit(one).isValid)
            let lost = try await network.commit(two)
            #expect(lost.code == .mvccReadConflict)
            #expect(lost.reason?.contains("list") == true)
            #expect(try network.value("list")?.value == Array("ab".utf8))
            await #expect(throws: ClientError.self) { try await network.gateway.submit(NodeNetwork.call("get", "none"), endorsedBy: network.peers) }
        }
    }

    @Test func `a transaction that one of two organisations endorsed has no effect, and the missing one is named`() async throws {
        try await NodeNetwork().live { network in
            let call = NodeNetwork.call("set", "color", "red")
            let endorsed = try await network.gateway.endorse(call, by: [network.peers[0]])
            let status = try await network.commit(endorsed)
            #expect(status.code == .endorsementPolicyFailure)
            #expect(status.reason?.contains("Org2MSP") == true, "\(status.reason ?? "no reason")")
            #expect(try network.value("color") == nil)
            do {
                _ = try await network.gateway.submit(call, endorsedBy: [network.peers[1]])
                Issue.record("it was taken")
            } catch ClientError.invalid(let status) {
                #expect(status.code == .endorsementPolicyFailure)
            }
        }
    }

    @Test func `without a replay window a replayed envelope is in a block as a duplicate and changes nothing`() async throws {
        try await NodeNetwork().live(OrderingSettings(replayBlocks: 0)) { network in
            let endorsed = try await network.endorse(NodeNetwork.call("set", "color", "green"))
            let first = try await network.commit(endorsed)
            #expect(first.isValid)
            let before = try network.value("color")
            #expect(network.orderer.broadcast(endorsed.envelope).isSuccess)
            try await network.settle()

            let snapshot = network.peers[0].snapshot()
            var places: [UInt64: ValidationCode] = [:]
            for number in 1..<snapshot.height {
                let block = try #require(try snapshot.block(BlockNumber(number)))
                guard let index = block.envelopes.firstIndex(of: endorsed.envelope.serialized()) else { continue }
                places[number] = block.storedCodes?[index]
            }
            #expect(places.count == 2)
            #expect(places[first.block.rawValue] == .valid)
            #expect(places.filter { $0.key != first.block.rawValue }.values.first == .duplicateTransactionID)
            #expect(try network.value("color") == before)
            // The replay has not changed what the ledger says of the transaction.
            for peer in network.peers { #expect(try await peer.commitStatus(of: endorsed.transaction) == first) }
        }
    }

    @Test func `within the replay window a replayed envelope is answered with the number of its block, and not ordered again`() async throws {
        try await NodeNetwork().live { network in
            let endorsed = try await network.endorse(NodeNetwork.call("set", "color", "green"))
            let status = try await network.commit(endorsed)
            let reply = network.orderer.broadcast(endorsed.envelope)
            #expect(reply.status == 200)
            #expect(reply.info == "transaction \(endorsed.transaction) was taken: it is in block \(status.block)")
            let next = try await network.submit(NodeNetwork.call("set", "color", "red"))
            #expect(next.block.rawValue == status.block.rawValue + 1)
            #expect(network.peers[0].height == next.block.rawValue + 1)
        }
    }

    @Test func `the replay window is filled again from the stored blocks`() async throws {
        let nodes = try NodeNetwork()
        let (envelope, block) = try await nodes.live { network in
            let endorsed = try await network.endorse(NodeNetwork.call("set", "color", "green"))
            return (endorsed.envelope, try await network.commit(endorsed).block)
        }
        try await nodes.live(isNew: false) { network in
            let reply = network.orderer.broadcast(envelope)
            #expect(reply.status == 200)
            #expect(reply.info.hasSuffix("block \(block)"))
        }
    }

    @Test func `a chaincode's refusal reaches the client and nothing is ordered`() async throws {
        try await NodeNetwork().live { network in
            let height = network.peers[0].height
            do {
                try await network.submit(NodeNetwork.call("no-such-function"))
                Issue.record("it was taken")
            } catch ClientError.chaincode(let peer, let status, let message) {
                #expect(peer == "peer0")
                #expect(status == 400)
                #expect(message.hasPrefix("unknown-function"))
            }
            #expect(network.peers[0].height == height)
        }
    }

    @Test func `a lone envelope is cut by its timer when idle cutting is off`() async throws {
        let status = try await NodeNetwork().live(OrderingSettings(cutsWhenIdle: false)) { network in
            try await network.submit(NodeNetwork.call("set", "color", "green"))
        }
        #expect(status.isValid)
    }

    @Test(arguments: [1, 7])
    func `envelopes of many clients at once are each in one block, and all blocks follow each other`(perBlock: UInt32) async throws {
        let nodes = try NodeNetwork(batch: BatchConfiguration(maxMessageCount: perBlock, timeoutMilliseconds: 50))
        let collector = BlockCollector()
        try await nodes.live(alsoTo: [collector]) { network in
            var endorsed: [(transaction: TransactionID, envelope: Envelope)] = []
            for number in 0..<60 {
                let one = try await network.endorse(NodeNetwork.call("set", "key\(number)", "x"))
                endorsed.append((one.transaction, one.envelope))
            }
            let statuses = try await withThrowingTaskGroup(of: CommitStatus.self) { group in
                for one in endorsed {
                    group.addTask {
                        #expect(network.orderer.broadcast(one.envelope).isSuccess)
                        return try await network.peers[1].commitStatus(of: one.transaction)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count == endorsed.count)
            #expect(statuses.filter { !$0.isValid }.isEmpty)
        }
        #expect(collector.blocks.map(\.number.rawValue) == Array(1..<UInt64(collector.blocks.count + 1)))
        #expect(collector.blocks.allSatisfy { (1...Int(perBlock)).contains($0.envelopes.count) })
        #expect(collector.blocks.reduce(0) { $0 + $1.envelopes.count } == 63)
        #expect(Set(collector.blocks.flatMap(\.envelopes)).count == 63)
    }

    @Test func `blocks that many callers cause at the same moment are stored in the order of their numbers`() async throws {
        let nodes = try NodeNetwork(batch: BatchConfiguration(maxMessageCount: 1, timeoutMilliseconds: 50))
        let collector = BlockCollector()
        let orderer = try nodes.openOrderer()
        orderer.deliver(to: [collector])
        // The ordering node looks at headers and signatures alone, so any body will do.
        let envelopes = try (0..<400).map { try nodes.envelope(nonce: [UInt8($0 >> 8), UInt8($0 & 0xFF)]) }
        await withTaskGroup(of: Void.self) { group in
            for start in stride(from: 0, to: envelopes.count, by: 50) {
                group.addTask {
                    for envelope in envelopes[start..<start + 50] { #expect(orderer.broadcast(envelope).isSuccess) }
                }
            }
        }
        orderer.stop()
        try await orderer.run()
        #expect(collector.blocks.map(\.number.rawValue) == Array(1...UInt64(envelopes.count)))
        #expect(Set(collector.blocks.flatMap(\.envelopes)) == Set(envelopes.map { $0.serialized() }))
    }
}
