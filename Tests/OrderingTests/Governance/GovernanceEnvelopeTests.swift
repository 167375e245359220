import CryptoPrimitives
import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct GovernanceEnvelopeTests {
    @Test func `an envelope gives back its transaction and creator, and is not governance when it calls another contract`() throws {
        var world = try GovernanceWorld()
        let transaction = GovernanceTransaction.evidence(try world.doublePrevote(2))
        let envelope = try world.envelope(transaction)
        #expect(GovernanceEnvelope.read(envelope) == .governance(transaction, creator: try world.client().serialized))
        #expect(GovernanceEnvelope.read(try world.plainEnvelope()) == .other)
        #expect(GovernanceEnvelope.read([1, 2, 3]) == .other)
        #expect(GovernanceEnvelope.read(world.genesis.envelopes[0]) == .other)
    }

    @Test func `it is a whole transaction of a chaincode that nobody defined`() throws {
        var world = try GovernanceWorld()
        let parts = try found(EnvelopeParts(world.envelope(.heartbeat(height: 1))))
        #expect(parts.hasDerivedID)
        #expect(try parts.header.chaincodeName() == "committee")
        let body = try EndorserTransaction(serialized: parts.payload.data)
        let response = try ProposalResponsePayload(serialized: body.responsePayloadBytes)
        let action = try ChaincodeAction(serialized: response.actionBytes)
        #expect(action.chaincode == "committee")
        #expect(!action.chaincodeVersion.isEmpty)
        #expect(try ReadWriteSet(serialized: action.results).namespaces.isEmpty)
        let hash = Formulas.proposalHash(
            channelHeader: parts.payload.channelHeaderBytes, signatureHeader: body.signatureHeaderBytes, payload: body.proposalPayloadBytes)
        #expect(response.proposalHash == hash)
    }

    @Test func `an envelope for the contract that is not in its one form is malformed, and no block may hold it`() throws {
        var world = try GovernanceWorld()
        let envelope = try Envelope(serialized: world.envelope(.heartbeat(height: 1)))
        let payload = try Payload(serialized: envelope.payload)
        let body = try EndorserTransaction(serialized: payload.data)
        func variant(_ data: [UInt8]) -> [UInt8] {
            Envelope(
                payload: Payload(
                    channelHeaderBytes: payload.channelHeaderBytes, signatureHeaderBytes: payload.signatureHeaderBytes, data: data
                ).serialized(), signature: envelope.signature
            ).serialized()
        }
        func call(_ arguments: [[UInt8]]) -> [UInt8] {
            variant(
                EndorserTransaction(
                    signatureHeaderBytes: body.signatureHeaderBytes,
                    proposalPayloadBytes: ProposalPayload(chaincode: "committee", arguments: arguments).withoutTransient,
                    responsePayloadBytes: body.responsePayloadBytes, endorsements: []
                ).serialized())
        }
        let argument = GovernanceTransactionFormat.encode(.heartbeat(height: 1))
        let malformed = [
            variant([]), variant(payload.data + [0x12, 0]), call([]), call([argument]), call([Array("govern".utf8), argument, []]),
            call([Array("other".utf8), argument]), call([Array("govern".utf8), argument + [0]]),
            variant(
                EndorserTransaction(
                    signatureHeaderBytes: body.signatureHeaderBytes, proposalPayloadBytes: body.proposalPayloadBytes,
                    responsePayloadBytes: body.responsePayloadBytes, endorsements: [Endorsement(endorser: [1], signature: [2])]
                ).serialized()),
        ]
        #expect(variant(payload.data) == envelope.serialized())
        for (index, bytes) in malformed.enumerated() {
            guard case .malformed = GovernanceEnvelope.read(bytes) else {
                Issue.record("variant \(index) was taken")
                continue
            }
            #expect(world.plane.refusals(in: [bytes], height: 1, proposer: 1, decided: world.decided).count == 1)
        }
    }

    @Test func `a heartbeat counts for its height, alone, from the proposer's own certificate`() throws {
        let world = try GovernanceWorld()
        let key = try found(world.plane.key(2))
        let creator = SerializedIdentity(mspID: key.member, certificatePEM: key.certificate).serialized()
        func refusal(_ height: UInt64 = 1, proposer: UInt32 = 2, isAlone: Bool = true, creator other: [UInt8]? = nil) -> GovernanceRefusal? {
            world.plane.refusal(
                of: .heartbeat(height: height), creator: other ?? creator,
                in: GovernanceContext(height: 1, proposer: proposer, isAlone: isAlone, decided: world.decided))
        }
        #expect(refusal() == nil)
        #expect(refusal(2) == .heartbeat("it is for height 2"))
        #expect(refusal(isAlone: false) == .heartbeat("a block with other envelopes needs none"))
        #expect(refusal(proposer: 3) == .heartbeat("its creator is not the proposer of the block"))
        #expect(refusal(creator: try world.client(2).serialized) == .heartbeat("its creator is not the proposer of the block"))
    }

    @Test func `a proposer is told which envelopes to leave out, and the rest may stand`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let evidence = GovernanceTransaction.evidence(try world.doublePrevote(2))
        let envelopes = [
            try world.plainEnvelope(), try world.envelope(evidence), try world.envelope(evidence), try world.envelope(.heartbeat(height: 4)),
        ]
        let refusals = world.plane.refusals(in: envelopes, height: 4, proposer: 1, decided: world.decided)
        #expect(refusals.map(\.index) == [2, 3])
        #expect(refusals.first?.refusal == .evidence(.alreadyKnown))
    }
}
