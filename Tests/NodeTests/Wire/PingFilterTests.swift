import NIOCore
import NIOEmbedded
import SelvageClient
import TestSupport
import Testing

/// Frames with pings among them, cut anywhere.
struct PingFilterTests {
    /// A connection's bytes from one side, what of them is for the library, and the pings.
    private struct Traffic {
        var all: [UInt8] = []
        var passed: [UInt8] = []
        var pings: [UInt64] = []

        init(seed: UInt64, ofClient isClient: Bool) {
            var random = SeededGenerator(exactSeed: seed)
            if isClient { self.pass(RawHTTP2.preface) }
            for _ in 0..<300 {
                switch random.next() % 5 {
                case 0:
                    let content = random.next()
                    self.pings.append(content)
                    self.all += RawHTTP2.ping(content)
                case 1:
                    // An answer to a ping of ours, and pings of a wrong length, are for the library.
                    self.pass(RawHTTP2.frame(6, flags: random.next() % 2 == 0 ? 1 : 0, random.bytes(count: random.next() % 2 == 0 ? 7 : 9)))
                    self.pass(RawHTTP2.frame(6, flags: 1, random.bytes(count: 8)))
                case 2:
                    // What looks like a ping inside of a message is none.
                    self.pass(RawHTTP2.frame(0, RawHTTP2.ping(random.next()) + RawHTTP2.ping(random.next())))
                default: self.pass(RawHTTP2.frame(UInt8(random.next() % 6), random.bytes(count: Int(random.next() % 60))))
                }
            }
        }

        private mutating func pass(_ bytes: [UInt8]) {
            self.all += bytes
            self.passed += bytes
        }

        /// Whether a filter takes out the pings and nothing else when the bytes come in parts of a length.
        func isFiltered(in parts: (Int) -> Int, by take: (ByteBuffer) -> (passed: ByteBuffer, pings: [UInt64])) -> Bool {
            var (passed, found): ([UInt8], [UInt64]) = ([], [])
            var rest = self.all[...]
            while !rest.isEmpty {
                let part = rest.prefix(parts(rest.count))
                rest = rest.dropFirst(part.count)
                let result = take(ByteBuffer(bytes: part))
                passed += Array(result.passed.readableBytesView)
                found += result.pings
            }
            return passed == self.passed && found == self.pings
        }
    }

    @Test func `an answer is a ping with the same content that says so`() {
        #expect(Array(PingFilter.answer(0x0102_0304_0506_0708).readableBytesView) == [0, 0, 8, 6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(
            Array(PingFilter.tooManyPings().readableBytesView)
                == [0, 0, 22, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 11] + Array("too_many_pings".utf8))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64], [true, false])
    func `pings are taken out wherever the bytes are cut, and all else stays as it is`(seed: UInt64, ofClient: Bool) {
        let traffic = Traffic(seed: seed, ofClient: ofClient)
        var random = SeededGenerator(exactSeed: seed)
        for most in [1, 2, 23, 400, 1 << 20] {
            var filter = PingFilter(ofClient: ofClient)
            #expect(traffic.isFiltered(in: { _ in Int(random.next() % UInt64(most)) + 1 }, by: { filter.take($0) }), "seed \(seed), parts of \(most)")
        }
    }

    @Test func `a filter that forgets what came before, or knows no preface, is caught`() {
        let traffic = Traffic(seed: 1, ofClient: true)
        var random = SeededGenerator(exactSeed: 1)
        let forgetful = { (bytes: ByteBuffer) in
            var fresh = PingFilter(ofClient: false)
            return fresh.take(bytes)
        }
        #expect(!traffic.isFiltered(in: { _ in Int(random.next() % 23) + 1 }, by: forgetful))
        var unprepared = PingFilter(ofClient: false)
        #expect(!traffic.isFiltered(in: { _ in Int(random.next() % 23) + 1 }, by: { unprepared.take($0) }))
    }

    @Test func `what is written and time earn pings, up to the stock`() {
        var budget = PingBudget(now: 1_000)
        func spend(_ now: UInt64) -> Bool { budget.spend(now: now) }
        let step = PingBudget.millisecondsPerPing
        #expect((0..<PingBudget.stock).allSatisfy { _ in spend(1_000) })
        // A clock that goes back earns nothing and harms nobody.
        #expect([1_000, 1_000 + step - 1, 0].map { spend($0) } == [false, false, false])
        #expect([1_000 + step, 1_000 + step].map { spend($0) } == [true, false])
        budget.wrote(bytes: 17)
        budget.wrote(bytes: 2 * PingBudget.bytesPerPing)
        #expect(budget.left == 4)
        budget.wrote(bytes: .max)
        #expect(budget.left == PingBudget.stock)
        #expect((0..<10).allSatisfy { _ in spend(1_100) } && spend(.max))
        #expect(budget.left == PingBudget.stock - 1)
    }

    /// A side that takes nothing: what is written to it stays.
    private final class Stuck: ChannelOutboundHandler {
        typealias OutboundIn = IOData
        typealias OutboundOut = IOData

        var waiting: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { self.waiting.append((data, promise)) }
    }

    @Test func `answers that nobody takes are bounded, whatever has been written`() throws {
        let (stuck, channel) = (Stuck(), EmbeddedChannel())
        try channel.pipeline.syncOperations.addHandlers([stuck, PingAnswers(ofClient: false)])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        func write() { channel.write(IOData.byteBuffer(ByteBuffer(repeating: 0, count: 1)), promise: nil) }
        write()
        for number in 0..<PingAnswers.waiting {
            write()
            try channel.writeInbound(ByteBuffer(bytes: RawHTTP2.ping(UInt64(number))))
        }
        #expect(channel.isActive)
        write()
        try channel.writeInbound(ByteBuffer(bytes: RawHTTP2.ping(1)))
        #expect(!channel.isActive)
        for (_, promise) in stuck.waiting { promise?.fail(ChannelError.alreadyClosed) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `an answer never comes before the first words of its own side`() throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(PingAnswers(ofClient: true))
        try channel.writeInbound(ByteBuffer(bytes: RawHTTP2.preface + RawHTTP2.ping(7)))
        #expect(try channel.readOutbound(as: IOData.self) == nil)
        try channel.writeOutbound(IOData.byteBuffer(ByteBuffer(bytes: RawHTTP2.frame(4, []))))
        #expect(try channel.readOutbound(as: IOData.self) == .byteBuffer(ByteBuffer(bytes: RawHTTP2.frame(4, []))))
        #expect(try channel.readOutbound(as: IOData.self) == .byteBuffer(PingFilter.answer(7)))
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
