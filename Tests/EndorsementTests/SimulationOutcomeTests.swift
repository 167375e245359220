import ContractVM
import CryptoPrimitives
import Endorsement
import Identity
import LedgerModel
import TestSupport
import Testing

/// Interop chapter 6, steps 6 and 7, and 4.3 and 4.4: what comes back of a simulation, byte by byte.
@Suite struct SimulationOutcomeTests {
    private let write = ProposalParts("write", "monday", "rain")

    private func status(_ status: Int32) -> ProposalParts {
        var parts = ProposalParts("answer", "\(status)")
        parts.target = "status"
        return parts
    }

    // MARK: The table of step 7

    @Test(arguments: [Int32.min, -1, 0, 100, 199, 200, 201, 399])
    func `a status below 400 is endorsed`(status: Int32) throws {
        let answer = try TestBench().process(self.status(status))
        #expect(answer.response == ChaincodeResponse(status: status, message: "as asked", payload: [7, 8, 9]))
        #expect(answer.endorsement != nil)
        let action = try ChaincodeAction(serialized: ProposalResponsePayload(serialized: answer.payload).actionBytes)
        #expect(action.response == answer.response)
    }

    @Test(arguments: [400, 404, 499] as [Int32])
    func `a status from 400 to 499 is answered without payload and endorsement`(status: Int32) throws {
        let answer = try TestBench().process(self.status(status))
        #expect(answer.response == ChaincodeResponse(status: status, message: "as asked", payload: [7, 8, 9]))
        #expect(answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
    }

    @Test(arguments: [500, 501, 599, Int32.max])
    func `a status from 500 on is answered with the payload and no endorsement`(status: Int32) throws {
        let answer = try TestBench().process(self.status(status))
        #expect(answer.response == ChaincodeResponse(status: status, message: "as asked", payload: [7, 8, 9]))
        #expect(!answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
    }

    // MARK: What cannot be run

    @Test func `an undefined chaincode is answered with 500`() throws {
        var parts = self.write
        parts.target = "nowhere"
        let answer = try TestBench().process(parts)
        #expect(answer.response.status == 500)
        #expect(answer.response.message.hasPrefix("error in simulation: chaincode nowhere is not defined on channel care"))
        #expect(answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
    }

    @Test func `a chaincode that is not installed is answered with 500`() throws {
        var parts = self.write
        parts.target = "ghost"
        let answer = try TestBench().process(parts)
        #expect(answer.response.status == 500)
        #expect(answer.response.message.contains("chaincode ghost is not installed"))
        #expect(answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
    }

    @Test func `a state that cannot be read is answered with 500`() throws {
        var bench = try TestBench()
        bench.ledger.stateFailure = StateReadError(reason: "disk gone")
        let answer = try bench.process(self.write)
        #expect(answer.response.status == 500)
        #expect(answer.payload.isEmpty)
        #expect(answer.endorsement == nil)
    }

    @Test func `a contract that throws is answered with its status and text`() throws {
        let refusal = try TestBench().process(ProposalParts("fail", "409"))
        #expect(refusal.response == ChaincodeResponse(status: 409, message: "asked-to-fail: as the caller wished"))
        #expect(refusal.payload.isEmpty)
        #expect(refusal.endorsement == nil)
        let failure = try TestBench().process(ProposalParts("fail", "503"))
        #expect(failure.response == ChaincodeResponse(status: 503, message: "asked-to-fail: as the caller wished"))
        #expect(failure.endorsement == nil)
    }

    @Test func `a contract over a limit is not endorsed, at the limit it is`() throws {
        let bench = try TestBench(limits: .standard.with(.writes, 3))
        #expect(try bench.process(ProposalParts("flood", "3")).endorsement != nil)
        let answer = try bench.process(ProposalParts("flood", "4"))
        #expect(answer.response.status == 500)
        #expect(answer.response.message.hasPrefix("limit-exceeded: "))
        #expect(answer.endorsement == nil)
    }

    // MARK: Bytes

