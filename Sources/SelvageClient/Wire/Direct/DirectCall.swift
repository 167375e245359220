import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// The client's side of one stream: sends the message, and gives whoever waits the answer or the reason why there is none.
final class DirectCall: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// The answer; nil when the node ended the call well without one.
    typealias Outcome = Result<[UInt8]?, any Error>

    private let request: DirectRequest
    private let headers: HPACKHeaders
    private var reader: MessageReader
    private var waiting: CheckedContinuation<[UInt8]?, any Error>?
    /// The connection that it is on, once it is.
    private var connection: ConnectionWatch?
    private var context: ChannelHandlerContext?
    /// The stream that it shares with others, and its number there, in place of a stream of its own.
    private var ride: (stream: SharedStream, number: UInt64)?
    private var deadline: Scheduled<Void>?
    private var answer: [UInt8]?
    private var isSent = false
    private var isRequestSent = false

    /// - Parameter limit: Bytes of the largest answer.
    init(_ request: DirectRequest, headers: HPACKHeaders, limit: Int, waiting: CheckedContinuation<[UInt8]?, any Error>) {
        self.request = request
        self.headers = headers
        self.reader = MessageReader(limit: limit)
        self.waiting = waiting
    }

    /// Begins to count the time, which includes that until there is a connection.
    func start(on loop: any EventLoop) {
        guard let seconds = self.request.seconds else { return }
        self.deadline = loop.assumeIsolated().scheduleTask(in: .seconds(seconds)) {
            self.end(.failure(RPCError(code: .deadlineExceeded, message: "no answer in \(seconds) s")))
            // The status behind an answer that was enough never came.
            self.context?.close(promise: nil)
        }
    }

    /// How long it may take.
    var seconds: Int64? { self.request.seconds }

    /// Shares a stream with others, which also counts its time.
    func join(_ stream: SharedStream) { self.ride = (stream, stream.begin(self, self.request)) }

    /// Takes its place on a connection, and leaves it with its stream.
    func join(_ connection: ConnectionWatch) {
        self.connection = connection
        connection.enter()
    }

    func leave() {
        self.connection?.leave()
        self.connection = nil
    }

    /// Ends the call; what is already decided stays.
    ///
    /// - Parameter isFromNode: Whether the node has ended it, and need not be told.
    func end(_ outcome: Outcome, isFromNode: Bool = false) {
        guard let waiting = self.waiting else { return }
        self.waiting = nil
        if let ride = self.ride {
            self.ride = nil
            let isAnswered = if case .success = outcome { true } else { isFromNode }
            ride.stream.forget(ride.number, tellsNode: !isAnswered)
            return waiting.resume(with: outcome)
        }
        // A stream that is not reset ends in its time, too.
        if self.context == nil || !self.request.endsWithAnswer { self.deadline?.cancel() }
        waiting.resume(with: outcome)
        guard case .failure(let error) = outcome else { return }
        // Nodes end connections with many resets, and those who ask several nodes give up the slower ones all the time.
        if error is CancellationError, self.request.endsWithAnswer { return }
        self.context?.close(promise: nil)
    }

    var isOver: Bool { self.waiting == nil }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.send(context) }
    }

    func channelActive(context: ChannelHandlerContext) { self.send(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.deadline?.cancel()
        self.leave()
    }

    private func send(_ context: ChannelHandlerContext) {
        guard !self.isSent else { return }
        self.isSent = true
        // It was given up while the stream was made.
        guard !self.isOver else { return context.close(promise: nil) }
        context.write(self.wrapOutboundOut(.headers(.init(headers: self.headers))), promise: nil)
        let body = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(self.request.body(in: context.channel.allocator)), endStream: true))
        let taken = context.eventLoop.makePromise(of: Void.self)
        taken.futureResult.assumeIsolated().whenSuccess { self.isRequestSent = true }
        context.writeAndFlush(self.wrapOutboundOut(body), promise: taken)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.connection?.hear()
        switch self.unwrapInboundIn(data) {
        case .headers(let part): self.take(part.headers, isLast: part.endStream)
        case .data(let part):
            guard !self.isOver else { break }
            if case .byteBuffer(let bytes) = part.data { self.reader.take(bytes) }
            self.takeMessages()
            if part.endStream { self.end(.failure(RPCError(code: .internalError, message: "the answer ends without a status"))) }
        case .rstStream(let code): self.end(.failure(code.rpcError))
        default: break
        }
    }

    private func takeMessages() {
        do throws(MessageReader.Refusal) {
            while let message = try self.reader.next() {
                guard self.answer == nil else {
                    if self.request.endsWithAnswer { return }
                    return self.end(.failure(RPCError(code: .internalError, message: "the answer has more than one message")))
                }
                self.answer = Array(message.readableBytesView)
            }
        } catch {
            return self.end(.failure(error.rpcError))
        }
        if self.request.endsWithAnswer, let answer = self.answer { self.end(.success(answer)) }
    }

    private func take(_ headers: HPACKHeaders, isLast: Bool) {
        if let status = headers.first(name: ":status"), status != "200", !status.hasPrefix("1") {
            let code: RPCError.Code = status == "502" || status == "503" || status == "504" || status == "429" ? .unavailable : .unknown
            return self.end(.failure(RPCError(code: code, message: "unexpected HTTP status \(status)")))
        }
        if headers.contains(name: SharedStreamFormat.header) { self.connection?.offersSharedStream = true }
        guard isLast else { return }
        // Who answers before it has heard all will hear no more.
        defer { if !self.isRequestSent { self.context?.close(promise: nil) } }
        guard let number = headers.first(name: "grpc-status").flatMap({ Int($0) }) else {
            return self.end(.failure(RPCError(code: .unknown, message: "the answer ends without a status")))
        }
        guard number != 0 else { return self.end(.success(self.answer)) }
        let code = Status.Code(rawValue: number).flatMap { RPCError.Code($0) } ?? .unknown
        self.end(.failure(RPCError(code: code, message: CallFormat.text(headers.first(name: "grpc-message") ?? ""))))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = (error as? NIOHTTP2Errors.StreamClosed)?.errorCode.rpcError
        self.end(.failure(reason ?? RPCError(code: .unavailable, message: "the call broke off", cause: error)))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(.failure(RPCError(code: .unavailable, message: "the connection broke off during the call")))
    }
}

extension HTTP2ErrorCode {
    /// What a reset stream means (gRPC's PROTOCOL-HTTP2, "Errors").
    fileprivate var rpcError: RPCError {
        let code: RPCError.Code =
            switch self {
            case .refusedStream: .unavailable
            case .cancel: .cancelled
            case .enhanceYourCalm: .resourceExhausted
            case .inadequateSecurity: .permissionDenied
            default: .internalError
            }
        return RPCError(code: code, message: "the node reset the call (\(self))")
    }
}

extension MessageReader.Refusal {
    var rpcError: RPCError {
        switch self {
        case .compressed: RPCError(code: .internalError, message: "the answer is compressed, which was not agreed on")
        case .tooLarge(let bytes, let limit):
            RPCError(code: .resourceExhausted, message: "the answer has \(bytes) bytes, more than the \(limit) that are taken")
        }
    }
}
