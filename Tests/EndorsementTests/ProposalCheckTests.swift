import ContractVM
import CryptoPrimitives
import Endorsement
import LedgerModel
import TestSupport
import Testing

/// Interop chapter 6, steps 1 to 5: each check with its own refusal, and the earlier check first when two would refuse.
@Suite struct ProposalCheckTests {
    private let write = ProposalParts("write", "monday", "rain")

    @Test func `a good proposal is endorsed`() throws {
        let answer = try TestBench().process(self.write)
        #expect(answer.response.status == 200)
        #expect(answer.endorsement != nil)
    }

    @Test func `a member's certificate is good up to its last moment and refused after it`() throws {
        var bench = try TestBench()
        var parts = self.write
        parts.timestamp = TestNetwork.lastDay
        bench.now = TestNetwork.lastDay
        #expect(try bench.refusal(of: parts) == nil)
        bench.now = Timestamp(seconds: TestNetwork.lastDay.seconds, nanoseconds: 1)
        #expect(try bench.refusal(of: parts) == .creatorExpired("Org1MSP"))
    }

    @Test func `an expired certificate is told before the time, the channel and the signature are looked at`() throws {
        var bench = try TestBench()
        bench.now = Timestamp(seconds: TestNetwork.lastDay.seconds + 5_000)
        #expect(try bench.refusal(of: self.write) == .creatorExpired("Org1MSP"))
        var parts = self.write
        parts.timestamp = bench.now
        parts.channel = "other"
        #expect(try bench.refusal(of: parts) == .creatorExpired("Org1MSP"))
        let unsigned = SignedProposal(proposalBytes: self.write.proposal(bench.network.client).serialized(), signature: [])
        #expect(bench.refusal(of: unsigned) == .creatorExpired("Org1MSP"))
    }

    @Test(arguments: [
        (Timestamp(seconds: 900), true), (Timestamp(seconds: -900), true), (Timestamp(seconds: 901), false), (Timestamp(seconds: -901), false),
        (Timestamp(seconds: 900, nanoseconds: 1), false), (Timestamp(seconds: 899, nanoseconds: 999_999_999), true),
        (Timestamp(seconds: -901, nanoseconds: 999_999_999), false), (Timestamp(seconds: -900, nanoseconds: 1), true),
    ])
    func `the time may be 15 minutes off in both directions and not a moment more`(offset: Timestamp, isInside: Bool) throws {
        var parts = self.write
        parts.timestamp = Timestamp(seconds: TestNetwork.now.seconds + offset.seconds, nanoseconds: offset.nanoseconds)
        #expect(try TestBench().refusal(of: parts) == (isInside ? nil : .outsideTimeWindow))
    }

    @Test(arguments: [Int64.min, Int64.min + 1, -1, 0, Int64.max - 1, Int64.max])
    func `times at the ends of the number range are refused without a trap`(seconds: Int64) throws {
        var parts = self.write
        for nanoseconds: Int32 in [0, 999_999_999] {
            parts.timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
            #expect(try TestBench().refusal(of: parts) == .outsideTimeWindow)
        }
    }

    @Test(arguments: [Int32.min, -1, 1_000_000_000, .max])
    func `a time with impossible nanoseconds is refused`(nanoseconds: Int32) throws {
        var parts = self.write
        parts.timestamp = Timestamp(seconds: TestNetwork.now.seconds, nanoseconds: nanoseconds)
        guard case .badHeader(let reason)? = try TestBench().refusal(of: parts) else {
            Issue.record("accepted")
            return
        }
        #expect(reason.contains("timestamp"))
    }

    @Test func `a proposal without a time is refused`() throws {
        var parts = self.write
        parts.timestamp = nil
        #expect(try TestBench().refusal(of: parts) == .badHeader(reason: "the channel header has no timestamp"))
    }

    @Test(arguments: ["other", "car", "caré", "Care"] as [ChannelID])
    func `a proposal for another channel is answered with 500`(channel: ChannelID) throws {
        var parts = self.write
        parts.channel = channel
        // Also from someone who signed wrongly: the channel is looked for first.
        parts.transactionID = "wrong"
        let answer = try TestBench().process(parts)
        #expect(answer.response == ChaincodeResponse(status: 500, message: "channel '\(channel)' not found"))
        #expect(answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
    }

    @Test(arguments: [-1, 0, 2, 4, 5, 8, Int32.max])
    func `a header of another type is refused`(type: Int32) throws {
        var parts = self.write
        parts.type = type
        #expect(try TestBench().refusal(of: parts) == .badHeader(reason: "invalid header type \(type), a proposal has 3"))
    }

    @Test func `a header of type CONFIG is taken, as the join command sends it`() throws {
        var parts = self.write
        parts.type = 1
        #expect(try TestBench().process(parts).response.status == 200)
    }

    @Test(arguments: [1, UInt64.max])
    func `an epoch other than 0 is refused`(epoch: UInt64) throws {
        var parts = self.write
        parts.epoch = epoch
        #expect(try TestBench().refusal(of: parts) == .badHeader(reason: "invalid epoch in the channel header: \(epoch), must be 0"))
    }

    @Test func `an empty nonce or creator is refused`() throws {
        var parts = self.write
        parts.nonce = []
        #expect(try TestBench().refusal(of: parts) == .badHeader(reason: "the signature header has no nonce"))
        parts = self.write
        parts.creator = []
        #expect(try TestBench().refusal(of: parts) == .badHeader(reason: "the signature header has no creator"))
    }

