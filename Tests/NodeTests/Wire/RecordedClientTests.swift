import FabricMessages
import LedgerModel
import Testing

@testable import Node

/// What stock clients sent to nodes of ours, sent again to the same ledger at the same height: they get the answers that they got.
@Suite(.timeLimit(.minutes(20)), .serialized) struct RecordedClientTests {
    @Test(arguments: RecordedExchange.ofGateway)
    func `the gateway client for Go hears again what it heard`(_ exchange: RecordedExchange) async throws {
        let answer = try await RecordedNetwork(for: exchange).ask()
        #expect(exchange.answer.difference(from: answer, exchange.form) == nil)
    }

    @Test(arguments: RecordedExchange.ofDiscover)
    func `the discover command hears again what it heard`(_ exchange: RecordedExchange) async throws {
        let answer = try await RecordedNetwork(for: exchange).ask()
        #expect(exchange.answer.difference(from: answer, exchange.form) == nil)
    }

    @Test func `what a client submits reaches a quorum of the ordering nodes as it stands in its block`() async throws {
        let submissions = RecordedExchange.ofGateway.filter { $0.method == "gateway.Gateway/Submit" && $0.answer.end?.code == 0 }
        for exchange in submissions {
            let network = try RecordedNetwork(for: exchange)
            #expect(exchange.answer.difference(from: try await network.ask(), exchange.form) == nil)
            let block = try OrderedBlock(serialized: RecordedChain.block(exchange.height))
            let submitted = network.submitted
            #expect(submitted.count >= 3)
            for envelope in submitted { #expect([envelope.serialized()] == block.envelopes, "\(exchange.name)") }
        }
        #expect(submissions.count == 7)
    }

    @Test func `every call of the clients is in the recording, with its failures`() {
        func counts(_ exchanges: [RecordedExchange]) -> [String: [Int]] {
            exchanges.reduce(into: [:]) { counts, exchange in
                let isFailure = (exchange.answer.end?.code ?? 0) != 0
                counts[exchange.method, default: [0, 0]][isFailure ? 1 : 0] += 1
            }
        }
        #expect(
            counts(RecordedExchange.ofGateway) == [
                "gateway.Gateway/Evaluate": [14, 7], "gateway.Gateway/Endorse": [7, 7], "gateway.Gateway/Submit": [7, 1],
                "gateway.Gateway/CommitStatus": [8, 2], "gateway.Gateway/ChaincodeEvents": [4, 2], "protos.Deliver/Deliver": [5, 0],
                "protos.Deliver/DeliverFiltered": [3, 0], "protos.Deliver/DeliverWithPrivateData": [2, 0],
            ])
        #expect(counts(RecordedExchange.ofDiscover) == ["discovery.Discovery/Discover": [11, 0]])
    }

    @Test(arguments: [RecordedExchange.ofGateway, RecordedExchange.ofDiscover])
    func `an answer in which one byte is changed is another answer`(_ exchanges: [RecordedExchange]) {
        for exchange in exchanges {
            let (recorded, form) = (exchange.answer, exchange.form)
            #expect(recorded.difference(from: recorded, form) == nil, "\(exchange.name)")
            for (index, message) in recorded.messages.enumerated() {
                // Each message in some hundreds of places; a signature is longer than the way from one to the next.
                for place in stride(from: 0, to: message.count, by: max(1, message.count / 300)) {
                    var changed = recorded
                    changed.messages[index][place] ^= 1
                    #expect(recorded.difference(from: changed, form) != nil, "\(exchange.name), message \(index), byte \(place)")
                }
            }
            self.checkEnds(of: exchange)
        }
    }

    @Test(arguments: ["evaluate", "evaluate the height", "endorse a transaction that was committed before", "peers", "endorsers"])
    func `a peer that is behind gives another answer`(_ name: String) async throws {
        let exchange = try #require((RecordedExchange.ofGateway + RecordedExchange.ofDiscover).first { $0.name == name })
        let answer = try await RecordedNetwork(for: exchange, height: 7).ask()
        #expect(exchange.answer.difference(from: answer, exchange.form) != nil)
    }

    /// An answer that ends otherwise than recorded, or has a message more or less, is another one too.
    private func checkEnds(of exchange: RecordedExchange) {
        let (recorded, form) = (exchange.answer, exchange.form)
        func expectDifference(_ change: (inout RecordedAnswer) -> Void) {
            var changed = recorded
            change(&changed)
            #expect(recorded.difference(from: changed, form) != nil, "\(exchange.name)")
        }
        expectDifference { $0.messages.append([]) }
        expectDifference { $0.end = $0.end == nil ? RecordedAnswer.End(code: 0, message: "", details: []) : nil }
        if !recorded.messages.isEmpty { expectDifference { $0.messages.removeLast() } }
        guard recorded.end != nil else { return }
        expectDifference { $0.end?.code ^= 1 }
        expectDifference { $0.end?.message += "." }
        expectDifference { $0.end?.details.append(0) }
        if recorded.end?.details.isEmpty == false { expectDifference { $0.end?.details[0] ^= 1 } }
    }
}
