import ChannelConfiguration
import Testing

@testable import Ordering

/// The rules of block cutting (interop 7.2), one by one: at most 3 envelopes, 100 bytes preferred, 200 ms.
struct BlockCutterTests {
    private func cutter(cutsWhenIdle: Bool = false, count: UInt32 = 3, envelopes: Int = 100, bytes: Int = 10_000) -> BlockCutter {
        BlockCutter(
            BlockCutter.Settings(
                batch: BatchConfiguration(maxMessageCount: count, absoluteMaxBytes: 1_000, preferredMaxBytes: 100, timeoutMilliseconds: 200),
                cutsWhenIdle: cutsWhenIdle, unfinishedEnvelopes: envelopes, unfinishedBytes: bytes))
    }

    private func cut(_ envelopes: CheckedEnvelope...) -> BlockCutter.Output { .cut(Batch(envelopes)) }

    @Test func `the first pending envelope starts the timer, the next ones do not`() throws {
        var cutter = self.cutter()
        #expect(try cutter.step(.arrived(.plain(1, size: 10))) == [.startTimer(generation: 1, milliseconds: 200)])
        #expect(try cutter.step(.arrived(.plain(2, size: 10))) == [])
        #expect(cutter.pendingCount == 2)
    }

    @Test func `the count cuts, and cancels the timer first`() throws {
        var cutter = self.cutter()
        _ = try cutter.step(.arrived(.plain(1, size: 10)))
        _ = try cutter.step(.arrived(.plain(2, size: 10)))
        let outputs = try cutter.step(.arrived(.plain(3, size: 10)))
        #expect(outputs == [.cancelTimer(generation: 1), self.cut(.plain(1, size: 10), .plain(2, size: 10), .plain(3, size: 10))])
        #expect(cutter.pendingCount == 0)
    }

    @Test func `exactly the preferred size stays together, one byte more cuts before`() throws {
        var exact = self.cutter()
        _ = try exact.step(.arrived(.plain(1, size: 60)))
        #expect(try exact.step(.arrived(.plain(2, size: 40))) == [])
        var above = self.cutter()
        _ = try above.step(.arrived(.plain(1, size: 60)))
        let outputs = try above.step(.arrived(.plain(2, size: 41)))
        #expect(outputs == [.cancelTimer(generation: 1), self.cut(.plain(1, size: 60)), .startTimer(generation: 2, milliseconds: 200)])
    }

    @Test func `an envelope above the preferred size cuts what is pending and travels alone`() throws {
        var cutter = self.cutter()
        #expect(try cutter.step(.arrived(.plain(1, size: 100))) == [.startTimer(generation: 1, milliseconds: 200)])
        let outputs = try cutter.step(.arrived(.plain(2, size: 101)))
        #expect(outputs == [.cancelTimer(generation: 1), self.cut(.plain(1, size: 100)), self.cut(.plain(2, size: 101))])
        #expect(try cutter.step(.arrived(.plain(3, size: 500))) == [self.cut(.plain(3, size: 500))])
    }

    @Test func `a configuration cuts what is pending and travels alone`() throws {
        var cutter = self.cutter()
        _ = try cutter.step(.arrived(.plain(1, size: 1)))
        let configuration = CheckedEnvelope.plain(2, size: 1, isConfiguration: true)
        #expect(try cutter.step(.arrived(configuration)) == [.cancelTimer(generation: 1), self.cut(.plain(1, size: 1)), self.cut(configuration)])
    }

    @Test func `the timer cuts, and a cancelled one does nothing`() throws {
        var cutter = self.cutter()
        _ = try cutter.step(.arrived(.plain(1, size: 1)))
        #expect(try cutter.step(.timerFired(generation: 1)) == [self.cut(.plain(1, size: 1))])
        #expect(try cutter.step(.arrived(.plain(2, size: 1))) == [.startTimer(generation: 2, milliseconds: 200)])
        #expect(try cutter.step(.timerFired(generation: 1)) == [])
        #expect(try cutter.step(.timerFired(generation: 3)) == [])
        #expect(cutter.pendingCount == 1)
        #expect(try cutter.step(.timerFired(generation: 2)) == [self.cut(.plain(2, size: 1))])
        #expect(try cutter.step(.timerFired(generation: 2)) == [])
    }

    @Test func `while the consumer is idle nothing waits, while it works envelopes gather`() throws {
        var cutter = self.cutter(cutsWhenIdle: true)
        #expect(try cutter.step(.arrived(.plain(1, size: 1))) == [self.cut(.plain(1, size: 1))])
        #expect(try cutter.step(.arrived(.plain(2, size: 1))) == [.startTimer(generation: 1, milliseconds: 200)])
        #expect(try cutter.step(.arrived(.plain(3, size: 1))) == [])
        #expect(try cutter.step(.consumed) == [.cancelTimer(generation: 1), self.cut(.plain(2, size: 1), .plain(3, size: 1))])
        #expect(try cutter.step(.consumed) == [])
        #expect(cutter.isConsumerIdle)
        // A report too many is no credit for a later batch.
        #expect(try cutter.step(.consumed) == [])
        #expect(try cutter.step(.arrived(.plain(4, size: 1))) == [.startTimer(generation: 2, milliseconds: 5)])
        #expect(cutter.isConsumerIdle)
    }