    @Test func `the transaction id must be the lower case hash of nonce, then creator`() throws {
        let bench = try TestBench()
        let client = bench.network.client
        let right = SHA256.hash(self.write.nonce + client.serialized)
        let wrong: [TransactionID] = [
            "", "0", TransactionID(Base16.encode(SHA256.hash(client.serialized + self.write.nonce))),
            TransactionID(Base16.encode(right).uppercased()), TransactionID(Base16.encode(right) + " "),
            TransactionID(String(Base16.encode(right).dropLast(2))),
        ]
        for id in wrong {
            var parts = self.write
            parts.transactionID = id
            #expect(try bench.refusal(of: parts) == .wrongTransactionID, "\(id)")
        }
    }

    @Test func `creators that are not members of the channel are refused alike`() throws {
        let bench = try TestBench()
        #expect(try bench.refusal(of: self.write, by: bench.network.stranger) == .accessDenied("care", "Org9MSP"))
        #expect(try bench.refusal(of: self.write, by: bench.network.impostor) == .accessDenied("care", "Org1MSP"))
        var parts = self.write
        parts.creator = [0xFF, 0xFF]
        #expect(try bench.refusal(of: parts) == .accessDenied("care", ""))
        parts.creator = SerializedIdentityBytes.make("Org1MSP", Array("no certificate".utf8))
        #expect(try bench.refusal(of: parts) == .accessDenied("care", "Org1MSP"))
        parts.creator = SerializedIdentityBytes.make("Org2MSP", bench.network.client.certificate.pem)
        #expect(try bench.refusal(of: parts) == .accessDenied("care", "Org2MSP"))
    }

    @Test func `a wrong signature is refused in the words of an unknown creator`() throws {
        let bench = try TestBench()
        let signed = try self.write.signed(by: bench.network.client)
        let denied = EndorsementRefusal.accessDenied("care", "Org1MSP")
        #expect(denied.description == "error validating proposal: access denied: channel [care] creator org [Org1MSP]")
        for bit in 0..<signed.signature.count * 8 {
            var signature = signed.signature
            signature[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(bench.refusal(of: SignedProposal(proposalBytes: signed.proposalBytes, signature: signature)) == denied, "bit \(bit)")
        }
        let foreign = try ProposalParts.sign(signed.proposalBytes, by: bench.network.secondClient)
        #expect(bench.refusal(of: foreign) == denied)
        #expect(bench.refusal(of: SignedProposal(proposalBytes: signed.proposalBytes, signature: [])) == denied)
        #expect(bench.refusal(of: SignedProposal(proposalBytes: signed.proposalBytes, signature: signed.signature + [0])) == denied)
    }

    @Test func `the high-s twin of a good signature is refused`() throws {
        let bench = try TestBench()
        let signed = try self.write.signed(by: bench.network.client)
        let twin = try #require(HighS.twin(of: signed.signature))
        #expect(bench.refusal(of: signed) == nil)
        #expect(
            bench.refusal(of: SignedProposal(proposalBytes: signed.proposalBytes, signature: twin)) == .accessDenied("care", "Org1MSP"))
        // The twin of the twin is the signature again, so the twin is not refused for being garbage.
        #expect(HighS.twin(of: twin) == signed.signature)
    }

    @Test func `a transaction id that the ledger knows is refused`() throws {
        var bench = try TestBench()
        let id = TransactionID(Base16.encode(SHA256.hash(self.write.nonce + bench.network.client.serialized)))
        bench.ledger.known = [id]
        #expect(try bench.refusal(of: self.write) == .duplicateTransaction(id))
        // Only who may know hears about the ledger.
        let forged = SignedProposal(proposalBytes: self.write.proposal(bench.network.client).serialized(), signature: [1])
        #expect(bench.refusal(of: forged) == .accessDenied("care", "Org1MSP"))
        var other = self.write
        other.nonce[0] ^= 1
        #expect(try bench.refusal(of: other) == nil)
    }

    @Test func `an index that cannot be read refuses instead of endorsing`() throws {
        var bench = try TestBench()
        bench.ledger.indexFailure = StateReadError(reason: "disk gone")
        guard case .failed(let reason)? = try bench.refusal(of: self.write) else {
            Issue.record("endorsed")
            return
        }
        #expect(reason.contains("disk gone"))
    }

    @Test func `a peer may not propose, an administrator may`() throws {
        let bench = try TestBench()
        guard case .notWriter(let channel, let chaincode, _)? = try bench.refusal(of: self.write, by: bench.network.peer) else {
            Issue.record("a peer got an endorsement")
            return
        }
        #expect(channel == "care")
        #expect(chaincode == "diary")
        #expect(try bench.refusal(of: self.write, by: bench.network.administrator) == nil)
        #expect(try bench.refusal(of: self.write, by: bench.network.secondClient) == nil)
    }

    @Test func `a system contract answers who may not propose with 500`() throws {
        let bench = try TestBench()
        var parts = ProposalParts("echo", "hello")
        parts.target = "qscc"
        let answer = try bench.process(parts, by: bench.network.peer)
        #expect(answer.response.status == 500)
        #expect(answer.response.message.contains("/Channel/Application/Writers"))
        #expect(answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
        #expect(try bench.process(parts).response.payload == Array("hello".utf8))
    }

    @Test func `a proposal over the size limit is refused before it is parsed`() throws {
        let bench = try TestBench()
        let size = EndorsementLimits.proposalBytes + 1
        let signed = SignedProposal(proposalBytes: [UInt8](repeating: 0xFF, count: size), signature: [])
        #expect(bench.refusal(of: signed) == .tooLarge(sizeBytes: size))
    }
}
