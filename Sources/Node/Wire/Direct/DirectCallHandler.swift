import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2
import SelvageClient

/// The server's side of one stream: when its method is one of `DirectCalls`, reads the messages, has them answered one at a time, and writes the
/// answers and the status. Of all other calls it passes everything on.
///
/// A call that nobody waits for any more is cancelled: reset, out of time, or with its connection.
final class DirectCallHandler: ChannelInboundHandler, OpenCall {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Role {
        case undecided
        case passing
        case serving(DirectMethod)
        case over
    }

    /// Messages of one exchange that wait; beyond it the client is not read from.
    private static let waiting = 16
    static let lastWordsMilliseconds: Int64 = 100

    private let calls: DirectCalls
    private let loop: any EventLoop
    private var role = Role.undecided
    private var reader: MessageReader
    private var context: ChannelHandlerContext?
    private var messages = CircularBuffer<ByteBuffer>()
    private var isInputOver = false
    private var isPaused = false
    /// Whether the client has to read answers before the next message is looked at.
    private var isFull = false
    private var isServerStopping = false
    private var hasEntered = false
    private var hasAnswered = false
    /// Whether the client asks if it could share a stream.
    private var isAskingToShare = false
    private var work: Task<Void, Never>?
    private var deadline: Scheduled<Void>?

