import NIOCore
import TestSupport
import Testing

@testable import SelvageClient

/// Messages out of bytes that come in pieces of any size.
struct MessageReaderTests {
    /// Reads messages that were cut at random; nil when they came as they were sent.
    private static func fault(seed: UInt64, forgetful: Bool = false) throws -> String? {
        var random = SeededGenerator(exactSeed: seed)
        let sent = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        var wire = ByteBuffer()
        for message in sent {
            CallFormat.writePrefix(message.count, to: &wire)
            wire.writeBytes(message)
        }
        var reader = MessageReader(limit: 60)
        var received: [[UInt8]] = []
        while wire.readableBytes > 0 {
            // A reader that forgets what it held when more comes.
            if forgetful, reader.isInside, Int.random(in: 0..<4, using: &random) == 0 { reader = MessageReader(limit: 60) }
            reader.take(wire.readSlice(length: Int.random(in: 1...min(40, wire.readableBytes), using: &random)) ?? ByteBuffer())
            do {
                while let message = try reader.next() { received.append(Array(message.readableBytesView)) }
            } catch {
                return "\(error)"
            }
        }
        return received == sent && !reader.isInside ? nil : "other messages"
    }

    private static var seeds: [UInt64] {
        let first = SeededGenerator(seed: 3_200).seed
        return (0..<300).map { first &+ $0 }
    }

    @Test func `however the bytes are cut, the messages are the same`() throws {
        for seed in Self.seeds { #expect(try Self.fault(seed: seed) == nil, "SELVAGE_SEED=\(seed)") }
    }

    @Test func `a reader that forgets is caught`() throws {
        #expect(try Self.seeds.compactMap { try Self.fault(seed: $0, forgetful: true) }.count > 50)
    }

    @Test func `a message that is too large or compressed is refused before it is there`() throws {
        var reader = MessageReader(limit: 100)
        reader.take(ByteBuffer(bytes: [0, 0, 0, 0, 101]))
        #expect(throws: MessageReader.Refusal.tooLarge(bytes: 101, limit: 100)) { try reader.next() }
        reader = MessageReader(limit: 100)
        reader.take(ByteBuffer(bytes: [1, 0, 0, 0, 0]))
        #expect(throws: MessageReader.Refusal.compressed) { try reader.next() }
        reader = MessageReader(limit: 100)
        reader.take(ByteBuffer(bytes: [0, 0, 0, 0, 100, 1]))
        #expect(try reader.next() == nil && reader.isInside)
    }
}
