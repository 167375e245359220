import CryptoPrimitives
import FabricMessages
import GRPCCore
import Identity
import LedgerModel
import Synchronization
import Testing

@testable import SelvageClient

/// The client's calls over nodes of the same process.
struct ClientLibraryTests {
    private static func settings(patience: UInt64 = 60_000) -> ClientSettings {
        let count = Mutex<UInt8>(0)
        return ClientSettings(
            patienceMilliseconds: patience,
            host: ClientHost(
                now: { (ClientFixture.now.seconds, 0) },
                randomBytes: { wanted in
                    let next = count.withLock { value in
                        value &+= 1
                        return value
                    }
                    return [UInt8](repeating: next, count: wanted)
                }, pause: { _ in try Task.checkCancellation() }))
    }

    private static func chaincode(
        _ fixture: ClientFixture, _ peers: [any PeerConnection], _ orderer: any OrdererConnection = FakeOrderer(), patience: UInt64 = 60_000
    ) -> ChaincodeClient {
        ChannelClient("care", as: fixture.client, by: DirectRoute(peers: peers, orderer: orderer), settings: self.settings(patience: patience))
            .chaincode("diary")
    }

    /// A peer whose verdicts come one after the other.
    private static func peer(_ identity: SigningIdentity, verdicts: [ValidationCode] = [.valid]) -> FakePeer {
        let rest = Mutex(verdicts)
        return FakePeer(
            identity,
            status: { id in
                let code = rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
                return CommitStatus(transaction: id, code: code, block: 4)
            }, answer: { _ in try Simulated().endorsed(by: identity) })
    }

    @Test func `a transaction ends in committed with its block and the chaincode's answer`() async throws {
        let fixture = try ClientFixture.shared.get()
        let (peer, orderer) = (Self.peer(fixture.peers[0]), FakeOrderer())
        let done = try await Self.chaincode(fixture, [peer], orderer).submit("set", "color", "blue")
        #expect(done.outcome == .committed(block: 4) && done.result == Array("done".utf8) && done.attempts == 1 && done.trouble == nil)
        #expect(orderer.envelopes.count == 1 && peer.waits.map(\.text) == [done.id])
    }

    @Test func `a conflict is run again under the business id, with the ids that follow from it`() async throws {
        let fixture = try ClientFixture.shared.get()
        let conflicts: [ValidationCode] = [.mvccReadConflict, .phantomReadConflict, .valid]
        let (peer, orderer) = (Self.peer(fixture.peers[0], verdicts: conflicts), FakeOrderer())
        let request = ChaincodeRequest("set", ["color", "blue"])
        let done = try await Self.chaincode(fixture, [peer], orderer).submit(request, businessID: "order-7")
        #expect(done.outcome == .committed(block: 4) && done.attempts == 3 && orderer.envelopes.count == 3)
        #expect(Set(peer.waits).count == 3)
        // The same deed in another process of the same identity has the same ids; another deed, or no business id, has others.
        func ids(_ businessID: String?, _ verdicts: [ValidationCode]) async throws -> [TransactionID] {
            let peer = Self.peer(fixture.peers[0], verdicts: verdicts)
            let chaincode = Self.chaincode(fixture, [peer])
            if let businessID { _ = try await chaincode.submit(request, businessID: businessID) } else { _ = try await chaincode.submit(request) }
            return peer.waits
        }
        #expect(try await ids("order-7", conflicts) == peer.waits)
        #expect(try await Set(ids("order-8", conflicts)).isDisjoint(with: peer.waits))
        let single = try await ids(nil, conflicts)
        #expect(single.count == 1 && !peer.waits.contains(single[0]))
    }

    @Test func `a conflict without a business id, and what is invalid for another reason, are told as they are`() async throws {
        let fixture = try ClientFixture.shared.get()
        let once = try await Self.chaincode(fixture, [Self.peer(fixture.peers[0], verdicts: [.mvccReadConflict])]).submit("set")
        #expect(once.outcome == .invalid(code: "MVCC_READ_CONFLICT", block: 4) && once.attempts == 1)
        let policy = Self.peer(fixture.peers[0], verdicts: [.endorsementPolicyFailure])
        let refused = try await Self.chaincode(fixture, [policy]).submit(ChaincodeRequest("set"), businessID: "a")
        #expect(refused.outcome == .invalid(code: "ENDORSEMENT_POLICY_FAILURE", block: 4) && refused.attempts == 1)
    }