    init(_ calls: DirectCalls, loop: any EventLoop) {
        self.calls = calls
        self.loop = loop
        self.reader = MessageReader(limit: calls.limits.messageBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
        self.context = nil
        self.calls.forget(self)
    }

    /// The library's end of the stream never hears of it, and so keeps a hold on itself until the stream is closed.
    ///
    /// A stream that comes when the library serves its connection no longer is forgotten by it, and an end that goes without having been served
    /// would stop the process.
    func channelActive(context: ChannelHandlerContext) {}

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isOwn = if case .passing = self.role { false } else { true }
        self.end()
        context.fireErrorCaught(error)
        if isOwn { context.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        switch self.role {
        case .serving(let method):
            guard self.isFull, context.channel.isWritable else { return }
            self.isFull = false
            self.next(method)
        case .over: break
        case .undecided, .passing: context.fireChannelWritabilityChanged()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .serving(let method) = self.role else { return context.fireUserInboundEventTriggered(event) }
        guard event is ChannelShouldQuiesceEvent else { return }
        self.isServerStopping = true
        if method.endsWithServer { self.refuse(DirectCalls.serverEnds) } else { self.next(method) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.role {
        case .passing: context.fireChannelRead(data)
        case .over: break
        case .undecided:
            guard case .headers(let request) = self.unwrapInboundIn(data) else { return self.pass(data, context) }
            if self.calls.isShared(request.headers) { return self.share(data, context) }
            guard let method = self.calls.method(of: request.headers) else { return self.pass(data, context) }
            self.role = .serving(method)
            self.begin(request, method)
        case .serving(let method):
            switch self.unwrapInboundIn(data) {
            case .data(let part):
                if case .byteBuffer(let bytes) = part.data { self.reader.take(bytes) }
                self.take(isLast: part.endStream, method)
            case .headers(let trailers): self.take(isLast: trailers.endStream, method)
            case .rstStream: self.end()
            default: break
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .passing = self.role { context.fireChannelReadComplete() }
    }

    /// The server ends: no call goes on, whatever its client does.
    func stop() {
        if case .passing = self.role { return }
        self.refuse(DirectCalls.serverEnds)
        // Who takes no answer is not waited for.
        self.loop.assumeIsolated().scheduleTask(in: .milliseconds(Self.lastWordsMilliseconds)) { self.context?.close(promise: nil) }
    }

    // MARK: - What comes

    private func pass(_ data: NIOAny, _ context: ChannelHandlerContext) {
        self.role = .passing
        context.fireChannelRead(data)
    }

    /// The stream is not one call but many: another handler takes it over, and the library hears nothing of it either.
    private func share(_ data: NIOAny, _ context: ChannelHandlerContext) {
        self.role = .passing
        do {
            let handler = SharedStreamHandler(self.calls, loop: self.loop)
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
            self.calls.keep(handler, for: self)
            context.fireChannelRead(data)
        } catch {
            context.close(promise: nil)
        }
    }

    private func begin(_ request: HTTP2Frame.FramePayload.Headers, _ method: DirectMethod) {
        self.isAskingToShare = request.headers.contains(name: SharedStreamFormat.header)
        if method.endsWithServer, self.calls.hasToStop { return self.refuse(DirectCalls.serverEnds) }
        if let time = request.headers.first(name: "grpc-timeout").flatMap(CallFormat.timeout) {
            self.deadline = self.loop.assumeIsolated().scheduleTask(in: time) {
                self.refuse(RPCError(code: .deadlineExceeded, message: "the call's time is over"))
            }
        }
        if request.endStream { self.take(isLast: true, method) }
    }

    private func take(isLast: Bool, _ method: DirectMethod) {
        self.isInputOver = self.isInputOver || isLast
        guard self.cut() else { return }
        switch method.form {
        case .unary:
            if self.messages.count > 1 { return self.refuse(RPCError(code: .internalError, message: "the call has more than one message")) }
            if self.isInputOver { self.next(method) }
        case .exchange: self.next(method)
        }
    }

    /// Cuts messages out of what has come, as many as may wait; false when the call is refused for it.
    private func cut() -> Bool {
        do {
            while self.messages.count < Self.waiting, let message = try self.reader.next() { self.messages.append(message) }
            self.pause(self.messages.count >= Self.waiting)
            return true
        } catch {
            self.refuse(error.rpcError)
            return false
        }
    }

    private func pause(_ isPaused: Bool) {
        guard let context = self.context, self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        try? context.channel.syncOptions?.setOption(.autoRead, value: !isPaused)
        if !isPaused { context.read() }
    }

    // MARK: - What is answered

    /// Has the next message answered, unless one is under way; ends the call when nothing more will come.
    private func next(_ method: DirectMethod) {
        guard self.work == nil, !self.isFull, self.cut(), case .serving = self.role else { return }
        guard let message = self.messages.popFirst() else { return self.endInput(method) }
        if !self.hasEntered {
            do {
                try method.gate.enter()
            } catch {
                return self.refuse(GatewayFailure.rpcError(of: error))
            }
            self.hasEntered = true
        }
        let handler = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        let work = self.calls.start {
            let outcome: Result<DirectMethod.Reply, RPCError>
            do {
                outcome = .success(try await method.answer(message))
            } catch {
                outcome = .failure(GatewayFailure.rpcError(of: error))
            }
            if loop.inEventLoop { handler.value.take(outcome, method) } else { loop.execute { handler.value.take(outcome, method) } }
        }
        guard let work else { return self.refuse(DirectCalls.serverEnds) }
        self.work = work
    }

    /// No message waits: the call is at its end, or the client has still to speak.
    private func endInput(_ method: DirectMethod) {
        guard self.isInputOver else {
            if self.isServerStopping { self.refuse(DirectCalls.serverEnds) }
            return
        }
        if self.reader.isInside { return self.refuse(RPCError(code: .internalError, message: "the last message is not complete")) }
        if method.form == .unary { return self.refuse(RPCError(code: .internalError, message: "the call has no message")) }
        self.finish(DirectReply.ok(isAlone: !self.hasAnswered))
    }

    private func take(_ outcome: Result<DirectMethod.Reply, RPCError>, _ method: DirectMethod) {
        self.work = nil
        guard case .serving = self.role, let context = self.context else { return method.gate.leave() }
        switch outcome {
        case .failure(let error): self.refuse(error)
        case .success(let reply):
            if !self.hasAnswered {
                let headers = self.isAskingToShare ? DirectReply.sharingHeaders : DirectReply.headers
                context.write(self.wrapOutboundOut(headers), promise: nil)
            }
            self.hasAnswered = true
            context.write(self.wrapOutboundOut(DirectReply.message(reply.frame, in: context.channel.allocator)), promise: nil)
            if reply.isLast || method.form == .unary { return self.finish(DirectReply.ok(isAlone: false)) }
            context.flush()
            self.isFull = !context.channel.isWritable
            self.next(method)
        }
    }

    private func refuse(_ error: RPCError) {
        guard case .serving = self.role else { return }
        self.finish(DirectReply.status(error, isAlone: !self.hasAnswered))
    }

    /// The last words.
    private func finish(_ trailers: HTTP2Frame.FramePayload) {
        let isInputOver = self.isInputOver
        self.end()
        DirectReply.write(last: trailers, toldAll: isInputOver) { self.context }
    }

    /// Gives back what the call holds; whoever computes for it is told, and keeps its place until it has stopped.
    private func end() {
        guard case .serving(let method) = self.role else { return }
        self.role = .over
        self.deadline?.cancel()
        self.messages.removeAll()
        if let work = self.work { work.cancel() } else if self.hasEntered { method.gate.leave() }
    }
}

extension MessageReader.Refusal {
    /// In the words of grpc-go.
    var rpcError: RPCError {
        switch self {
        case .compressed: RPCError(code: .internalError, message: "grpc: compressed flag set with identity or empty encoding")
        case .tooLarge(let bytes, let limit):
            RPCError(code: .resourceExhausted, message: "grpc: received message larger than max (\(bytes) vs. \(limit))")
        }
    }
}
