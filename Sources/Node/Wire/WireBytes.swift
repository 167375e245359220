import GRPCCore
import LedgerModel

/// A serialised message in two pieces, so that a stored block is copied once on its way to the wire.
struct WireFrame: Equatable, Sendable {
    var head: [UInt8]
    var body: [UInt8] = []

    /// Both pieces as one.
    var bytes: [UInt8] { self.head + self.body }

    /// A field that has a length, without its content, which follows: tags are field << 3 | 2.
    static func lengthPrefix(tag: UInt8, _ count: Int) -> [UInt8] {
        [tag] + self.varint(UInt64(count))
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes): (UInt64, [UInt8]) = (value, [])
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }
}

struct WireFrameSerializer: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: WireFrame) throws -> Bytes {
        if message.body.isEmpty { return Bytes(message.head) }
        var bytes = Bytes(repeating: 0, count: message.head.count + message.body.count)
        bytes.withUnsafeMutableBytes { buffer in
            buffer.copyBytes(from: message.head)
            UnsafeMutableRawBufferPointer(rebasing: buffer[message.head.count...]).copyBytes(from: message.body)
        }
        return bytes
    }
}

/// A message that is read from the bytes of the wire with no message type between.
protocol WireReadable: Sendable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError)
}

extension Envelope: WireReadable {}
extension SignedProposal: WireReadable {}

struct WireReader<Message: WireReadable>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> Message {
        do {
            return try serializedMessageBytes.withUnsafeBytes { try Message(serialized: $0) }
        } catch {
            // Worded and coded as by other servers: the call ends here.
            throw RPCError(code: .internalError, message: "grpc: error unmarshalling request: \(error)")
        }
    }
}

/// A message as it came.
struct BytesReader: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> [UInt8] {
        serializedMessageBytes.withUnsafeBytes { Array($0) }
    }
}
