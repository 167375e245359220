import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import Testing

/// Interop 4.5: a transaction of a proposal and its endorsements.
@Suite struct TransactionAssemblyTests {
    private let fixture: ClientFixture
    private let draft: ProposalDraft

    init() throws {
        self.fixture = try ClientFixture.shared.get()
        self.draft = self.fixture.draft(transient: [TransientEntry(name: "secret", value: Array("diagnosis".utf8))])
    }

    private func named(_ index: Int, _ outcome: Simulated = Simulated()) throws -> NamedResponse {
        NamedResponse(peer: "peer\(index)", response: try outcome.endorsed(by: self.fixture.peers[index]))
    }

    private func error(_ responses: [NamedResponse]) -> ClientError? {
        do throws(ClientError) {
            _ = try TransactionAssembly.payload(of: self.draft, responses: responses)
            return nil
        } catch {
            return error
        }
    }

    @Test func `every byte of the payload is as the formula says`() throws {
        let responses = [try self.named(0), try self.named(1)]
        let payload = try TransactionAssembly.payload(of: self.draft, responses: responses)
        var endorsed = Wire.bytes(1, Simulated().payload)
        for response in responses {
            let endorsement = try #require(response.response.endorsement)
            endorsed += Wire.bytes(2, Wire.bytes(1, endorsement.endorser) + Wire.bytes(2, endorsement.signature))
        }
        // The proposal's payload, cut before its transient map: the input is field 1.
        let input = Wire.bytes(1, self.draft.payload.input)
        #expect(self.draft.proposal.payloadBytes.starts(with: input))
        let action = Wire.bytes(1, self.draft.proposal.signatureHeaderBytes) + Wire.bytes(2, Wire.bytes(1, input) + Wire.bytes(2, endorsed))
        let header = Wire.bytes(1, self.draft.proposal.channelHeaderBytes) + Wire.bytes(2, self.draft.proposal.signatureHeaderBytes)
        #expect(payload.serialized() == Wire.bytes(1, header) + Wire.bytes(2, Wire.bytes(1, action)))
    }

    @Test func `the envelope is the payload with the client's signature over it`() throws {
        let payload = try TransactionAssembly.payload(of: self.draft, responses: [try self.named(0)])
        let envelope = try TransactionAssembly.envelope(payload, signedBy: self.fixture.client)
        #expect(envelope.payload == payload.serialized())
        #expect(self.fixture.client.certificate.publicKey.isValid(signature: envelope.signature, for: envelope.payload))
    }

    @Test func `endorsements with the same endorser bytes are included once, the first of them`() throws {
        let first = try self.named(0)
        let payload = try TransactionAssembly.payload(of: self.draft, responses: [first, try self.named(1), try self.named(0), try self.named(1)])
        let transaction = try EndorserTransaction(serialized: payload.data)
        #expect(transaction.endorsements.map(\.endorser) == [self.fixture.peers[0].serialized, self.fixture.peers[1].serialized])
        #expect(transaction.endorsements.first == first.response.endorsement)
    }

    @Test func `no transient data is in the transaction`() throws {
        let payload = try TransactionAssembly.payload(of: self.draft, responses: [try self.named(0)])
        let bytes = payload.serialized()
        for secret in ["diagnosis", "secret"].map({ Array($0.utf8) }) {
            #expect(!(0...(bytes.count - secret.count)).contains { bytes[$0..<($0 + secret.count)].elementsEqual(secret) })
        }
    }

    @Test func `without an answer there is no transaction`() {
        guard case .noEndorsement? = self.error([]) else {
            Issue.record("assembled")
            return
        }
    }

    @Test(arguments: [Int32.min, -1, 0, 199, 400, 404, 500, Int32.max])
    func `a status outside of 200 to 399 is the chaincode's error`(status: Int32) throws {
        var outcome = Simulated()
        outcome.response = ChaincodeResponse(status: status, message: "no: the page is missing")
        let bad = NamedResponse(
            peer: "peer1", response: ProposalResponse(response: outcome.response, payload: outcome.payload, endorsement: nil))
        guard case .chaincode("peer1", status, "no: the page is missing")? = self.error([try self.named(0), bad]) else {
            Issue.record("assembled")
            return
        }
        // An endorsement does not make it better.
        guard case .chaincode? = self.error([try self.named(0, outcome)]) else {
            Issue.record("assembled")
            return
        }
    }

    @Test(arguments: [200, 201, 399] as [Int32])
    func `a status from 200 to 399 is assembled`(status: Int32) throws {
        var outcome = Simulated()
        outcome.response.status = status
        #expect(self.error([try self.named(0, outcome), try self.named(1, outcome)]) == nil)
    }

    @Test func `an answer without endorsement names its peer`() throws {
        let good = try self.named(1)
        let silent = NamedResponse(
            peer: "peer1", response: ProposalResponse(response: good.response.response, payload: good.response.payload, endorsement: nil))
        guard case .notEndorsed("peer1")? = self.error([try self.named(0), silent]) else {
            Issue.record("assembled")
            return
        }
    }

    @Test func `payloads that differ in one byte are not assembled, whichever peers they are of`() throws {
        var other = Simulated()
        other.hash[31] ^= 1
        for position in 0..<3 {
            let responses = try (0..<3).map { try self.named($0, $0 == position ? other : Simulated()) }
            guard case .endorsersDisagree(let difference)? = self.error(responses) else {
                Issue.record("assembled")
                return
            }
            #expect(difference.item == "the proposal's hash")
            #expect([difference.firstPeer, difference.secondPeer] == ["peer0", position == 0 ? "peer1" : "peer\(position)"])
        }
    }

    @Test func `the result is what the peers signed, not what one of them says beside it`() throws {
        let good = try self.named(0)
        let liar = NamedResponse(
            peer: "peer0",
            response: ProposalResponse(
                response: ChaincodeResponse(status: 200, payload: Array("forged".utf8)), payload: good.response.payload,
                endorsement: good.response.endorsement))
        #expect(try TransactionAssembly.result(of: liar) == Array("done".utf8))
        let garbage = NamedResponse(peer: "peer0", response: ProposalResponse(response: .init(status: 200), payload: [0x0A, 0x7F], endorsement: nil))
        #expect(throws: ClientError.self) { try TransactionAssembly.result(of: garbage) }
    }
}