    @Test func `after a batch of several the next one waits for as many, or until nothing comes`() throws {
        func after(_ count: Int) throws -> BlockCutter {
            var cutter = self.cutter(cutsWhenIdle: true)
            _ = try cutter.step(.arrived(.plain(1, size: 0)))
            for _ in 0..<count { _ = try cutter.step(.arrived(.plain(2, size: 0))) }
            _ = try cutter.step(.consumed)
            _ = try cutter.step(.consumed)
            #expect(cutter.isConsumerIdle && cutter.pendingCount == 0)
            return cutter
        }
        var few = try after(2)
        #expect(try few.step(.arrived(.plain(3, size: 0))) == [.startTimer(generation: 2, milliseconds: 5)])
        #expect(try few.step(.arrived(.plain(4, size: 0))) == [.cancelTimer(generation: 2), self.cut(.plain(3, size: 0), .plain(4, size: 0))])
        var alone = try after(2)
        _ = try alone.step(.arrived(.plain(3, size: 0)))
        #expect(try alone.step(.timerFired(generation: 2)) == [self.cut(.plain(3, size: 0))])
        // After a lone one nothing is waited for again.
        _ = try alone.step(.consumed)
        #expect(try alone.step(.arrived(.plain(4, size: 0))) == [self.cut(.plain(4, size: 0))])
    }

    @Test func `where something always comes, a batch that gathers is cut after 40 ms`() throws {
        var cutter = self.cutter(cutsWhenIdle: true, count: 500, envelopes: 500)
        for name in 0...20 { _ = try cutter.step(.arrived(.plain(name, size: 0))) }
        _ = try cutter.step(.consumed)
        _ = try cutter.step(.consumed)
        var (timer, milliseconds): (UInt64?, Int64) = (nil, 0)
        for name in 21..<500 {
            var outputs = try cutter.step(.arrived(.plain(name, size: 0)))
            if let generation = timer, name % 5 == 0 {
                outputs += try cutter.step(.timerFired(generation: generation))
                milliseconds += 5
            }
            if outputs.contains(where: { if case .cut = $0 { true } else { false } }) { break }
            for case .startTimer(let generation, 5) in outputs { timer = generation }
        }
        #expect(milliseconds == 40 && cutter.pendingCount == 0)
    }

    @Test func `without cutting at once a consumer that becomes idle changes nothing`() throws {
        var cutter = self.cutter()
        _ = try cutter.step(.arrived(.plain(1, size: 101)))
        _ = try cutter.step(.arrived(.plain(2, size: 1)))
        #expect(try cutter.step(.consumed) == [])
        #expect(cutter.pendingCount == 1)
    }

    @Test func `too many unfinished envelopes are refused until a batch is consumed`() throws {
        var cutter = self.cutter(envelopes: 4)
        for name in 1...4 { _ = try cutter.step(.arrived(.plain(name, size: 10))) }
        #expect(throws: BlockCutter.Full(envelopes: 4, bytes: 40)) { try cutter.step(.arrived(.plain(5, size: 10))) }
        #expect(cutter.pendingCount == 1)
        _ = try cutter.step(.consumed)
        _ = try cutter.step(.arrived(.plain(5, size: 10)))
        #expect(cutter.pendingCount == 2)
    }

    @Test func `too many unfinished bytes are refused, but one envelope always fits`() throws {
        var cutter = self.cutter(bytes: 150)
        #expect(try cutter.step(.arrived(.plain(1, size: 400))) == [self.cut(.plain(1, size: 400))])
        #expect(throws: BlockCutter.Full(envelopes: 1, bytes: 400)) { try cutter.step(.arrived(.plain(2, size: 0))) }
        _ = try cutter.step(.consumed)
        _ = try cutter.step(.arrived(.plain(3, size: 90)))
        #expect(throws: BlockCutter.Full(envelopes: 1, bytes: 90)) { try cutter.step(.arrived(.plain(4, size: 61))) }
        _ = try cutter.step(.arrived(.plain(5, size: 60)))
    }

    @Test func `a batch size of one cuts each envelope, also the one that overflows`() throws {
        var cutter = BlockCutter(
            BlockCutter.Settings(batch: BatchConfiguration(maxMessageCount: 0, preferredMaxBytes: 100), cutsWhenIdle: false))
        #expect(try cutter.step(.arrived(.plain(1, size: 90))) == [self.cut(.plain(1, size: 90))])
        #expect(try cutter.step(.arrived(.plain(2, size: 90))) == [self.cut(.plain(2, size: 90))])
    }
}
