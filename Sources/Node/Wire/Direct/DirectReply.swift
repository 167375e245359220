import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2
import SelvageClient

/// The frames of an answer.
enum DirectReply {
    private static let beginning: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]

    static let headers = HTTP2Frame.FramePayload.headers(.init(headers: beginning))
    /// The same, to a client that would share a stream for its calls.
    static let sharingHeaders: HTTP2Frame.FramePayload = {
        var headers = beginning
        headers.add(name: SharedStreamFormat.header, value: "1")
        return .headers(.init(headers: headers))
    }()

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

    /// Writes the last words; a client that is still talking is told to stop.
    ///
    /// - Parameter context: Where to write, nil once the stream is gone; it is asked again when the last words are out.
    static func write(last trailers: HTTP2Frame.FramePayload, toldAll: Bool, _ context: @escaping () -> ChannelHandlerContext?) {
        let later = context
        guard let context = context() else { return }
        guard !toldAll else { return context.writeAndFlush(NIOAny(trailers), promise: nil) }
        let sent = context.eventLoop.makePromise(of: Void.self)
        // Clients take another code for the status of the call (RFC 9113, 8.1).
        sent.futureResult.assumeIsolated().whenComplete { _ in
            later()?.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(.noError)), promise: nil)
        }
        context.writeAndFlush(NIOAny(trailers), promise: sent)
    }

    static func status(_ error: RPCError, isAlone: Bool) -> HTTP2Frame.FramePayload {
        var trailers: HPACKHeaders = isAlone ? self.beginning : [:]
        trailers.add(name: "grpc-status", value: "\(error.code.rawValue)")
        if !error.message.isEmpty { trailers.add(name: "grpc-message", value: CallFormat.message(error.message)) }
        for (key, value) in error.metadata { trailers.add(name: key, value: value.encoded()) }
        return .headers(.init(headers: trailers, endStream: true))
    }
}
