import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import Testing

/// Evaluate, endorse, submit and wait, against peers and an ordering service that do as the test says.
@Suite struct GatewayTests {
    private let fixture: ClientFixture
    private let orderer = FakeOrderer()
    private let call = ChaincodeCall(chaincode: "diary", arguments: [Array("write".utf8)])

    init() throws {
        self.fixture = try ClientFixture.shared.get()
    }

    private func honest(_ index: Int, _ outcome: Simulated = Simulated()) -> FakePeer {
        let identity = self.fixture.peers[index]
        return FakePeer(identity) { _ in try outcome.endorsed(by: identity) }
    }

    private func error(_ body: () async throws -> Void) async -> ClientError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ClientError
        }
    }

    // MARK: Evaluate

    @Test func `evaluate returns the chaincode's payload and orders nothing`() async throws {
        let peer = FakePeer(self.fixture.peers[0]) { _ in
            ProposalResponse(response: ChaincodeResponse(status: 200, payload: [5]), payload: [], endorsement: nil)
        }
        #expect(try await self.fixture.gateway(orderer: self.orderer).evaluate(self.call, on: peer) == [5])
        #expect(self.orderer.envelopes.isEmpty)
        #expect(peer.waits.isEmpty)
        let signed = try #require(peer.proposals.first)
        #expect(self.fixture.client.certificate.publicKey.isValid(signature: signed.signature, for: signed.proposalBytes))
        #expect(try ProposalPayload(serialized: Proposal(serialized: signed.proposalBytes).payloadBytes).invocation() == self.call)
    }

    @Test(arguments: [0, 199, 400, 500] as [Int32])
    func `evaluate throws the chaincode's own words`(status: Int32) async {
        let peer = FakePeer(self.fixture.peers[0]) { _ in
            ProposalResponse(response: ChaincodeResponse(status: status, message: "not-found: the page"), payload: [], endorsement: nil)
        }
        let error = await self.error { _ = try await self.fixture.gateway(orderer: self.orderer).evaluate(self.call, on: peer) }
        guard case .chaincode("peer0.org1.test", status, "not-found: the page")? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description == "endorse: peer0.org1.test: chaincode response \(status), not-found: the page")
    }

    @Test func `what a connection throws becomes a refusal with the peer's name; a client error stays itself`() async {
        let gone = FakePeer(self.fixture.peers[1]) { _ in throw FakeFailure(description: "connection reset") }
        let error = await self.error { _ = try await self.fixture.gateway(orderer: self.orderer).evaluate(self.call, on: gone) }
        guard case .refused("peer0.org2.test", "connection reset")? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let known = FakePeer(self.fixture.peers[1]) { _ in throw ClientError.notEndorsed(peer: "x") }
        guard case .notEndorsed("x")? = await self.error({ _ = try await self.fixture.gateway(orderer: self.orderer).evaluate(self.call, on: known) })
        else {
            Issue.record("changed")
            return
        }
    }

    // MARK: Submit

    @Test func `submit endorses, orders, waits for the first peer and returns the endorsed result`() async throws {
        let peers = [self.honest(0), self.honest(1)]
        let done = try await self.fixture.gateway(orderer: self.orderer).submit(
            self.call, transient: [TransientEntry(name: "secret", value: [9])], endorsedBy: peers)
        #expect(done.result == Array("done".utf8))
        #expect(done.status.isValid)
        #expect(peers[0].waits == [done.status.transaction])
        #expect(peers[1].waits.isEmpty)
        // All peers were asked the same.
        #expect(peers[0].proposals.map(\.proposalBytes) == peers[1].proposals.map(\.proposalBytes))
        let envelope = try #require(self.orderer.envelopes.first)
        #expect(self.orderer.envelopes.count == 1)
        #expect(self.fixture.client.certificate.publicKey.isValid(signature: envelope.signature, for: envelope.payload))
        let payload = try Payload(serialized: envelope.payload)
        #expect(try ChannelHeader(serialized: payload.channelHeaderBytes).transactionID == done.status.transaction)
        let transaction = try EndorserTransaction(serialized: payload.data)
        #expect(transaction.endorsements.map(\.endorser) == self.fixture.peers.prefix(2).map(\.serialized))
        #expect(try ProposalPayload(serialized: transaction.proposalPayloadBytes).transient == [])
    }

    @Test func `without peers nothing is asked`() async {
        guard case .noEndorsement? = await self.error({ _ = try await self.fixture.gateway(orderer: self.orderer).submit(self.call, endorsedBy: []) })
        else {
            Issue.record("submitted")
            return
        }
        guard case .noEndorsement? = await self.error({ _ = try await self.fixture.gateway(orderer: self.orderer).endorse(self.call, by: []) }) else {
            Issue.record("endorsed")
            return
        }
        #expect(self.orderer.envelopes.isEmpty)
    }

    @Test func `disagreeing peers are named and nothing is ordered`() async {
        var other = Simulated()
        other.set.namespaces[0].writes[0].value = Array("red".utf8)
        let peers = [self.honest(0), self.honest(1, other)]
        let error = await self.error { _ = try await self.fixture.gateway(orderer: self.orderer).submit(self.call, endorsedBy: peers) }
        guard case .endorsersDisagree(let difference)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect([difference.firstPeer, difference.secondPeer] == ["peer0.org1.test", "peer0.org2.test"])
        #expect(difference.item == "write of key 'color' of diary")
        #expect(self.orderer.envelopes.isEmpty)
    }

    @Test func `a refusal of the ordering service is told with its status, and nobody waits`() async {
        let orderer = FakeOrderer(BroadcastReply(status: 503, info: "queue full"))
        let peers = [self.honest(0)]
        let error = await self.error { _ = try await self.fixture.gateway(orderer: orderer).submit(self.call, endorsedBy: peers) }
        guard case .notOrdered(let transaction, 503, "queue full")? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description == "order: transaction \(transaction): status 503, queue full")
        #expect(peers[0].waits.isEmpty)
    }

    @Test func `a transaction that is in a block without effect is an error with its code`() async {
        let identity = self.fixture.peers[0]
        let peer = FakePeer(
            identity,
            status: { .init(transaction: $0, code: .mvccReadConflict, block: 12, reason: "key 'color' has changed") },
            answer: { _ in try Simulated().endorsed(by: identity) })
        let error = await self.error { _ = try await self.fixture.gateway(orderer: self.orderer).submit(self.call, endorsedBy: [peer]) }
        guard case .invalid(let status)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(status.block == 12)
        #expect(status.code == .mvccReadConflict)
        #expect(error?.description.contains("block 12 is invalid: MVCC_READ_CONFLICT") == true)
        #expect(error?.description.contains("key 'color' has changed") == true)
    }

    @Test func `an answer whose endorsed payload cannot be read is refused before it is ordered`() async {
        let identity = self.fixture.peers[0]
        let peer = FakePeer(identity) { _ in
            ProposalResponse(
                response: ChaincodeResponse(status: 200), payload: [0x0A, 0x7F],
                endorsement: Endorsement(endorser: identity.serialized, signature: [1]))
        }
        let error = await self.error { _ = try await self.fixture.gateway(orderer: self.orderer).submit(self.call, endorsedBy: [peer]) }
        guard case .refused("peer0.org1.test", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(self.orderer.envelopes.isEmpty)
    }
}
