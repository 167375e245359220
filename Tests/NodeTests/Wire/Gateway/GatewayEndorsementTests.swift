import FabricMessages
import GRPCCore
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// Evaluate and Endorse over real connections, with the codes and details that clients see (interop 12.2).
struct GatewayEndorsementTests {
    private static func unreachable(_ parts: GatewayParts, _ mspID: MSPID, _ address: String) -> GatewayPeer {
        GatewayPeer(GRPCPeer(parts.dead, mspID: mspID, channel: parts.network.peers[0].channel, identity: parts.user), address: address)
    }

    @Test func `a call is evaluated on the own organisation's peer, and its error is told in the chaincode's words`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            try await world.commit(NodeNetwork.call("set", "a", "1"))
            let result = try await world.evaluate(NodeNetwork.call("get", "a"))
            #expect(result.status == 200 && result.payload.byteArray == Array("1".utf8))
            #expect(try await world.evaluate(NodeNetwork.call("get", "a"), on: ["Org2MSP"]).payload.byteArray == Array("1".utf8))
            let missing = try await world.failure { _ = try await world.evaluate(NodeNetwork.call("get", "b")) }
            let words = try await world.network.peers[0].process(world.draft(NodeNetwork.call("get", "b")).signed(by: world.wire.user)).response
            #expect(words.status == 404)
            let said = "chaincode response 404, \(words.message)"
            #expect(missing == "unknown: evaluate call to endorser returned error: \(said) | peer0:7051 Org1MSP: \(said)")
        }
    }

    @Test func `what cannot be evaluated is refused with the code that says why`() async throws {
        try await NodeNetwork().withGateway(
            {
                $0.others.append(Self.unreachable($0, "Org3MSP", "peer9:7051"))
            }
        ) { world async throws in
            let get = NodeNetwork.call("get", "a")
            func failure(_ change: (inout Gateway_EvaluateRequest) -> Void) async throws -> String {
                var request = Gateway_EvaluateRequest()
                request.proposedTransaction = try world.message(world.draft(get))
                change(&request)
                return try await world.failure { _ = try await world.client.evaluate(request) }
            }
            let unpacked = "invalidArgument: failed to unpack transaction proposal: "
            #expect(try await failure { $0.clearProposedTransaction() }.hasPrefix(unpacked))
            #expect(try await failure { $0.proposedTransaction.proposalBytes = [0xFF].data }.hasPrefix(unpacked))
            #expect(try await world.failure { _ = try await world.evaluate(get, channel: "") } == unpacked + "no channel id provided")
            #expect(
                try await world.failure { _ = try await world.evaluate(get, channel: "elsewhere") }.hasPrefix("unavailable: failed to get config"))
            let forged = try await failure { $0.proposedTransaction.signature = [1].data }
            let denied = "error validating proposal: access denied: channel [\(world.wire.channel)] creator org [Org1MSP]"
            #expect(
                forged == "failedPrecondition: evaluate call to endorser returned error: \(denied) | peer0:7051 Org1MSP: \(denied)")
            #expect(
                try await failure { $0.targetOrganizations = ["Org4MSP"] }
                    == "failedPrecondition: no peers available to evaluate chaincode tally in channel \(world.wire.channel)")
            let gone = try await failure { $0.targetOrganizations = ["Org3MSP"] }
            #expect(gone.hasPrefix("unavailable: failed to evaluate transaction, see attached details for more info | peer9:7051 Org3MSP: "))
            #expect(gone.contains("cannot be reached"))
            // Nobody runs what is not defined.
            let unknown = try await world.failure {
                _ = try await world.evaluate(ChaincodeCall(chaincode: "nothing", arguments: []), on: ["Org1MSP"])
            }
            #expect(unknown == "failedPrecondition: no peers available to evaluate chaincode nothing in channel \(world.wire.channel)")
            let undefined = ChaincodeCall(chaincode: "nothing", arguments: [])
            #expect(
                try await world.failure { _ = try await world.endorse(undefined) }
                    == "failedPrecondition: no combination of peers can be derived which satisfy the endorsement policy: "
                    + "No metadata was found for chaincode nothing in channel \(world.wire.channel)")
            #expect(
                try await world.failure { _ = try await world.endorse(undefined, by: ["Org1MSP", "Org2MSP"]) }
                    == "unavailable: failed to find any endorsing peers for org(s): Org1MSP, Org2MSP")
        }
    }

    @Test func `a peer that cannot be reached is passed over`() async throws {
        try await NodeNetwork().withGateway(
            {
                // Twice in the place of the organisation's only peer.
                $0.others = [Self.unreachable($0, "Org2MSP", "peer8:7051"), Self.unreachable($0, "Org2MSP", "peer9:7051")] + $0.others
            }
        ) { world async throws in
            #expect(try await world.commit(NodeNetwork.call("set", "a", "1")).status.result == .valid)
            #expect(try await world.evaluate(NodeNetwork.call("get", "a"), on: ["Org2MSP"]).payload.byteArray == Array("1".utf8))
        }
    }

    @Test func `as many organisations endorse as the policy asks for, and the transaction is valid`() async throws {
        try await NodeNetwork().withGateway { world async throws in
            let (id, prepared) = try await world.endorse(NodeNetwork.call("set", "a", "1"))
            #expect(prepared.signature.isEmpty)
            let payload = try Payload(serialized: prepared.payload.byteArray)
            let transaction = try EndorserTransaction(serialized: payload.data)
            let endorsers = try transaction.endorsements.map { try SerializedIdentity(serialized: $0.endorser).mspID }
            #expect(endorsers == ["Org1MSP", "Org2MSP"])
            try await world.submit(prepared)
            let status = try await world.client.commitStatus(try world.statusRequest(id))
            #expect(status.result == .valid && status.blockNumber == world.network.peers[0].height - 1)
            // The client may name the organisations, and then answers for them.
            let one = try await world.endorse(NodeNetwork.call("set", "a", "2"), by: ["Org2MSP"])
            let alone = try EndorserTransaction(serialized: Payload(serialized: one.prepared.payload.byteArray).data)
            #expect(try alone.endorsements.map { try SerializedIdentity(serialized: $0.endorser).mspID } == ["Org2MSP"])
            try await world.submit(one.prepared)
            #expect(try await world.client.commitStatus(try world.statusRequest(one.id)).result == .endorsementPolicyFailure)
        }
    }

    @Test func `an endorsement that fails names every peer with what it said`() async throws {
        let fails = "failed to endorse transaction, see attached details for more info"
        try await NodeNetwork().withGateway { world async throws in
            let wrong = try await world.failure { _ = try await world.endorse(NodeNetwork.call("nonsense")) }
            #expect(wrong.hasPrefix("aborted: \(fails) | peer0:7051 Org1MSP: chaincode response "))
            let unnamed = try await world.failure { _ = try await world.endorse(NodeNetwork.call("set", "a", "1"), by: ["Org4MSP", "Org1MSP"]) }
            #expect(unnamed == "unavailable: failed to find any endorsing peers for org(s): Org4MSP")
            let empty = try await world.failure { _ = try await world.client.endorse(Gateway_EndorseRequest()) }
            #expect(empty == "invalidArgument: the proposed transaction must contain a signed proposal")
            let elsewhere = try await world.failure { _ = try await world.endorse(NodeNetwork.call("set", "a", "1"), channel: "elsewhere") }
            #expect(elsewhere.hasPrefix("failedPrecondition: failed to get config for channel [elsewhere]"))
        }
        try await NodeNetwork().withGateway({ $0.others = [Self.unreachable($0, "Org2MSP", "peer9:7051")] }) { world async throws in
            let gone = try await world.failure { _ = try await world.endorse(NodeNetwork.call("set", "a", "1")) }
            #expect(
                gone.hasPrefix(
                    "aborted: failed to collect enough transaction endorsements, see attached details for more info | peer9:7051 Org2MSP: "))
            #expect(gone.contains("cannot be reached"))
        }
        try await NodeNetwork().withGateway({ $0.others = [] }) { world async throws in
            let alone = try await world.failure { _ = try await world.endorse(NodeNetwork.call("set", "a", "1")) }
            #expect(
                alone.hasPrefix("failedPrecondition: no combination of peers can be derived which satisfy the endorsement policy: ")
                    && alone.hasSuffix("with the peers of Org1MSP"))
        }
    }

    @Test func `endorsers that disagree are named with the first key and both results`() async throws {
        let network = try NodeNetwork()
        // A peer of Org2MSP that stands still while the channel goes on.
        let late = try network.openPeer(1, at: "late")
        try await network.withGateway({ $0.others = [GatewayPeer(late, address: "late:7051")] }) { world async throws in
            for number in 1..<world.network.peers[0].height {
                try await late.receive(OrderedBlock(serialized: #require(try world.network.peers[0].blockBytes(number))))
            }
            #expect(try await world.commit(NodeNetwork.call("set", "a", "1")).status.result == .valid)
            let conflict = try await world.failure { _ = try await world.endorse(NodeNetwork.call("add", "a", "2")) }
            #expect(
                conflict.hasPrefix(
                    "aborted: failed to collect enough transaction endorsements, see attached details for more info | late:7051 Org2MSP: "
                        + "ProposalResponsePayloads do not match: peer0:7051 (Org1MSP) and late:7051 (Org2MSP) computed different results, first at ")
            )
            #expect(conflict.contains("'a'"), "\(conflict)")
        }
    }
}
