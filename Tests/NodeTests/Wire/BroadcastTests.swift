import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel
import Testing

@testable import Node

/// Envelopes over real connections, with the generated client.
struct BroadcastTests {
    private static func send(_ world: WireWorld, _ envelopes: [Envelope]) async throws -> [String] {
        let messages = envelopes.map { envelope in
            var message = Common_Envelope()
            message.payload = envelope.payload.data
            message.signature = envelope.signature.data
            return message
        }
        return try await world.withClient(of: world.orderer) { client async throws in
            try await Orderer_AtomicBroadcast.Client(wrapping: client).broadcast(options: WireCalls.longMessages) { writer in
                try await writer.write(contentsOf: messages)
            } onResponse: { response in
                var answers: [String] = []
                for try await answer in response.messages { answers.append("\(answer.status.rawValue) \(answer.info)") }
                return answers
            }
        }
    }

    @Test func `each envelope is answered in its order, and is in a block afterwards`() async throws {
        let network = try NodeNetwork()
        let envelopes = try (1...3).map { try network.envelope(nonce: [UInt8($0)]) }
        let answers = try await network.served { world async throws in
            let answers = try await Self.send(world, envelopes)
            for envelope in envelopes {
                let header = try ChannelHeader(serialized: Payload(serialized: envelope.payload).channelHeaderBytes)
                _ = try await world.network.peers[0].commitStatus(of: header.transactionID)
            }
            return answers
        }
        #expect(answers == ["200 ", "200 ", "200 "])
    }

    @Test func `the first refusal says why and is the last answer`() async throws {
        let network = try NodeNetwork()
        let good = try network.envelope(nonce: [1])
        let bad: [(Envelope, String)] = [
            (Envelope(payload: [], signature: []), "400 "), (Envelope(payload: [0xFF], signature: [1]), "400 could not determine channel ID"),
            (Envelope(payload: good.payload, signature: [1, 2]), "403 policy /Channel/Writers is not satisfied"),
            (try network.envelope(nonce: [2], by: network.newClient), "403 policy /Channel/Writers is not satisfied"),
            (try NodeNetwork(channel: "elsewhere").envelope(nonce: [3]), "400 channel does not exist"),
        ]
        try await network.served { world async throws in
            for (envelope, expected) in bad {
                let answers = try await Self.send(world, [envelope, good])
                #expect(answers.count == 1 && answers[0].hasPrefix(expected), "\(answers)")
            }
            #expect(world.network.orderer.deliverableHeight == 1)
        }
    }

    @Test func `an envelope over the channel's limit is refused, a message over the server's ends the call`() async throws {
        var limits = WireLimits()
        limits.messageBytes = 12 << 20
        let network = try NodeNetwork()
        let large = Envelope(payload: [UInt8](repeating: 0, count: 11 << 20), signature: [])
        let tooLarge = Envelope(payload: [UInt8](repeating: 0, count: 13 << 20), signature: [])
        try await network.served(limits: limits) { world async throws in
            let answers = try await Self.send(world, [large])
            #expect(answers.count == 1 && answers[0].hasPrefix("400 message payload is 11534336 bytes and exceeds maximum allowed"), "\(answers)")
            // The library resets the stream and says no more.
            await #expect(throws: RPCError.self) { _ = try await Self.send(world, [tooLarge]) }
            #expect(try await Self.send(world, [large]).count == 1)
        }
    }

    @Test func `an unknown method or service is not implemented`() async throws {
        try await NodeNetwork().served { world async throws in
            let peerService = Protos_Endorser.Method.ProcessProposal.descriptor
            await #expect { () async throws in
                try await world.withClient(of: world.orderer) { client async throws in
                    try await Protos_Endorser.Client(wrapping: client).processProposal(Protos_SignedProposal())
                }
            } throws: { ($0 as? RPCError)?.code == .unimplemented && peerService.fullyQualifiedMethod == "protos.Endorser/ProcessProposal" }
        }
    }
}
