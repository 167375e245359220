import Glibc
import LedgerModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The admin port of an ordering node: HTTP/1.1, with TLS where the node has it.
final class AdminServer: Sendable {
    private let endpoint: WireEndpoint
    private let tls: NIOSSLContext?
    private let api: AdminAPI
    private let stopping = OneTimeSignal<Void>()
    private let bound = OneTimeSignal<WireEndpoint>()

    /// - Throws: `WireError` when certificate and key cannot be used.
    init(listen endpoint: WireEndpoint, tls: ServerTLS?, now: Timestamp, api: AdminAPI) throws(WireError) {
        self.endpoint = endpoint
        self.tls = try tls?.context(now: now, protocols: ["http/1.1"])
        self.api = api
    }

    /// Where it listens, once it does; nil when this task is cancelled first.
    func listening() async -> WireEndpoint? { await self.bound.wait() }

    /// Ends `run()`.
    func stop() { self.stopping.fire(()) }

    /// Serves until `stop()`.
    func run() async throws(WireError) {
        let channel: any Channel
        do {
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { [tls, api] channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                        try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(NodeLimits.adminIdleSeconds)))
                        try pipeline.addHandler(AdminHandler(api: api))
                    }
                }
            channel = try await PortPatience.bind { try await bootstrap.bind(host: self.endpoint.host, port: self.endpoint.port).get() }
        } catch {
            throw WireError.binding(error, host: self.endpoint.host, port: self.endpoint.port)
        }
        self.bound.fire(WireEndpoint(host: self.endpoint.host, port: channel.localAddress?.port ?? self.endpoint.port))
        _ = await self.stopping.wait()
        try? await channel.close()
    }
}

/// Collects one request after the other of a connection and answers each.
private final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let api: AdminAPI
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(api: AdminAPI) { self.api = api }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): (self.head, self.body, self.isTooLarge) = (head, [], false)
        case .body(let bytes):
            // The rest of a body that is too large is read and dropped, so that the client hears why.
            self.isTooLarge = self.isTooLarge || self.body.count + bytes.readableBytes > NodeLimits.adminBodyBytes
            if self.isTooLarge { self.body = [] } else { self.body += bytes.readableBytesView }
        case .end: self.finish(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head = self.head else { return }
        self.head = nil
        let isTooLarge = self.isTooLarge
        let request = AdminRequest(
            method: head.method.rawValue, path: head.uri, contentType: head.headers.first(name: "Content-Type"),
            accept: head.headers.first(name: "Accept"), body: self.body)
        self.body = []
        let api = self.api
        // Joining writes to the disk, for which no event loop can wait.
        let answer = context.eventLoop.makeFutureWithTask {
            if isTooLarge { return AdminAnswer(status: 400, body: Array(#"{"error":"http: request body too large"}"#.utf8)) }
            return await api.answer(request) { work in try? await NIOThreadPool.singleton.runIfActive(work) }
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        answer.whenComplete { result in
            let (handler, context) = bound.value
            guard case .success(let answer) = result else { return context.close(promise: nil) }
            handler.write(answer, keepsAlive: head.isKeepAlive, to: context)
        }
    }

    private func write(_ answer: AdminAnswer, keepsAlive: Bool, to context: ChannelHandlerContext) {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "Content-Length", value: "\(answer.body.count)")
        if !keepsAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            if !keepsAlive { bound.value.close(promise: nil) }
        }
    }
}
