import GRPCCore
import NIOCore

/// The messages of a stream that many calls share, one message each way for every call (decision 0033).
///
///     from the client                            from the node
///     0  8  number of the call, big-endian       0  8  number of the call
///     8  1  p                                    8  1  how it ended: 0, or a status code of gRPC
///     9  p  path, `/service/method`              9  n  the answer; behind a status code the reason in UTF-8
///     .  n  the message
///
/// With p = 0 and nothing behind it the client gives the call up. Each message has gRPC's five bytes before it (`CallFormat`).
package enum SharedStreamFormat {
    /// The method of the stream itself.
    package static let path = "/selvage.Calls/Share"
    /// A client that would share a stream says so in the headers of its calls, and a node that serves one in those of its answers.
    package static let header = "selvage-shared-stream"
    /// The largest message, head and all, that comes on such a stream: what is larger has a stream of its own, so that nobody waits behind it.
    package static let requestBytes = 256 << 10
    package static let answerHeadBytes = 9

    package enum Request: Equatable, Sendable {
        case call(number: UInt64, path: String, message: ByteBuffer)
        case giveUp(number: UInt64)

        package var number: UInt64 {
            switch self {
            case .call(let number, _, _), .giveUp(let number): number
            }
        }
    }

    package enum Answer: Equatable, Sendable {
        case message(number: UInt64, ByteBuffer)
        case status(number: UInt64, RPCError.Code, String)
    }

    package static func write(call number: UInt64, path: String, message: [UInt8], to buffer: inout ByteBuffer) {
        CallFormat.writePrefix(9 + path.utf8.count + message.count, to: &buffer)
        buffer.writeInteger(number)
        buffer.writeInteger(UInt8(path.utf8.count))
        buffer.writeString(path)
        buffer.writeBytes(message)
    }

    package static func write(giveUp number: UInt64, to buffer: inout ByteBuffer) {
        CallFormat.writePrefix(9, to: &buffer)
        buffer.writeInteger(number)
        buffer.writeInteger(UInt8(0))
    }

    package static func write(answer number: UInt64, _ head: [UInt8], _ body: [UInt8], to buffer: inout ByteBuffer) {
        CallFormat.writePrefix(self.answerHeadBytes + head.count + body.count, to: &buffer)
        buffer.writeInteger(number)
        buffer.writeInteger(UInt8(0))
        buffer.writeBytes(head)
        buffer.writeBytes(body)
    }

    package static func write(status code: RPCError.Code, _ reason: String, of number: UInt64, to buffer: inout ByteBuffer) {
        CallFormat.writePrefix(self.answerHeadBytes + reason.utf8.count, to: &buffer)
        buffer.writeInteger(number)
        buffer.writeInteger(UInt8(code.rawValue))
        buffer.writeString(reason)
    }

    /// Reads a message of a client; nil when it is none.
    package static func request(_ message: ByteBuffer) -> Request? {
        var rest = message
        guard let number = rest.readInteger(as: UInt64.self), let pathBytes = rest.readInteger(as: UInt8.self) else { return nil }
        guard pathBytes > 0 else { return rest.readableBytes == 0 ? .giveUp(number: number) : nil }
        guard let path = rest.readString(length: Int(pathBytes)) else { return nil }
        return .call(number: number, path: path, message: rest)
    }

    /// Reads a message of a node; nil when it is none.
    package static func answer(_ message: ByteBuffer) -> Answer? {
        var rest = message
        guard let number = rest.readInteger(as: UInt64.self), let code = rest.readInteger(as: UInt8.self) else { return nil }
        guard code != 0 else { return .message(number: number, rest) }
        let known = Status.Code(rawValue: Int(code)).flatMap { RPCError.Code($0) } ?? .unknown
        return .status(number: number, known, String(buffer: rest))
    }
}
