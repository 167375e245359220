import ContractVM
import CryptoPrimitives
import Endorsement
import FabricMessages
import FabricServices
import Foundation
import GRPCCore
import Identity
import LedgerModel
import SelvageClient
import SystemContracts
import TestSupport
import Testing

@testable import ChannelConfiguration
@testable import Ledger
@testable import Node

/// What stock clients sent to a stock peer and orderer, sent to our services on the same ledger, at the time of the recording.
@Suite(.enabled(if: SharedData.contains("vectors/fabric/grpc"), SharedData.reason))
struct RecordedExchangeTests {
    private static func file(_ name: String) throws -> [UInt8] { try #require(SharedData.read("vectors/fabric/" + name), "\(name)") }

    private static func block(_ number: Int, of folder: String = "blocks") throws -> [UInt8] {
        let digits = String(number)
        return try self.file("\(folder)/block_" + String(repeating: "0", count: 3 - digits.count) + digits + ".pb")
    }

    /// The stock peer's ledger at some height, with its key.
    private struct Peer: PeerConnection, DeliverSource {
        let name = "peer0.org1.lab"
        let mspID: MSPID = "Org1MSP"
        let bundle: ChannelBundle
        let blocks: [[UInt8]]
        let endorser: Endorser
        let ledger: Ledger
        let folder: TemporaryFolder
        let now: Timestamp

        init(height: Int, now: Timestamp) throws {
            self.folder = try TemporaryFolder("recorded")
            self.ledger = try Ledger.open(folder: self.folder.path)
            self.blocks = try (0..<height).map { try RecordedExchangeTests.block($0) }
            for bytes in self.blocks {
                let block = try OrderedBlock(serialized: bytes)
                let snapshot = self.ledger.snapshot()
                try self.ledger.commit(
                    try BlockEffects.derive(
                        from: block, codes: try #require(block.storedCodes), state: snapshot, previousCommitHash: snapshot.head.commitHash))
            }
            self.bundle = try ChannelBundle(block: OrderedBlock(serialized: self.blocks[0]))
            let msp = "crypto/peerOrganizations/org1.lab/peers/peer0.org1.lab/msp/"
            let identity = try SigningIdentity(
                mspID: "Org1MSP", certificate: try Certificate(pem: RecordedExchangeTests.file(msp + "signcerts/peer0.org1.lab-cert.pem")),
                key: try SigningKey(pem: String(decoding: RecordedExchangeTests.file(msp + "keystore/priv_sk"), as: UTF8.self)))
            self.endorser = Endorser(
                identity: identity, bundle: self.bundle,
                machine: ContractMachine(catalogue: SystemContracts.catalogue(contracts: []), now: { 0 }))
            self.now = now
        }

        func process(_ proposal: SignedProposal) async throws -> ProposalResponse {
            try self.endorser.process(proposal, on: self.ledger.snapshot(), now: self.now)
        }

        func commitStatus(of transaction: TransactionID) async throws -> CommitStatus { throw CancellationError() }

        var deliverableHeight: UInt64 { UInt64(self.blocks.count) }
        func blockBytes(_ number: UInt64) throws -> [UInt8]? { number < UInt64(self.blocks.count) ? self.blocks[Int(number)] : nil }

        /// The recording has an end: nothing comes after it.
        func waitForBlock(_ number: UInt64) async -> Bool {
            _ = await OneTimeSignal<Void>().wait()
            return false
        }
    }

    private static func time(of header: [UInt8]) throws -> Timestamp { try #require(try ChannelHeader(serialized: header).timestamp) }

    /// Serves the recorded ledger while the body asks.
    private static func serving<Result: Sendable>(
        height: Int = 10, at time: Timestamp, _ body: @Sendable @escaping (WireWorld.Client) async throws -> Result
    ) async throws -> Result {
        let peer = try Peer(height: height, now: time)
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { time }) { context in
            [EndorserService(context, peer: peer), DeliverService(context) { $0 == "labch" ? peer : nil }]
        }
        return try await withThrowingTaskGroup(of: Void.self) { group async throws in
            group.addTask { try await server.run() }
            defer { server.stop() }
            let endpoint = try await server.endpoint()
            return try await WireCalls.withClient(of: endpoint, security: .plaintext, body)
        }
    }

    private static func ask(_ proposal: [UInt8]) async throws -> Protos_ProposalResponse {
        let message = try Protos_SignedProposal(serializedBytes: proposal)
        let received = try Proposal(serialized: message.proposalBytes.byteArray)
        return try await self.serving(at: try self.time(of: received.channelHeaderBytes)) { client async throws in
            // As recorded, not encoded again.
            try await client.unary(
                request: ClientRequest(message: proposal), descriptor: Protos_Endorser.Method.ProcessProposal.descriptor, serializer: BytesCoding(),
                deserializer: BytesCoding(), options: .defaults
            ) { try Protos_ProposalResponse(serializedBytes: $0.message) }
        }
    }

    @Test(arguments: ["qscc_GetChainInfo", "qscc_GetBlockByNumber", "cscc_GetConfigBlock", "cscc_GetChannels"])
    func `a recorded proposal gets the recorded answer in all but the signature's random part`(_ name: String) async throws {
        let theirs = try Protos_ProposalResponse(serializedBytes: try Self.file("grpc/proposal_response_\(name).pb"))
        var ours = try await Self.ask(try Self.file("grpc/signed_proposal_\(name).pb"))
        #expect(ours.hasEndorsement == theirs.hasEndorsement && ours.endorsement.endorser == theirs.endorsement.endorser)
        if ours.hasEndorsement { ours.endorsement.signature = theirs.endorsement.signature }
        // Also version, and the timestamp that is not there.
        if name != "cscc_GetChannels" { #expect(ours.encoded() == theirs.encoded()) }
        #expect(ours.response == theirs.response && ours.payload == theirs.payload)
    }

    @Test func `a proposal with a bad signature fails in the recorded words`() async throws {
        let recorded = try #require(
            try JSONSerialization.jsonObject(with: Self.file("grpc/bad_proposal_signature.json").data) as? [String: String])
        var message = try Protos_SignedProposal(serializedBytes: try Self.file("grpc/signed_proposal_create.pb"))
        message.signature = Array(message.signature.reversed()).data
        let forged = message.encoded()
        await #expect { () async throws in _ = try await Self.ask(forged) } throws: { error in
            guard let error = error as? RPCError, error.code == .unknown else { return false }
            return recorded["err"] == "rpc error: code = Unknown desc = \(error.message)"
        }
    }

    @Test func `a recorded seek gets every block as the stock peer stored it, whole and filtered`() async throws {
        let recorded = try Self.file("grpc/deliver_seek_envelope.pb")
        let payload = try Payload(serialized: Envelope(serialized: recorded).payload)
        let index = try #require(try JSONSerialization.jsonObject(with: Self.file("index.json").data) as? [String: Any])
        let expected = try #require(index["blocks"] as? [[String: Any]])
        let height = expected.count
        try await Self.serving(height: height, at: try Self.time(of: payload.channelHeaderBytes)) { client async throws in
            // The seek has no end: the client leaves when it has seen all.
            let blocks = try await Self.first(height, client, Protos_Deliver.Method.Deliver.descriptor, recorded)
            for (number, answer) in blocks.enumerated() {
                let stored = try Self.block(number)
                #expect(answer.block.encoded() == stored)
            }
            let filtered = try await Self.first(height, client, Protos_Deliver.Method.DeliverFiltered.descriptor, recorded)
            for (number, answer) in filtered.enumerated() {
                #expect(answer.filteredBlock.number == UInt64(number) && answer.filteredBlock.channelID == "labch")
            }
            #expect(filtered.map { $0.filteredBlock.filteredTransactions.count }.reduce(0, +) == 112)
        }
        for (number, block) in expected.enumerated() {
            let made = FilteredBlock(try OrderedBlock(serialized: Self.block(number)), channel: "labch").message
            let transactions = try #require(block["txs"] as? [[String: Any]])
            #expect(made.filteredTransactions.map { $0.txValidationCode.rawValue } == transactions.map { $0["validation_code"] as? Int })
            #expect(made.filteredTransactions.map(\.txid) == transactions.map { $0["txid"] as? String ?? "" })
        }
    }

    private static func first(
        _ count: Int, _ client: WireWorld.Client, _ method: MethodDescriptor, _ request: [UInt8]
    ) async throws -> [Protos_DeliverResponse] {
        try await client.bidirectionalStreaming(
            request: StreamingClientRequest { try await $0.write(request) }, descriptor: method, serializer: BytesCoding(),
            deserializer: DeliverCoding(), options: WireCalls.longMessages
        ) { response in
            var messages: [Protos_DeliverResponse] = []
            for try await message in response.messages {
                messages.append(message)
                if messages.count == count { break }
            }
            return messages
        }
    }
}
