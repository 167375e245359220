import GRPCCore
import NIOCore
import TestSupport
import Testing

@testable import SelvageClient

/// The messages of a stream that many calls share (decision 0033).
struct SharedStreamFormatTests {
    private static func bytes(_ fill: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        fill(&buffer)
        return Array(buffer.readableBytesView)
    }

    /// Behind gRPC's prefix.
    private static func content(_ bytes: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: bytes.dropFirst(CallFormat.prefixBytes)) }

    @Test func `calls, answers and their ends have these bytes, and are read back`() {
        let call = Self.bytes { SharedStreamFormat.write(call: 0x0102, path: "/a/B", message: [9, 8], to: &$0) }
        #expect(call == [0, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 1, 2, 4] + Array("/a/B".utf8) + [9, 8])
        #expect(SharedStreamFormat.request(Self.content(call)) == .call(number: 0x0102, path: "/a/B", message: ByteBuffer(bytes: [9, 8])))
        let giveUp = Self.bytes { SharedStreamFormat.write(giveUp: 3, to: &$0) }
        #expect(giveUp == [0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 0])
        #expect(SharedStreamFormat.request(Self.content(giveUp)) == .giveUp(number: 3))
        let answer = Self.bytes { SharedStreamFormat.write(answer: 4, [1, 2], [3], to: &$0) }
        #expect(answer == [0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 2, 3])
        #expect(SharedStreamFormat.answer(Self.content(answer)) == .message(number: 4, ByteBuffer(bytes: [1, 2, 3])))
        let status = Self.bytes { SharedStreamFormat.write(status: .unavailable, "é", of: 5, to: &$0) }
        #expect(status == [0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5, 14, 0xC3, 0xA9])
        #expect(SharedStreamFormat.answer(Self.content(status)) == .status(number: 5, .unavailable, "é"))
    }

    @Test func `what is no message is read as none, and a code that nobody knows is unknown`() {
        for bytes: [UInt8] in [[], [0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 1, 0, 7], [0, 0, 0, 0, 0, 0, 0, 1, 3, 65, 66]] {
            #expect(SharedStreamFormat.request(ByteBuffer(bytes: bytes)) == nil)
        }
        #expect(SharedStreamFormat.answer(ByteBuffer(bytes: [0, 0, 0, 0, 0, 0, 0, 1])) == nil)
        #expect(SharedStreamFormat.answer(ByteBuffer(bytes: [0, 0, 0, 0, 0, 0, 0, 1, 99, 65])) == .status(number: 1, .unknown, "A"))
    }

    @Test func `any bytes are read as what is written as them, or as nothing`() {
        var random = SeededGenerator(seed: UInt64.random(in: 0 ... .max))
        let seed = random.seed
        for _ in 0..<20_000 {
            var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, UInt8.random(in: 0 ... .max, using: &random), UInt8.random(in: 0...5, using: &random)]
            for _ in 0..<Int.random(in: 0...12, using: &random) { bytes.append(UInt8.random(in: 0 ... .max, using: &random)) }
            let input = ByteBuffer(bytes: bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            switch SharedStreamFormat.request(input) {
            case .call(let number, let path, let message):
                let written = Self.bytes { SharedStreamFormat.write(call: number, path: path, message: Array(message.readableBytesView), to: &$0) }
                // Paths that are no UTF-8 are repaired, and name no method then.
                #expect(path.unicodeScalars.contains("\u{FFFD}") || Self.content(written) == input, "seed \(seed)")
            case .giveUp(let number): #expect(Self.content(Self.bytes { SharedStreamFormat.write(giveUp: number, to: &$0) }) == input, "seed \(seed)")
            case nil: break
            }
            _ = SharedStreamFormat.answer(input)
        }
    }
}
