import LedgerModel
import Testing

@testable import Ordering

struct ReplayWindowTests {
    @Test func `the last W blocks are remembered and no others`() {
        var window = ReplayWindow(blocks: 2)
        for number in 1...4 as ClosedRange<UInt64> { window.record([TransactionID(String(number))], in: BlockNumber(number)) }
        #expect(["1", "2", "3", "4"].map { window.block(of: TransactionID($0)) } == [nil, nil, 3, 4])
    }

    @Test func `a window of no blocks remembers nothing`() {
        var window = ReplayWindow(blocks: 0)
        window.record(["a"], in: 1)
        #expect(window.isOff && window.block(of: "a") == nil)
        #expect(ReplayWindow(blocks: -3).isOff)
    }

    @Test func `an id that was ordered twice is remembered as long as its later block`() {
        var window = ReplayWindow(blocks: 2)
        window.record(["a"], digests: [[1]], in: 1)
        window.record(["a", "a"], digests: [[1], [2]], in: 2)
        window.record([], in: 3)
        #expect(window.block(of: "a") == 2 && window.holds([1]) && window.holds([2]) && !window.holds([3]))
        window.record([], in: 4)
        #expect(window.block(of: "a") == nil && !window.holds([1]) && !window.holds([2]))
    }

    @Test func `memory is bounded: the oldest blocks go early, the newest stays whole`() {
        var window = ReplayWindow(blocks: 100, maxTransactions: 3)
        window.record(["a", "b"], in: 1)
        window.record(["c"], in: 2)
        #expect(window.block(of: "a") == 1)
        window.record(["d"], in: 3)
        #expect(window.block(of: "a") == nil && window.block(of: "c") == 2)
        window.record(["e", "f", "g", "h"], in: 4)
        #expect(window.block(of: "d") == nil && window.block(of: "e") == 4 && window.block(of: "h") == 4)
    }

    @Test func `numbers at the end of their range do no harm`() {
        var window = ReplayWindow(blocks: .max)
        window.record(["a"], in: BlockNumber(.max - 1))
        window.record(["b"], in: BlockNumber(.max))
        #expect(window.block(of: "a") == BlockNumber(.max - 1))
    }

    @Test func `a stored block gives the ids of its envelopes, unreadable ones aside`() throws {
        let network = try TestNetwork.shared.get()
        var window = ReplayWindow(blocks: 1)
        let envelopes = try [network.envelope(1).serialized(), [0xFF], network.envelope(2).serialized()]
        window.record(OrderedBlock(number: 7, previousHash: [], envelopes: envelopes))
        #expect(window.block(of: network.id(1)) == 7 && window.block(of: network.id(2)) == 7)
    }
}
