import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// The client's side of a stream that many calls share (decision 0033): a call costs two messages on it instead of a stream.
///
/// It is opened on a connection whose node has said that it serves such streams, and ended when nobody has used it for a while.
final class SharedStream: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private struct Riding {
        let call: DirectCall
        let deadline: NIODeadline?
    }

    /// How often times are looked at; one timer for all calls.
    private static let sweep = TimeAmount.milliseconds(500)
    private static let idleSweeps = 120

    private let loop: any EventLoop
    private let headers: HPACKHeaders
    private let connection: ConnectionWatch
    private let onEnd: () -> Void
    private var reader: MessageReader
    private var context: ChannelHandlerContext?
    private var calls: [UInt64: Riding] = [:]
    private var lastNumber: UInt64 = 0
    /// What was said before the stream was there.
    private var unsent = ByteBuffer()
    private var isBegun = false
    private var isOver = false
    private var timer: Scheduled<Void>?
    private var silentSweeps = 0

    /// - Parameters:
    ///   - limit: Bytes of the largest answer.
    ///   - onEnd: Called once, when it takes no more calls.
    init(_ headers: HPACKHeaders, on connection: ConnectionWatch, limit: Int, loop: any EventLoop, onEnd: @escaping () -> Void) {
        self.loop = loop
        self.headers = headers
        self.connection = connection
        self.onEnd = onEnd
        self.reader = MessageReader(limit: limit + SharedStreamFormat.answerHeadBytes)
        self.watch()
    }

    /// Whether a request is small enough that others can wait behind it.
    static func takes(_ request: DirectRequest) -> Bool {
        request.path.utf8.count <= UInt8.max && request.message.count + request.path.utf8.count < SharedStreamFormat.requestBytes - 16
    }

    /// Sends a call.
    ///
    /// - Returns: Its number here.
    func begin(_ call: DirectCall, _ request: DirectRequest) -> UInt64 {
        self.lastNumber += 1
        self.silentSweeps = 0
        self.connection.enterShared()
        self.calls[self.lastNumber] = Riding(call: call, deadline: request.seconds.map { .now() + .seconds($0) })
        self.write(512 + request.message.count) {
            SharedStreamFormat.write(call: self.lastNumber, path: request.path, message: request.message, to: &$0)
        }
        return self.lastNumber
    }

    /// Nobody waits for a call any more.
    ///
    /// - Parameter tellsNode: Whether the node still works for it.
    func forget(_ number: UInt64, tellsNode: Bool) {
        guard self.calls.removeValue(forKey: number) != nil else { return }
        if tellsNode, !self.isOver { self.write(32) { SharedStreamFormat.write(giveUp: number, to: &$0) } }
        self.connection.leave()
    }

    /// The stream could not be made, or has ended.
    func fail(_ error: RPCError) {
        self.timer?.cancel()
        if !self.isOver { self.onEnd() }
        self.isOver = true
        for riding in self.calls.values { riding.call.end(.failure(error)) }
    }

    // MARK: - The stream

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) { self.begin(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.fail(Self.broken)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) { self.fail(Self.broken) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(RPCError(code: .unavailable, message: "the call broke off", cause: error))
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.connection.hear()
        switch self.unwrapInboundIn(data) {
        case .headers(let part) where part.endStream:
            let reason = CallFormat.text(part.headers.first(name: "grpc-message") ?? "")
            self.fail(reason.isEmpty ? Self.broken : RPCError(code: .unavailable, message: reason))
        case .data(let part):
            if case .byteBuffer(let bytes) = part.data { self.reader.take(bytes) }
            self.takeAnswers(context)
            if part.endStream { self.fail(Self.broken) }
        case .rstStream: self.fail(Self.broken)
        default: break
        }
    }

    private static let broken = RPCError(code: .unavailable, message: "the connection broke off during the call")

    private func begin(_ context: ChannelHandlerContext) {
        guard !self.isBegun else { return }
        self.isBegun = true
        context.write(self.wrapOutboundOut(.headers(.init(headers: self.headers))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.data(.init(data: .byteBuffer(self.unsent)))), promise: nil)
        self.unsent = ByteBuffer()
    }

    private func write(_ capacity: Int, _ fill: (inout ByteBuffer) -> Void) {
        guard self.isBegun else { return fill(&self.unsent) }
        guard let context = self.context else { return }
        var buffer = context.channel.allocator.buffer(capacity: capacity)
        fill(&buffer)
        context.writeAndFlush(self.wrapOutboundOut(.data(.init(data: .byteBuffer(buffer)))), promise: nil)
    }

    private func takeAnswers(_ context: ChannelHandlerContext) {
        do {
            while let message = try self.reader.next() {
                switch SharedStreamFormat.answer(message) {
                case .message(let number, let answer): self.calls[number]?.call.end(.success(Array(answer.readableBytesView)))
                case .status(let number, let code, let reason):
                    self.calls[number]?.call.end(.failure(RPCError(code: code, message: reason)), isFromNode: true)
                case nil: throw Self.unreadable
                }
            }
        } catch {
            self.fail((error as? MessageReader.Refusal)?.rpcError ?? Self.unreadable)
            context.close(promise: nil)
        }
    }

    private static let unreadable = RPCError(code: .internalError, message: "an answer on the shared stream cannot be read")

    // MARK: - Time

    private func watch() {
        self.timer = self.loop.assumeIsolated().scheduleTask(in: Self.sweep) {
            let now = NIODeadline.now()
            for riding in self.calls.values {
                guard let deadline = riding.deadline, deadline <= now else { continue }
                riding.call.end(.failure(RPCError(code: .deadlineExceeded, message: "no answer in \(riding.call.seconds ?? 0) s")))
            }
            self.silentSweeps += self.calls.isEmpty ? 1 : -self.silentSweeps
            if self.silentSweeps < Self.idleSweeps { self.watch() } else { self.retire() }
        }
    }

    /// Ends the stream, so that it does not keep a connection that nobody needs.
    private func retire() {
        self.isOver = true
        self.onEnd()
        guard let context = self.context else { return }
        context.writeAndFlush(self.wrapOutboundOut(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))), promise: nil)
    }
}
