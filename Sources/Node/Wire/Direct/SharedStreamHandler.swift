import GRPCCore
import NIOCore
import NIOHTTP2
import SelvageClient

/// The node's side of a stream that many calls share (decision 0033): reads the calls, has them answered at the same time, and writes each answer when
/// it is there.
///
/// A call that its client gives up is cancelled, and all are when the stream ends. Calls beyond the limit of a connection are not read until others have ended,
/// and none is begun while the client does not read its answers.
final class SharedStreamHandler: ChannelInboundHandler, OpenCall {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private struct Work {
        let method: DirectMethod
        let task: Task<Void, Never>
    }

    private let calls: DirectCalls
    private let loop: any EventLoop
    private var reader = MessageReader(limit: SharedStreamFormat.requestBytes)
    private var context: ChannelHandlerContext?
    /// By the numbers of the calls.
    private var work: [UInt64: Work] = [:]
    private var isInputOver = false
    private var isPaused = false
    private var isServerStopping = false
    private var isOver = false
    private var hasAnswered = false

    init(_ calls: DirectCalls, loop: any EventLoop) {
        self.calls = calls
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end()
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { self.go() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return }
        self.isServerStopping = true
        for (number, work) in self.work where work.method.endsWithServer {
            work.task.cancel()
            self.answer(number, DirectCalls.serverEnds)
        }
        self.go()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isOver else { return }
        switch self.unwrapInboundIn(data) {
        case .headers(let part): self.isInputOver = self.isInputOver || part.endStream
        case .data(let part):
            if case .byteBuffer(let bytes) = part.data { self.reader.take(bytes) }
            self.isInputOver = self.isInputOver || part.endStream
        case .rstStream: return self.end()
        default: return
        }
        self.go()
    }

    /// The end of the server: no call goes on, whatever the client does.
    func stop() {
        self.finish(DirectCalls.serverEnds)
        self.loop.assumeIsolated().scheduleTask(in: .milliseconds(DirectCallHandler.lastWordsMilliseconds)) { self.context?.close(promise: nil) }
    }

    // MARK: - Calls

    /// Begins what has come, as much as may run at a time; ends the stream when nothing more will come.
    private func go() {
        do {
            while !self.isOver, !self.isFull, let message = try self.reader.next() {
                guard let request = SharedStreamFormat.request(message) else {
                    return self.finish(RPCError(code: .internalError, message: "a message of the shared stream cannot be read"))
                }
                self.take(request)
            }
        } catch {
            return self.finish(error.rpcError)
        }
        self.pause(self.isFull && !self.isOver)
        guard !self.isFull, self.work.isEmpty else { return }
        if self.isInputOver {
            let isCut = self.reader.isInside
            self.finish(isCut ? RPCError(code: .internalError, message: "the last message is not complete") : nil)
        } else if self.isServerStopping {
            self.finish(DirectCalls.serverEnds)
        }
    }

    private var isFull: Bool { self.work.count >= self.calls.limits.callsOfOneConnection || self.context?.channel.isWritable == false }

    private func pause(_ isPaused: Bool) {
        guard let context = self.context, self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        try? context.channel.syncOptions?.setOption(.autoRead, value: !isPaused)
        if !isPaused { context.read() }
    }

    private func take(_ request: SharedStreamFormat.Request) {
        switch request {
        case .giveUp(let number):
            guard let work = self.work.removeValue(forKey: number) else { return }
            work.task.cancel()
        case .call(let number, let path, let message):
            guard self.work[number] == nil else {
                return self.finish(RPCError(code: .internalError, message: "two calls of the shared stream have the number \(number)"))
            }
            guard let method = self.calls.method(path: path) else {
                return self.answer(number, RPCError(code: .unimplemented, message: "the method \(path) is not called on a shared stream"))
            }
            self.begin(number, method, message)
        }
    }

    private func begin(_ number: UInt64, _ method: DirectMethod, _ message: ByteBuffer) {
        if self.isServerStopping, method.endsWithServer { return self.answer(number, DirectCalls.serverEnds) }
        do {
            try method.gate.enter()
        } catch {
            return self.answer(number, GatewayFailure.rpcError(of: error))
        }
        let handler = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        let task = self.calls.start {
            let outcome: Result<DirectMethod.Reply, RPCError>
            do {
                outcome = .success(try await method.answer(message))
            } catch {
                outcome = .failure(GatewayFailure.rpcError(of: error))
            }
            // Given up or not, its place was taken until here.
            method.gate.leave()
            if loop.inEventLoop { handler.value.take(outcome, number) } else { loop.execute { handler.value.take(outcome, number) } }
        }
        guard let task else {
            method.gate.leave()
            return self.answer(number, DirectCalls.serverEnds)
        }
        self.work[number] = Work(method: method, task: task)
    }

    private func take(_ outcome: Result<DirectMethod.Reply, RPCError>, _ number: UInt64) {
        guard self.work.removeValue(forKey: number) != nil, !self.isOver else { return }
        switch outcome {
        case .success(let reply): self.write { SharedStreamFormat.write(answer: number, reply.frame.head, reply.frame.body, to: &$0) }
        case .failure(let error): self.answer(number, error)
        }
        self.go()
    }

    // MARK: - Answers

    private func answer(_ number: UInt64, _ error: RPCError) {
        self.work[number] = nil
        self.write { SharedStreamFormat.write(status: error.code, error.message, of: number, to: &$0) }
    }

    private func write(_ fill: (inout ByteBuffer) -> Void) {
        guard let context = self.context, !self.isOver else { return }
        self.begin(context)
        var buffer = context.channel.allocator.buffer(capacity: 1_024)
        fill(&buffer)
        context.writeAndFlush(self.wrapOutboundOut(.data(.init(data: .byteBuffer(buffer)))), promise: nil)
    }

    private func begin(_ context: ChannelHandlerContext) {
        if !self.hasAnswered { context.write(self.wrapOutboundOut(DirectReply.headers), promise: nil) }
        self.hasAnswered = true
    }

    /// - Parameter error: Nil when the client has ended the stream and nothing is open.
    private func finish(_ error: RPCError?) {
        guard !self.isOver else { return }
        let isInputOver = self.isInputOver
        self.end()
        let isAlone = !self.hasAnswered
        let trailers = error.map { DirectReply.status($0, isAlone: isAlone) } ?? DirectReply.ok(isAlone: isAlone)
        DirectReply.write(last: trailers, toldAll: isInputOver) { self.context }
    }

    private func end() {
        self.isOver = true
        for work in self.work.values { work.task.cancel() }
        self.work = [:]
    }
}
