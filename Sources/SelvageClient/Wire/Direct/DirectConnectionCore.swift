import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// What a connection is at the moment; of its event loop alone.
final class DirectConnectionCore {
    /// A connection that is made or was made.
    private final class Link {
        let channel: any Channel
        let multiplexer: NIOHTTP2Handler.StreamMultiplexer
        let watch: ConnectionWatch
        /// The stream that small calls share, once one is open.
        var shared: SharedStream?

        init(channel: any Channel, multiplexer: NIOHTTP2Handler.StreamMultiplexer, watch: ConnectionWatch) {
            self.channel = channel
            self.multiplexer = multiplexer
            self.watch = watch
        }
    }

    private enum State {
        case idle
        case connecting
        case ready(Link)
        /// Calls fail at once until it is time to try again.
        case failed(RPCError, until: NIODeadline)
    }

    private let address: NodeAddress
    private let tls: NIOSSLContext?
    private let limits: ClientWireLimits
    private let loop: any EventLoop
    private var state = State.idle
    private var isClosed = false
    /// All that are not closed: the one in use, and those that take no more calls and have some under way.
    private var links: [ObjectIdentifier: Link] = [:]
    /// The one that is being made, when bytes can go over it.
    private var candidate: ObjectIdentifier?
    private var waiting: [DirectCall] = []
    private var retryMilliseconds: Int64

    init(_ address: NodeAddress, _ tls: NIOSSLContext?, _ limits: ClientWireLimits, _ loop: any EventLoop) {
        self.address = address
        self.tls = tls
        self.limits = limits
        self.loop = loop
        self.retryMilliseconds = limits.firstRetryMilliseconds
    }

    func begin(_ request: DirectRequest, _ waiting: CheckedContinuation<[UInt8]?, any Error>) -> DirectCall {
        let call = DirectCall(request, headers: self.headers(request), limit: self.limits.messageBytes, waiting: waiting)
        guard !self.isClosed else {
            call.end(.failure(RPCError(code: .unavailable, message: "the connection was closed")))
            return call
        }
        if case .ready(let link) = self.state, link.watch.offersSharedStream, SharedStream.takes(request) {
            call.join(self.sharedStream(of: link))
            return call
        }
        call.start(on: self.loop)
        switch self.state {
        case .failed(let reason, let until) where until > .now(): call.end(.failure(reason))
        case .idle, .failed:
            self.waiting.append(call)
            self.connect()
        case .connecting: self.waiting.append(call)
        case .ready(let link) where link.watch.isWornOut:
            link.watch.retire()
            self.waiting.append(call)
            self.connect()
        case .ready(let link): self.open(call, link)
        }
        return call
    }

    func close() {
        self.isClosed = true
        switch self.state {
        case .ready(let link): link.watch.retire()
        case .connecting where self.isUnwanted: self.cutOff()
        default: break
        }
    }

    /// Whether nobody waits for the connection that is being made.
    private var isUnwanted: Bool { self.waiting.allSatisfy(\.isOver) }

    /// - Parameter done: Kept when all connections are closed.
    func finish(_ done: EventLoopPromise<Void>) {
        self.close()
        EventLoopFuture.andAllComplete(self.links.values.map(\.channel.closeFuture), on: self.loop).cascade(to: done)
    }

    func cutOff() {
        self.isClosed = true
        for call in self.waiting { call.end(.failure(CancellationError())) }
        for link in self.links.values { link.channel.close(promise: nil) }
    }

    private func headers(_ request: DirectRequest) -> HPACKHeaders {
        request.headers(scheme: self.tls == nil ? "http" : "https", authority: self.address.serverName ?? self.address.description)
    }

    private func sharedStream(of link: Link) -> SharedStream {
        if let open = link.shared { return open }
        let headers = self.headers(DirectRequest(path: SharedStreamFormat.path, message: [], seconds: nil, endsWithAnswer: false))
        let stream = SharedStream(headers, on: link.watch, limit: self.limits.messageBytes, loop: self.loop) { link.shared = nil }
        link.shared = stream
        let made = self.add(stream, to: link)
        made.assumeIsolated().whenFailure { error in
            stream.fail(RPCError(code: .unavailable, message: "the connection takes no call", cause: error))
        }
        return stream
    }