    @Test func `what the ledger has from an earlier run is found there and not sent again`() async throws {
        let fixture = try ClientFixture.shared.get()
        let peer = FakePeer(fixture.peers[0]) { _ in throw FakeFailure(description: "duplicate transaction found [ab]; propose again") }
        let orderer = FakeOrderer()
        let chaincode = Self.chaincode(fixture, [peer], orderer)
        let done = try await chaincode.submit(ChaincodeRequest("set"), businessID: "order-7")
        #expect(done.outcome == .committed(block: 4) && done.result.isEmpty && orderer.envelopes.isEmpty)
        // Without a business id nobody knows what was done: that is an error.
        await #expect(throws: ClientFailure.self) { _ = try await chaincode.submit("set") }
    }

    /// A peer that endorses and never has a verdict.
    private struct Silent: PeerConnection {
        let identity: SigningIdentity
        let isAsked: @Sendable () -> Void
        var name: String { "silent" }
        var mspID: MSPID { self.identity.mspID }

        func process(_ proposal: SignedProposal) async throws -> ProposalResponse { try Simulated().endorsed(by: self.identity) }

        func commitStatus(of transaction: TransactionID) async throws -> CommitStatus {
            self.isAsked()
            try await Task.sleep(for: .seconds(3_600))
            throw CancellationError()
        }
    }

    @Test func `what is in no block in time is expired, and not sent again`() async throws {
        let fixture = try ClientFixture.shared.get()
        let orderer = FakeOrderer()
        let chaincode = Self.chaincode(fixture, [Silent(identity: fixture.peers[0]) {}], orderer, patience: 0)
        let done = try await chaincode.submit(ChaincodeRequest("set"), businessID: "order-7")
        #expect(done.outcome == .expired && orderer.envelopes.count == 1)
        #expect(try await chaincode.channel.outcome(of: done.id) == .expired)
    }

    @Test func `a task that is cancelled ends its call`() async throws {
        let fixture = try ClientFixture.shared.get()
        let (asked, input) = AsyncStream<Void>.makeStream()
        let chaincode = Self.chaincode(fixture, [Silent(identity: fixture.peers[0]) { input.finish() }])
        let task = Task { try await chaincode.submit("set") }
        for await _ in asked {}
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    /// An ordering service whose first answers are lost.
    private final class Lossy: OrdererConnection {
        private let rest: Mutex<Int>
        let envelopes = Mutex<[Envelope]>([])

        init(losses: Int) { self.rest = Mutex(losses) }

        func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
            self.envelopes.withLock { $0.append(envelope) }
            let isLost = self.rest.withLock { rest in
                rest -= 1
                return rest >= 0
            }
            if isLost { throw NodeConnectionError.noAnswer(node: "orderer") }
            return BroadcastReply(status: 200)
        }
    }

    @Test func `an envelope whose answer was lost is handed in again as it is`() async throws {
        let fixture = try ClientFixture.shared.get()
        let orderer = Lossy(losses: 2)
        let done = try await Self.chaincode(fixture, [Self.peer(fixture.peers[0])], orderer).submit("set")
        let envelopes = orderer.envelopes.withLock { $0 }
        #expect(done.outcome == .committed(block: 4) && done.attempts == 1 && envelopes.count == 3 && Set(envelopes).count == 1)
        #expect(done.trouble?.contains("orderer ended the call without an answer") == true)
        // Also when nobody ever answers: the verdict decides.
        let dead = try await Self.chaincode(fixture, [Self.peer(fixture.peers[0])], Lossy(losses: .max)).submit("set")
        #expect(dead.outcome == .committed(block: 4) && dead.trouble != nil)
    }

