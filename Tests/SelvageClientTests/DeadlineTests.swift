import LedgerModel
import SelvageClient
import Testing

/// Waiting that ends.
@Suite(.timeLimit(.minutes(20))) struct DeadlineTests {
    private static let late = FakeFailure(description: "nothing came")

    /// Waits until its task is cancelled.
    private static func forever() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        defer { continuation.finish() }
        for await _ in stream {}
        try Task.checkCancellation()
    }

    /// A peer that endorses and then never has a block with the transaction.
    private struct SilentPeer: PeerConnection {
        let endorser: FakePeer
        var name: String { self.endorser.name }
        var mspID: MSPID { self.endorser.mspID }

        func process(_ proposal: SignedProposal) async throws -> ProposalResponse { try await self.endorser.process(proposal) }

        func commitStatus(of transaction: TransactionID) async throws -> CommitStatus {
            try await DeadlineTests.forever()
            throw FakeFailure(description: "the wait ended by itself")
        }
    }

    @Test func `what comes in time is returned`() async throws {
        let value = try await Deadline.wait(.seconds(3600)) {
            Self.late
        } for: {
            7
        }
        #expect(value == 7)
    }

    @Test func `what does not come is cancelled, and the error is the caller's`() async throws {
        await #expect {
            try await Deadline.wait(.zero) {
                Self.late
            } for: {
                try await Self.forever()
            }
        } throws: {
            "\($0)" == "nothing came"
        }
    }

    @Test func `an error in time is thrown as it is`() async throws {
        await #expect {
            try await Deadline.wait(.seconds(3600)) {
                Self.late
            } for: {
                throw FakeFailure(description: "broken")
            }
        } throws: {
            "\($0)" == "broken"
        }
    }

    @Test func `who is cancelled waits no longer, and hears of that and of no deadline`() async {
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Deadline.wait(.seconds(3600)) {
                    Self.late
                } for: {
                    try await Self.forever()
                }
            }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }

    @Test func `a client that waits in vain is told what to do`() async throws {
        let fixture = try ClientFixture.shared.get()
        let identity = fixture.peers[0]
        let peer = SilentPeer(endorser: FakePeer(identity) { _ in try Simulated().endorsed(by: identity) })
        let orderer = FakeOrderer()
        let gateway = Gateway(
            identity: fixture.client, channel: "care", orderer: orderer, environment: CountingEnvironment(), patience: .zero)
        do {
            _ = try await gateway.submit(ChaincodeCall(chaincode: "diary", arguments: []), endorsedBy: [peer])
            Issue.record("a transaction that is in no block was committed")
        } catch ClientError.notCommitted(let name, let transaction, 0) {
            #expect(name == "peer0.org1.test")
            #expect(orderer.envelopes.count == 1)
            let text = ClientError.notCommitted(peer: name, transaction: transaction, seconds: 60).description
            #expect(text.contains("after 60 s peer0.org1.test has no block with it"))
        }
    }
}