    private func add(_ handler: some ChannelHandler, to link: Link) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(handler, eventLoop: self.loop)
        let made = self.loop.makePromise(of: (any Channel).self)
        link.multiplexer.createStreamChannel(promise: made) { stream in
            stream.eventLoop.makeCompletedFuture { try stream.pipeline.syncOperations.addHandler(bound.value) }
        }
        return made.futureResult
    }

    private func open(_ call: DirectCall, _ link: Link) {
        guard !call.isOver else { return }
        call.join(link.watch)
        self.add(call, to: link).assumeIsolated().whenFailure { error in
            call.end(.failure(RPCError(code: .unavailable, message: "the connection takes no call", cause: error)))
            call.leave()
        }
    }

    // MARK: - Connecting

    private func connect() {
        self.state = .connecting
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let connecting = ClientBootstrap(group: self.loop)
            .connectTimeout(.seconds(self.limits.pingAnswerSeconds))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try bound.value.dress(channel) } }
            .connect(host: self.address.host, port: self.address.port)
        connecting.assumeIsolated().whenComplete { outcome in
            switch outcome {
            case .success(let channel):
                self.candidate = ObjectIdentifier(channel)
                if self.isClosed, self.isUnwanted { channel.close(promise: nil) }
            case .failure(let error): self.fail(Self.cause(of: error))
            }
        }
    }

    private func dress(_ channel: any Channel) throws {
        let id = ObjectIdentifier(channel)
        let pipeline = channel.pipeline.syncOperations
        if let tls = self.tls {
            let name = self.address.serverName ?? self.address.host
            let isNumeric = (try? SocketAddress(ipAddress: name, port: 0)) != nil
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isNumeric ? nil : name))
        }
        try pipeline.addHandler(PingAnswers(ofClient: false))
        try pipeline.addHandler(FlushOnce())
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        var stream = NIOHTTP2Handler.StreamConfiguration()
        connection.targetWindowSize = self.limits.windowBytes
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: self.limits.windowBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: HPACKLimits.headerListBytes),
        ]
        stream.targetWindowSize = self.limits.windowBytes
        // As many in a third of the usual time: a node may refuse a call by resetting it.
        stream.streamResetFrameRateLimit.windowLength = .seconds(10)
        let multiplexer = try pipeline.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: connection, streamConfiguration: stream
        ) { pushed in pushed.close() }
        let watch = ConnectionWatch(self.limits) { self.take($0, of: id) }
        try pipeline.addHandler(watch)
        self.links[id] = Link(channel: channel, multiplexer: multiplexer, watch: watch)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.links[id] = nil }
    }

    private func take(_ event: ConnectionWatch.Event, of id: ObjectIdentifier) {
        guard let link = self.links[id] else { return }
        switch event {
        case .ready:
            self.candidate = nil
            self.retryMilliseconds = self.limits.firstRetryMilliseconds
            self.state = .ready(link)
            let waiting = self.waiting
            self.waiting = []
            for call in waiting { self.open(call, link) }
            if self.isClosed { link.watch.retire() }
        case .draining:
            link.watch.retire()
            if self.isInUse(id) { self.state = .idle }
        case .over(let cause):
            if self.candidate == id {
                self.candidate = nil
                self.fail(cause)
            } else if self.isInUse(id) {
                // The next call finds out whether the node is still there.
                self.state = .idle
            }
        }
    }

    private func isInUse(_ id: ObjectIdentifier) -> Bool {
        if case .ready(let link) = self.state { ObjectIdentifier(link.channel) == id } else { false }
    }

    private func fail(_ cause: (any Error)?) {
        let reason = RPCError(code: .unavailable, message: "the connection ended before the node was ready", cause: cause)
        self.state = .failed(reason, until: .now() + .milliseconds(self.retryMilliseconds))
        self.retryMilliseconds = min(self.retryMilliseconds * 2, self.limits.lastRetryMilliseconds)
        let waiting = self.waiting
        self.waiting = []
        for call in waiting { call.end(.failure(reason)) }
    }

    /// One reason of possibly many: that of the first address, or of the name.
    private static func cause(of error: any Error) -> any Error {
        guard let error = error as? NIOConnectionError else { return error }
        return error.connectionErrors.last?.error ?? error.dnsAError ?? error.dnsAAAAError ?? error
    }
}

private enum HPACKLimits {
    /// The default of the library and of swift-nio-http2.
    static let headerListBytes = 16_384
}
