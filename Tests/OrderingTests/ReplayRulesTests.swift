import CryptoPrimitives
import LedgerModel
import Testing

@testable import Ordering

/// When a transaction is refused as a replay, as too old or too early, or because the channel does not serve yet.
struct ReplayRulesTests {
    private static let day: UInt64 = 1_780_000_000_000

    private func rules(replay: Int = 2, maxAge: UInt64? = 10_000, threshold: UInt64 = 0) -> ReplayRules {
        ReplayRules(
            settings: OrderingSettings(replayBlocks: replay, maxAgeMilliseconds: maxAge, serviceThreshold: threshold, warmUpMilliseconds: 50))
    }

    private func envelope(
        _ id: TransactionID = "a", at ms: UInt64? = Self.day, hasDerivedID: Bool = true, isGovernance: Bool = false, digest: [UInt8] = [1]
    ) -> CheckedEnvelope {
        CheckedEnvelope(
            serialized: [1], digest: digest, sizeBytes: 1, transactionID: id, hasDerivedID: hasDerivedID,
            timestamp: ms.map { Timestamp(seconds: Int64($0 / 1_000), nanoseconds: Int32($0 % 1_000) * 1_000_000) }, isGovernance: isGovernance)
    }

    private func refusal(_ rules: ReplayRules, _ envelope: CheckedEnvelope, parent: UInt64 = Self.day, latest: UInt64 = Self.day) -> BroadcastRefusal?
    {
        do throws(BroadcastRefusal) {
            try rules.check(envelope, parentMs: parent, latestMs: latest)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a transaction may lie as far from the parent's time as agreed, and a millisecond more is refused`() {
        let rules = self.rules()
        for (time, isTaken) in [(Self.day - 10_000, true), (Self.day - 10_001, false), (Self.day + 10_000, true), (Self.day + 10_001, false)] {
            #expect(self.refusal(rules, self.envelope(at: time)) == (isTaken ? nil : .outsideTimeWindow), "\(time)")
        }
        #expect(self.refusal(rules, self.envelope(at: nil)) == .outsideTimeWindow)
        // On an idle chain the parent is old: the time of the new block counts for what lies ahead.
        #expect(self.refusal(rules, self.envelope(at: Self.day + 60_000), latest: Self.day + 55_000) == nil)
        #expect(self.refusal(self.rules(maxAge: nil), self.envelope(at: 1)) == nil)
        // The first blocks of a chain and the end of time do no harm.
        #expect(self.refusal(rules, self.envelope(at: 1), parent: 5_000, latest: 5_000) == nil)
        #expect(self.refusal(self.rules(maxAge: .max), self.envelope(), parent: .max, latest: .max) == nil)
    }

    @Test func `a transaction of the last blocks is refused by its id, and an id that its nonce does not give too`() throws {
        let network = try TestNetwork.shared.get()
        var rules = self.rules()
        let ordered = try network.envelope(1).serialized()
        rules.record(OrderedBlock(number: 7, previousHash: [], envelopes: [ordered]))
        #expect(self.refusal(rules, self.envelope(network.id(1))) == .alreadyOrdered(network.id(1), 7))
        // The very envelope is told apart from another one with its id.
        #expect(self.refusal(rules, self.envelope(network.id(1), digest: SHA256.hash(ordered))) == .repeated(network.id(1), 7))
        #expect(self.refusal(rules, self.envelope(network.id(2))) == nil)
        #expect(self.refusal(rules, self.envelope(network.id(2), hasDerivedID: false)) == .wrongTransactionID)
        rules.record(OrderedBlock(number: 8, previousHash: [], envelopes: []))
        #expect(self.refusal(rules, self.envelope(network.id(1))) == .alreadyOrdered(network.id(1), 7))
        rules.record(OrderedBlock(number: 9, previousHash: [], envelopes: []))
        #expect(self.refusal(rules, self.envelope(network.id(1))) == nil)
    }

    @Test func `below the service threshold only governance is taken, and the block of that height is the first to serve`() throws {
        let rules = self.rules(threshold: 5)
        func warm(_ envelope: CheckedEnvelope, after number: BlockNumber) -> BroadcastRefusal? {
            do throws(BroadcastRefusal) {
                try rules.checkWarmUp(envelope, after: number)
                return nil
            } catch {
                return error
            }
        }
        #expect(warm(self.envelope(), after: 0) == .warmingUp(height: 0, threshold: 5))
        #expect(warm(self.envelope(), after: 3) == .warmingUp(height: 3, threshold: 5))
        #expect(warm(self.envelope(), after: 4) == nil)
        #expect(warm(self.envelope(isGovernance: true), after: 0) == nil)
    }
}