    @Test func `the response payload is built by the formulas, byte for byte`() throws {
        var bench = try TestBench()
        bench.ledger.put("sun", at: "monday", version: StateVersion(block: 7, transaction: 3))
        let client = bench.network.client
        let proposal = self.write.proposal(client)
        let id = TransactionID(Base16.encode(SHA256.hash(self.write.nonce + client.serialized)))
        let results = ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(
                namespace: "_lifecycle",
                reads: [KeyRead(key: "namespaces/fields/diary/Sequence", version: StateVersion(block: 1, transaction: 0))]),
            NamespaceReadWriteSet(
                namespace: "diary", reads: [KeyRead(key: "monday", version: StateVersion(block: 7, transaction: 3))],
                writes: [KeyWrite(key: "monday", isDelete: false, value: Array("rain".utf8))]),
        ])
        let event = ChaincodeEvent(chaincode: "diary", transactionID: id, name: "written", payload: Array("monday".utf8))
        let action = ChaincodeAction(
            results: results.serialized(), events: event.serialized(), response: ChaincodeResponse(status: 200), chaincode: "diary",
            chaincodeVersion: TestLedger.diaryVersion)
        // A fresh message of the input alone: field 1, its length, its bytes.
        let input = self.write.payload.input
        #expect(input.count < 128)
        let hash = SHA256.hash(proposal.channelHeaderBytes + proposal.signatureHeaderBytes + [0x0A, UInt8(input.count)] + input)
        let expected = ProposalResponsePayload(proposalHash: hash, actionBytes: action.serialized()).serialized()
        #expect(try bench.process(self.write).payload == expected)
    }

    @Test func `a system contract's answer has the version syscc and is endorsed`() throws {
        var parts = ProposalParts("echo", "hello")
        parts.target = "qscc"
        let answer = try TestBench().process(parts)
        let action = try ChaincodeAction(serialized: ProposalResponsePayload(serialized: answer.payload).actionBytes)
        #expect(action.chaincode == "qscc")
        #expect(action.chaincodeVersion == "syscc")
        #expect(action.results == [])
        #expect(answer.endorsement != nil)
    }

    @Test func `a query is endorsed like a write`() throws {
        var bench = try TestBench()
        bench.ledger.put("sun", at: "monday")
        let answer = try bench.process(ProposalParts("read", "monday"))
        #expect(answer.response.payload == Array("sun".utf8))
        #expect(answer.endorsement != nil)
        #expect(try bench.process(ProposalParts("read", "sunday")).response.status == 404)
    }

    @Test func `the endorsement signs the payload, then the endorser, and nothing else`() throws {
        let bench = try TestBench()
        let answer = try bench.process(self.write)
        let endorsement = try #require(answer.endorsement)
        let peer = bench.network.peer
        #expect(endorsement.endorser == peer.serialized)
        let key = peer.certificate.publicKey
        #expect(key.isValid(signature: endorsement.signature, for: answer.payload + peer.serialized))
        #expect(!key.isValid(signature: endorsement.signature, for: answer.payload))
        #expect(!key.isValid(signature: endorsement.signature, for: peer.serialized + answer.payload))
        #expect(!key.isValid(signature: endorsement.signature, for: answer.payload + bench.network.secondPeer.serialized))
        // The channel accepts the endorser, as its committers must.
        let signer = try bench.network.bundle.membership.verify(
            endorsement.signature, of: answer.payload + endorsement.endorser, by: endorsement.endorser)
        #expect(signer.role == .peer)
    }

    @Test func `endorsers of two organisations give the same payload`() throws {
        var first = try TestBench()
        var second = try TestBench(as: \.secondPeer)
        for day in ["friday", "monday", "tuesday"] as [StateKey] {
            first.ledger.put("sun", at: day)
            second.ledger.put("sun", at: day)
        }
        second.now = Timestamp(seconds: TestNetwork.now.seconds + 60)
        for parts in [self.write, ProposalParts("read", "monday"), ProposalParts("readThrough"), self.status(500)] {
            let signed = try parts.signed(by: first.network.client)
            let left = try first.process(signed)
            let right = try second.process(signed)
            #expect(left.payload == right.payload)
            #expect(!left.payload.isEmpty)
            #expect(left.response == right.response)
            if let endorsement = left.endorsement { #expect(endorsement.endorser != right.endorsement?.endorser) }
        }
    }

    @Test func `the contract is told who signed`() throws {
        let bench = try TestBench()
        let parts = ProposalParts("caller")
        #expect(try bench.process(parts).response.payload == Array("Org1MSP User1@org1.test client".utf8))
        let admin = try bench.process(parts, by: bench.network.administrator)
        #expect(admin.response.payload == Array("Org1MSP Admin@org1.test admin".utf8))
        let second = try bench.process(parts, by: bench.network.secondClient)
        #expect(second.response.payload == Array("Org2MSP User1@org2.test client".utf8))
    }

    // MARK: Transient data

    @Test func `transient data reaches the contract and never the payload`() throws {
        let bench = try TestBench()
        let secret = Array("a diagnosis that nobody else may read".utf8)
        var parts = ProposalParts("seal", "monday")
        parts.transient = [TransientEntry(name: "secret", value: secret)]
        let answer = try bench.process(parts)
        let action = try ChaincodeAction(serialized: ProposalResponsePayload(serialized: answer.payload).actionBytes)
        let written = try ReadWriteSet(serialized: action.results).namespaces.last?.writes
        #expect(written == [KeyWrite(key: "monday", isDelete: false, value: SHA256.hash(secret))])
        #expect(!Leak.isIn(answer.payload, marker: secret))
        #expect(!Leak.isIn(answer.payload, marker: Array("secret".utf8)))
    }

    @Test func `the proposal's hash does not cover transient data`() throws {
        let bench = try TestBench()
        var parts = self.write
        let without = try bench.process(parts).payload
        for value in [[], [1], [UInt8](repeating: 9, count: 5_000)] as [[UInt8]] {
            parts.transient = [TransientEntry(name: "x", value: value), TransientEntry(name: "", value: [2])]
            #expect(try bench.process(parts).payload == without)
        }
    }

    @Test func `fields that the endorser does not know vanish from the proposal's hash`() throws {
        let bench = try TestBench()
        let client = bench.network.client
        let good = self.write.proposal(client)
        // Field 15, three bytes.
        let proposal = Proposal(
            channelHeaderBytes: good.channelHeaderBytes, signatureHeaderBytes: good.signatureHeaderBytes,
            payloadBytes: good.payloadBytes + [0x7A, 3, 1, 2, 3])
        let answer = try bench.process(try ProposalParts.sign(proposal.serialized(), by: client))
        #expect(try answer.payload == bench.process(self.write).payload)
    }
}