    @Test func `failures tell stage, peer, transaction, cause, the chaincode's words and the next step`() async throws {
        let fixture = try ClientFixture.shared.get()
        func failure(_ peers: [any PeerConnection], _ orderer: any OrdererConnection = FakeOrderer()) async throws -> ClientFailure {
            try await #require(throws: ClientFailure.self) { _ = try await Self.chaincode(fixture, peers, orderer).submit("set") }
        }
        let refusing = FakePeer(fixture.peers[0]) { _ in
            ProposalResponse(response: ChaincodeResponse(status: 404, message: "no such note"), payload: [], endorsement: nil)
        }
        let chaincode = try await failure([refusing])
        #expect(chaincode.stage == .endorse && chaincode.kind == .chaincode && chaincode.chaincodeStatus == 404)
        #expect(chaincode.chaincodeMessage == "no such note" && chaincode.transactionID?.count == 64 && !chaincode.nextStep.isEmpty)
        let denied = try await failure([FakePeer(fixture.peers[0]) { _ in throw FakeFailure(description: "access denied") }])
        #expect(denied.kind == .refused && denied.cause == "access denied" && denied.peer == "peer0.org1.test")
        let address = NodeAddress(host: "p", port: 1)
        let gone = try await failure([
            FakePeer(fixture.peers[0]) { _ in throw NodeConnectionError.unreachable(node: "p", address: address, reason: "refused") }
        ])
        #expect(gone.kind == .unreachable && gone.stage == .endorse)
        let full = try await failure([Self.peer(fixture.peers[0])], FakeOrderer(BroadcastReply(status: 403, info: "policy")))
        #expect(full.stage == .submit && full.kind == .refused && full.cause == "status 403, policy")
        let nobody = try await failure([])
        #expect(nobody.kind == .setup)
        #expect("\(denied)".hasPrefix("endorse: peer0.org1.test, transaction ") && "\(denied)".contains("access denied; "))
    }

