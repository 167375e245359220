import FabricMessages
import Identity
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// One peer with several channels, as Fabric's `peer` command drives it.
@Suite(.timeLimit(.minutes(20))) struct ChannelTableTests {
    private static func text(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

    private static func channels(_ table: ChannelTable, _ bench: ServerBench) async throws -> [String] {
        let answer = try await table.process(bench.proposal("cscc", Self.text("GetChannels"), by: bench.user("User1")))
        #expect(answer.response.status == 200 && answer.endorsement == nil)
        return try Protos_ChannelQueryResponse(serializedBytes: answer.response.payload).channels.map(\.channelID)
    }

    private static func join(_ table: ChannelTable, _ block: [UInt8], _ bench: ServerBench, by signer: LocalMSP) async throws -> String {
        let answer = try await table.process(bench.proposal("cscc", Self.text("JoinChain") + [block], by: signer, type: 1))
        return "\(answer.response.status) \(answer.response.message)"
    }

    @Test func `an administrator has a peer join channels, which are there again after a restart`() async throws {
        let bench = try ServerBench()
        do {
            let table = try bench.table()
            #expect(try await Self.channels(table, bench) == [])
            let admin = try bench.user("Admin")
            for block in [try bench.genesis(), try bench.genesis(of: "another")] {
                #expect(try await Self.join(table, block.serialized(), bench, by: admin) == "200 ")
            }
            #expect(try await Self.channels(table, bench) == ["another", "mychannel"])
            #expect(
                try await Self.join(table, bench.genesis().serialized(), bench, by: admin).hasSuffix(
                    "ledger [mychannel] already exists with state [ACTIVE]"))
        }
        let table = try bench.table()
        #expect(table.channelIDs == ["another", "mychannel"])
        #expect(try await Self.channels(table, bench) == ["another", "mychannel"])
        #expect(table.peer(of: "another")?.height == 1)
        #expect(table.peer(of: "nowhere") == nil)
        table.close()
        var arrived: [ChannelID] = []
        for await peer in table.arrivals { arrived.append(peer.channel) }
        #expect(arrived == ["another", "mychannel"])
        #expect(try await Self.join(table, bench.genesis(of: "third").serialized(), bench, by: bench.user("Admin")).hasPrefix("500 join-failed"))
    }

    @Test func `a channel that is an argument is asked when the proposal names none`() async throws {
        let bench = try ServerBench()
        let table = try bench.table()
        for block in [try bench.genesis(), try bench.genesis(of: "another")] { try table.join(genesis: block) }
        for channel in ["mychannel", "another"] {
            let answer = try await table.process(bench.proposal("qscc", Self.text("GetChainInfo", channel), by: bench.user("User1")))
            #expect(answer.response.status == 200 && answer.endorsement == nil)
            #expect(try Common_BlockchainInfo(serializedBytes: answer.response.payload).height == 1)
            let config = try await table.process(
                bench.proposal("cscc", Self.text("GetChannelConfig", channel), by: bench.user("User1"), type: 1))
            #expect(try Common_Config(serializedBytes: config.response.payload).channelGroup.groups.count == 2)
            // An SDK names the channel in the header too; then the answer is endorsed.
            let named = try await table.process(
                bench.proposal("qscc", Self.text("GetChainInfo", channel), by: bench.user("User1"), channel: ChannelID(channel)))
            #expect(named.response.status == 200 && named.endorsement != nil)
        }
        let unknown = try await table.process(bench.proposal("qscc", Self.text("GetChainInfo", "nowhere"), by: bench.user("User1")))
        #expect(unknown.response.status == 500 && unknown.response.message.contains("name one that this node has joined"))
        let wrong = try await table.process(bench.proposal("notes", Self.text("get", "a"), by: bench.user("User1"), channel: "nowhere"))
        #expect(wrong.response.status == 500 && wrong.response.message == "channel 'nowhere' not found")
        let lost = try await table.process(bench.proposal("notes", Self.text("get", "a"), by: bench.user("User1")))
        #expect(lost.response.status == 500 && lost.response.message.contains("name the channel in its header"))
    }

    @Test func `who may not join channels or ask the node is refused, and so is what is no genesis block`() async throws {
        let bench = try ServerBench()
        let table = try bench.table()
        let genesis = try bench.genesis()
        #expect(try await Self.join(table, genesis.serialized(), bench, by: bench.user("User1")).contains("no administrator of Org1MSP"))
        for signer in [try bench.user("Admin", of: 2), try bench.orderer()] {
            await #expect(throws: (any Error).self) { try await Self.join(table, genesis.serialized(), bench, by: signer) }
        }
        let admin = try bench.user("Admin")
        let later = OrderedBlock(
            number: 1, previousHash: genesis.headerHash, dataHash: genesis.dataHash, envelopes: genesis.envelopes, metadata: genesis.metadata)
        let altered = OrderedBlock(
            number: 0, previousHash: [], dataHash: [UInt8](repeating: 1, count: 32), envelopes: genesis.envelopes, metadata: genesis.metadata)
        let empty = OrderedBlock(number: 0, previousHash: [], envelopes: [])
        for block in [[], [1], later.serialized(), altered.serialized(), empty.serialized()] {
            #expect(try await Self.join(table, block, bench, by: admin).hasPrefix("500 invalid-arguments: "))
        }
        #expect(table.channelIDs == [])
        let signed = try bench.proposal("cscc", Self.text("GetChannels"), by: admin)
        let forged = SignedProposal(proposalBytes: signed.proposalBytes, signature: signed.signature.reversed())
        await #expect(throws: (any Error).self) { try await table.process(forged) }
        await #expect(throws: (any Error).self) { try await table.process(SignedProposal(proposalBytes: [1, 2], signature: [])) }
    }

    @Test func `envelopes go to the channel that they name`() async throws {
        let bench = try ServerBench()
        let orderer = try bench.orderer()
        let channels = try OrdererChannels(
            OrderingChoice(
                name: "orderer", identity: orderer.identity, environment: bench.environment, signatures: DirectSignatureVerifier()),
            folder: bench.path("orderer"), genesis: [bench.genesis(), bench.genesis(of: "another")])
        #expect(channels.channelIDs == ["another", "mychannel"])
        func broadcast(_ channel: ChannelID) async throws -> BroadcastReply {
            let header = ChannelHeader(
                kind: .endorserTransaction, timestamp: bench.environment.now(), channelID: channel, transactionID: TransactionID("x"))
            let payload = Payload(
                channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [], nonce: []).serialized(), data: [1]
            ).serialized()
            return try await channels.broadcast(Envelope(payload: payload, signature: []))
        }
        #expect(try await broadcast("nowhere") == BroadcastReply(status: 400, info: "channel does not exist"))
        // Known channels look at the envelope itself: nobody signed this one.
        for channel in channels.channelIDs { #expect(try await broadcast(channel).info != "channel does not exist") }
        #expect(try await channels.broadcast(Envelope(payload: [1], signature: [])).status == 400)
    }
}
