import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// Proposals over real connections.
struct EndorserTests {
    private static func message(_ signed: SignedProposal) -> Protos_SignedProposal {
        var message = Protos_SignedProposal()
        message.proposalBytes = signed.proposalBytes.data
        message.signature = signed.signature.data
        return message
    }

    private static func ask(_ world: WireWorld, _ proposal: Protos_SignedProposal) async throws -> Protos_ProposalResponse {
        try await world.withClient(of: world.peer) { client async throws in
            try await Protos_Endorser.Client(wrapping: client).processProposal(proposal, options: WireCalls.longMessages)
        }
    }

    private static func draft(_ world: WireWorld, _ call: ChaincodeCall, channel: ChannelID? = nil, by identity: SigningIdentity? = nil)
        -> ProposalDraft
    {
        let identity = identity ?? world.user
        return ProposalDraft(
            channel: channel ?? world.channel, call: call, creator: identity.serialized, nonce: SystemEnvironment().randomBytes(count: 24),
            timestamp: world.clock.now())
    }

    private static func call(_ chaincode: Namespace, _ arguments: String...) -> ChaincodeCall {
        ChaincodeCall(chaincode: chaincode, arguments: arguments.map { Array($0.utf8) })
    }

    @Test func `a proposal is endorsed as in the process, and its endorsements make a transaction`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let draft = Self.draft(world, NodeNetwork.call("set", "a", "1"))
            let signed = try draft.signed(by: world.user)
            let answer = try await Self.ask(world, Self.message(signed))
            #expect(answer.version == 1 && answer.response.status == 200 && answer.hasEndorsement)
            let other = try await world.network.peers[1].process(signed)
            #expect(answer.payload.byteArray == other.payload)
            let first = try ProposalResponse(serialized: answer.encoded())
            let payload = try TransactionAssembly.payload(
                of: draft, responses: [NamedResponse(peer: "wire", response: first), NamedResponse(peer: "here", response: other)])
            let envelope = try TransactionAssembly.envelope(payload, signedBy: world.user)
            let status = try await world.network.commit((draft.transactionID, envelope, []))
            #expect(status.isValid)
        }
    }

    @Test func `the node's own contracts answer`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let info = try await Self.ask(
                world, Self.message(Self.draft(world, Self.call("qscc", "GetChainInfo", world.channel.text)).signed(by: world.user)))
            #expect(info.response.status == 200)
            #expect(try Common_BlockchainInfo.decode(info.response.payload, as: "info").height == world.network.peers[0].height)
            let channels = try await Self.ask(
                world, Self.message(Self.draft(world, Self.call("cscc", "GetChannels"), channel: "").signed(by: world.user)))
            #expect(
                try Protos_ChannelQueryResponse.decode(channels.response.payload, as: "channels").channels.map(\.channelID) == [world.channel.text])
            #expect(!channels.hasEndorsement)
            let definitions = try await Self.ask(
                world,
                Self.message(
                    Self.draft(world, ChaincodeCall(chaincode: "_lifecycle", arguments: [Array("QueryChaincodeDefinitions".utf8), []])).signed(
                        by: world.user)))
            #expect(definitions.response.status == 200 && definitions.hasEndorsement)
            let unknown = try await Self.ask(
                world, Self.message(Self.draft(world, NodeNetwork.call("get", "a"), channel: "elsewhere").signed(by: world.user)))
            #expect(unknown.response.status == 500 && unknown.response.message == "channel 'elsewhere' not found")
        }
    }

    @Test func `what was not run is an error of the call, in the endorser's words`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            func failure(_ proposal: Protos_SignedProposal) async throws -> String {
                do {
                    let answer = try await Self.ask(world, proposal)
                    return "answered \(answer.response.status)"
                } catch let error as RPCError {
                    return "\(error.code): \(error.message)"
                }
            }
            let draft = Self.draft(world, NodeNetwork.call("get", "a"))
            var forged = try Self.message(draft.signed(by: world.user))
            forged.signature = [1, 2, 3].data
            #expect(
                try await failure(forged)
                    == "unknown: error validating proposal: access denied: channel [\(world.channel)] creator org [Org1MSP]")
            let foreign = Self.draft(world, NodeNetwork.call("get", "a"), by: world.outsider)
            #expect(
                try await failure(Self.message(foreign.signed(by: world.outsider))).hasPrefix("unknown: error validating proposal: access denied"))
            #expect(try await failure(Protos_SignedProposal()).hasPrefix("unknown: error validating proposal: "))
            var garbage = Protos_SignedProposal()
            garbage.proposalBytes = [0xFF, 0xFF, 0xFF].data
            #expect(try await failure(garbage).hasPrefix("unknown: error validating proposal: "))
            world.clock.advance(seconds: 1_000)
            let late = Self.draft(world, NodeNetwork.call("get", "a"))
            #expect(try await failure(Self.message(late.signed(by: world.user))).contains("minutes from this peer's"))
        }
    }

    @Test func `one call more than the limit is refused`() throws {
        let gate = ConcurrencyGate("/protos.Endorser", limit: 2)
        try gate.enter()
        try gate.enter()
        #expect { try gate.enter() } throws: { error in
            (error as? RPCError)?.code == .resourceExhausted
                && (error as? RPCError)?.message == "too many requests for /protos.Endorser, exceeding concurrency limit (2)"
        }
        gate.leave()
        try gate.enter()
        #expect(gate.count == 2)
    }
}
