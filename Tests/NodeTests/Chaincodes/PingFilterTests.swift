import NIOCore
import TestSupport
import Testing

@testable import Node

/// Frames of a server with pings among them, cut anywhere.
struct PingFilterTests {
    private static func frame(_ type: UInt8, flags: UInt8 = 0, _ content: [UInt8]) -> [UInt8] {
        let count = UInt32(content.count)
        let length = [count >> 16, count >> 8, count].map { UInt8(truncatingIfNeeded: $0) }
        return length + [type, flags, 0, 0, 0, 1] + content
    }

    @Test func `an answer is a ping with the same content that says so`() {
        #expect(Array(PingFilter.answer(0x0102_0304_0506_0708).readableBytesView) == [0, 0, 8, 6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `pings are taken out wherever the bytes are cut, and all else stays as it is`(seed: UInt64) {
        var random = SeededGenerator(exactSeed: seed)
        var (all, expected): ([UInt8], [UInt8]) = ([], [])
        var pings: [UInt64] = []
        for _ in 0..<300 {
            switch random.next() % 4 {
            case 0:
                let content = random.bytes(count: 8)
                pings.append(content.reduce(0) { $0 << 8 | UInt64($1) })
                all += Self.frame(6, content)
            case 1:
                // An answer to a ping of ours, and pings of a wrong length, are for the library.
                let frame = random.next() % 2 == 0 ? Self.frame(6, flags: 1, random.bytes(count: 8)) : Self.frame(6, random.bytes(count: 7))
                all += frame
                expected += frame
            default:
                let frame = Self.frame(UInt8(random.next() % 6), random.bytes(count: Int(random.next() % 60)))
                all += frame
                expected += frame
            }
        }
        var filter = PingFilter()
        var (passed, found): ([UInt8], [UInt64]) = ([], [])
        var rest = all[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int(random.next() % 23) + 1)
            rest = rest.dropFirst(part.count)
            let result = filter.take(ByteBuffer(bytes: part))
            passed += Array(result.passed.readableBytesView)
            found += result.pings
        }
        #expect(passed == expected && found == pings, "seed \(seed)")
    }
}