    @Test func `endorsers that disagree are named with the first key and both sides`() async throws {
        let fixture = try ClientFixture.shared.get()
        let other = FakePeer(fixture.peers[1]) { _ in
            var simulated = Simulated()
            simulated.set.namespaces[0].writes[0] = KeyWrite(key: "color", isDelete: true, value: [])
            return try simulated.endorsed(by: fixture.peers[1])
        }
        let failure = try await #require(throws: ClientFailure.self) {
            _ = try await Self.chaincode(fixture, [Self.peer(fixture.peers[0]), other]).submit("set")
        }
        let difference = try #require(failure.disagreement)
        #expect(failure.kind == .disagreement && difference.firstPeer == "peer0.org1.test" && difference.secondPeer == "peer0.org2.test")
        #expect(difference.item == "write of key 'color' of diary" && difference.second == "delete")
        // The value itself may be private.
        #expect(difference.first.hasPrefix("value of 4 bytes (SHA-256 ") && !"\(failure)".contains("blue"))
        #expect(EndorserDisagreement(text: difference.description) == difference && EndorserDisagreement(text: "no such thing") == nil)
    }

    @Test func `each step of a transaction that is signed elsewhere survives as bytes`() async throws {
        let fixture = try ClientFixture.shared.get()
        let (peer, orderer) = (Self.peer(fixture.peers[0]), FakeOrderer())
        let certificate = String(decoding: fixture.client.certificate.pem, as: UTF8.self)
        let (absent, elsewhere) = (try ClientIdentity(mspID: "Org1MSP", certificate: certificate), ClientIdentity(fixture.client))
        let channel = ChannelClient(
            "care", as: absent, by: DirectRoute(peers: [peer], orderer: orderer), events: nil, settings: Self.settings())
        await #expect(throws: ClientFailure.self) { _ = try await channel.chaincode("diary").submit("set") }
        #expect(peer.proposals.isEmpty)

        var proposal = channel.chaincode("diary").propose(ChaincodeRequest("set", ["color"], transient: ["k": [9]], organizations: ["Org1MSP"]))
        let unsigned = try OfflineProposal(bytes: proposal.bytes)
        #expect(unsigned == proposal && unsigned.signature.isEmpty)
        proposal = try OfflineProposal(bytes: try unsigned.signed(by: elsewhere).bytes)
        // What is handed out is the digest; the signature is over exactly these bytes.
        let sent = try Gateway_ProposedTransaction(serializedBytes: proposal.bytes).proposal.proposalBytes.byteArray
        #expect(proposal.digest == SHA256.hash(sent))
        #expect(fixture.client.certificate.publicKey.isValid(signature: proposal.signature, for: sent))

        let endorsed = try await channel.endorse(proposal)
        #expect(endorsed.result == Array("done".utf8) && endorsed.transactionID == proposal.transactionID)
        let transaction = try OfflineTransaction(bytes: OfflineTransaction(bytes: endorsed.bytes).signed(by: elsewhere).bytes)
        #expect(transaction.digest == endorsed.digest && !transaction.signature.isEmpty)
        try await channel.submit(transaction)
        #expect(orderer.envelopes.map(\.signature) == [transaction.signature])

        let question = try OfflineStatusRequest(bytes: channel.statusRequest(of: transaction.transactionID).bytes)
        let asked = try OfflineStatusRequest(bytes: question.signed(by: elsewhere).bytes)
        #expect(asked.digest == question.digest && asked.transactionID == transaction.transactionID)
        #expect(try await channel.outcome(of: asked) == .committed(block: 4))
    }

    @Test func `bytes of offline steps that are torn are refused, and those of another channel not sent`() async throws {
        let fixture = try ClientFixture.shared.get()
        let chaincode = Self.chaincode(fixture, [Self.peer(fixture.peers[0])])
        let proposal = try chaincode.propose(ChaincodeRequest("set")).signed(by: ClientIdentity(fixture.client))
        let transaction = try await chaincode.channel.endorse(proposal)
        for (bytes, read) in [
            (proposal.bytes, { _ = try OfflineProposal(bytes: $0) }), (transaction.bytes, { _ = try OfflineTransaction(bytes: $0) }),
        ] as [([UInt8], ([UInt8]) throws -> Void)] {
            for count in 0..<bytes.count where count < 200 || count > bytes.count - 200 {
                // A cut between two fields may leave a whole message with less in it; never one for another transaction.
                if (try? read(Array(bytes.prefix(count)))) != nil { #expect(count > 66) }
            }
            #expect(throws: ClientFailure.self) { try read([0xff, 0xff]) }
            #expect(throws: ClientFailure.self) { try read([]) }
        }
        let other = ChannelClient("other", as: fixture.client, by: DirectRoute(peers: [], orderer: FakeOrderer()))
        let failure = try await #require(throws: ClientFailure.self) { try await other.submit(transaction) }
        #expect(failure.kind == .setup && failure.cause == "it is of channel care, not of other")
    }

    @Test func `questions for a verdict that name nothing are refused`() {
        for bytes in [[], [0xff], [10, 0]] as [[UInt8]] { #expect(throws: ClientFailure.self) { _ = try OfflineStatusRequest(bytes: bytes) } }
    }

    /// A gateway that puts another transaction in the place of the one that was proposed.
    private struct Substituting: TransactionRoute {
        let honest: DirectRoute
        let other: Proposed
        let name = "gateway"

        func evaluate(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8] { [] }
        func endorse(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8] {
            try await self.honest.endorse(self.other, organizations: organizations)
        }
        func submit(_ envelope: Envelope, transaction: TransactionID, channel: ChannelID) async throws -> Sending { .taken }
        func status(_ request: SignedStatusRequest) async throws -> CommitStatus { throw CancellationError() }
    }

    @Test func `a transaction that was not proposed is not signed`() async throws {
        let fixture = try ClientFixture.shared.get()
        let honest = DirectRoute(peers: [Self.peer(fixture.peers[0])], orderer: FakeOrderer())
        let first = Self.chaincode(fixture, []).propose(ChaincodeRequest("give", ["everything"]))
        let route = Substituting(honest: honest, other: try first.signed(by: ClientIdentity(fixture.client)).proposed)
        let channel = ChannelClient("care", as: ClientIdentity(fixture.client), by: route, events: nil, settings: Self.settings())
        let failure = try await #require(throws: ClientFailure.self) { _ = try await channel.chaincode("diary").submit("set", "a") }
        #expect(failure.kind == .badAnswer && failure.cause.contains("is not what was proposed"))
    }

    @Test func `a gateway's error gives its details, the chaincode's words and the difference`() {
        let plain = ClientFailure(RPCError(code: .permissionDenied, message: "no"), .commit, peer: "g", transaction: "ab")
        #expect(plain.kind == .refused && plain.cause == "permissionDenied: no" && plain.transactionID == "ab")
        let chaincode = ClientFailure(
            RPCError(code: .unknown, message: "evaluate call to endorser returned error: chaincode response 404, not, there"), .evaluate, peer: "g",
            transaction: nil)
        #expect(chaincode.chaincodeStatus == 404 && chaincode.chaincodeMessage == "not, there" && chaincode.kind == .chaincode)
        let codes: [(RPCError.Code, ClientFailure.Kind)] = [
            (.unavailable, .unreachable), (.deadlineExceeded, .unreachable), (.unimplemented, .refused), (.aborted, .refused),
        ]
        for (code, kind) in codes { #expect(ClientFailure(RPCError(code: code, message: ""), .submit, peer: "g", transaction: nil).kind == kind) }
    }
}
