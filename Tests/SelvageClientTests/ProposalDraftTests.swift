import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import TestSupport
import Testing

/// Interop 4.1 to 4.3: the bytes of a proposal.
@Suite struct ProposalDraftTests {
    private let creator: [UInt8] = [0xC0, 0xC1]
    private let nonce: [UInt8] = Array(0x10..<0x28)

    private func draft(isInit: Bool = false, transient: [TransientEntry] = []) -> ProposalDraft {
        ProposalDraft(
            channel: "care", call: ChaincodeCall(chaincode: "diary", arguments: [Array("write".utf8), [], [0xFF]], isInit: isInit),
            transient: transient, creator: self.creator, nonce: self.nonce, timestamp: Timestamp(seconds: 3, nanoseconds: 4))
    }

    @Test func `the transaction id is the hash of nonce, then creator`() {
        #expect(self.draft().transactionID.text == Base16.encode(SHA256.hash(self.nonce + self.creator)))
    }

    @Test(arguments: [false, true])
    func `every byte of a proposal is as the tables say`(isInit: Bool) {
        let draft = self.draft(isInit: isInit)
        let time = Wire.number(1, 3) + Wire.number(2, 4)
        let target = Wire.bytes(2, Wire.text(2, "diary"))
        let channelHeader =
            Wire.number(1, 3) + Wire.bytes(3, time) + Wire.text(4, "care") + Wire.text(5, Base16.encode(SHA256.hash(self.nonce + self.creator)))
            + Wire.bytes(7, target)
        let signatureHeader = Wire.bytes(1, self.creator) + Wire.bytes(2, self.nonce)
        let arguments = Wire.present(1, Array("write".utf8)) + Wire.present(1, []) + Wire.present(1, [0xFF])
        let spec = Wire.bytes(2, Wire.text(2, "diary")) + Wire.bytes(3, arguments + Wire.number(3, isInit ? 1 : 0))
        let payload = Wire.bytes(1, Wire.bytes(1, spec))
        #expect(draft.proposal.channelHeaderBytes == channelHeader)
        #expect(draft.proposal.signatureHeaderBytes == signatureHeader)
        #expect(draft.proposal.payloadBytes == payload)
        let header = Wire.bytes(1, channelHeader) + Wire.bytes(2, signatureHeader)
        #expect(draft.proposal.serialized() == Wire.bytes(1, header) + Wire.bytes(2, payload))
    }

    @Test func `transient data stands in the proposal, sorted by name, and in nothing that is hashed`() {
        let plain = self.draft()
        let draft = self.draft(transient: [TransientEntry(name: "b", value: [2]), TransientEntry(name: "a", value: [1])])
        let entries = Wire.bytes(2, Wire.text(1, "a") + Wire.bytes(2, [1])) + Wire.bytes(2, Wire.text(1, "b") + Wire.bytes(2, [2]))
        #expect(draft.proposal.payloadBytes == plain.proposal.payloadBytes + entries)
        #expect(draft.payload.withoutTransient == plain.proposal.payloadBytes)
        #expect(draft.transactionID == plain.transactionID)
    }

    @Test func `the signature covers the proposal's bytes`() throws {
        let client = try ClientFixture.shared.get().client
        let signed = try self.draft().signed(by: client)
        #expect(signed.proposalBytes == self.draft().proposal.serialized())
        #expect(client.certificate.publicKey.isValid(signature: signed.signature, for: signed.proposalBytes))
    }

    @Test func `each draft of a gateway has a nonce of 24 bytes of its own and the environment's time`() throws {
        let gateway = try ClientFixture.shared.get().gateway(orderer: FakeOrderer())
        let call = ChaincodeCall(chaincode: "diary", arguments: [])
        let first = gateway.draft(call)
        let second = gateway.draft(call)
        #expect(first.transactionID != second.transactionID)
        #expect(try SignatureHeader(serialized: first.proposal.signatureHeaderBytes).nonce == [UInt8](repeating: 1, count: 24))
        #expect(try SignatureHeader(serialized: second.proposal.signatureHeaderBytes).nonce == [UInt8](repeating: 2, count: 24))
        #expect(try ChannelHeader(serialized: first.proposal.channelHeaderBytes).timestamp == ClientFixture.now)
    }
}
