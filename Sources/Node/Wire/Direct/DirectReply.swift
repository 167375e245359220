import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2
import SelvageClient

/// The frames of an answer.
enum DirectReply {
    private static let beginning: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]

    static let headers = HTTP2Frame.FramePayload.headers(.init(headers: beginning))

    static func message(_ frame: WireFrame, in allocator: ByteBufferAllocator) -> HTTP2Frame.FramePayload {
        let count = frame.head.count + frame.body.count
        var buffer = allocator.buffer(capacity: CallFormat.prefixBytes + count)
        CallFormat.writePrefix(count, to: &buffer)
        buffer.writeBytes(frame.head)
        buffer.writeBytes(frame.body)
        return .data(.init(data: .byteBuffer(buffer)))
    }

    /// - Parameter isAlone: Whether nothing was answered before.
    static func ok(isAlone: Bool) -> HTTP2Frame.FramePayload {
        var trailers: HPACKHeaders = isAlone ? self.beginning : [:]
        trailers.add(name: "grpc-status", value: "0")
        return .headers(.init(headers: trailers, endStream: true))
    }

    static func status(_ error: RPCError, isAlone: Bool) -> HTTP2Frame.FramePayload {
        var trailers: HPACKHeaders = isAlone ? self.beginning : [:]
        trailers.add(name: "grpc-status", value: "\(error.code.rawValue)")
        if !error.message.isEmpty { trailers.add(name: "grpc-message", value: CallFormat.message(error.message)) }
        for (key, value) in error.metadata { trailers.add(name: key, value: value.encoded()) }
        return .headers(.init(headers: trailers, endStream: true))
    }
}
