import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LedgerModel
import SelvageClient

/// A gRPC server of a node: one port, its TLS and limits, and the services that it was given.
///
/// All its connections are on one event loop, and so are the calls on them; a call that computes for long leaves it.
/// `run()` listens until `stop()`. Then nothing new is taken, streams that wait are told, and calls under way have a moment to end.
package final class WireServer: Sendable {
    private let server: GRPCServer<HTTP2ServerTransport.Custom<WireListener>>
    private let bound = OneTimeSignal<Result<WireEndpoint, WireError>>()
    private let context: WireContext
    private let executor = LoopExecutor()
    private let listening = ListeningChannel()
    private let direct: DirectCalls

    /// Prepares a server; the port is taken by `run()`.
    ///
    /// - Parameters:
    ///   - tls: Nil for plain text.
    ///   - clock: By which certificates and requests are judged.
    ///   - services: Made for this server.
    /// - Throws: `WireError` when certificate and key cannot be used.
    package init(
        listen endpoint: WireEndpoint, tls: ServerTLS?, limits: WireLimits = WireLimits(), clock: @escaping @Sendable () -> Timestamp,
        services: (WireContext) -> [any RegistrableRPCService]
    ) throws(WireError) {
        let security = try tls?.context(now: clock())
        let context = WireContext(
            now: clock, limits: limits, connections: ConnectionTable(limits: limits), stopping: OneTimeSignal(),
            bindsRequests: tls?.bindsRequests ?? false, serverKey: try tls?.keyHash(), bound: self.bound)
        let listener = WireListener(
            endpoint: endpoint, tls: security, takesAnyCertificate: tls?.takesAnyCertificate ?? false, limits: limits,
            table: context.connections, bound: self.bound, listening: self.listening, eventLoopGroup: self.executor.loop)
        let services = services(context)
        let direct = DirectCalls(
            services.compactMap { $0 as? any DirectService }, limits: limits, executor: self.executor,
            stopping: context.stopping)
        let transport = HTTP2ServerTransport.Custom(listenerFactory: listener, config: Self.configuration(limits, direct))
        self.context = context
        self.direct = direct
        self.server = GRPCServer(transport: transport, services: services)
    }

    /// Where it listens, once it does.
    ///
    /// - Throws: The reason when it cannot.
    package func endpoint() async throws(WireError) -> WireEndpoint {
        guard let outcome = await self.bound.wait() else { throw .failed(reason: "nobody waited for it to listen") }
        return try outcome.get()
    }

    /// How many clients are connected.
    package var connectionCount: Int { self.context.connections.count }

    /// Listens and serves until `stop()`.
    package func run() async throws(WireError) {
        let failure = await withTaskGroup(of: WireError?.self) { group in
            group.addTask { await self.serve() }
            group.addTask {
                await self.shutDown()
                return nil
            }
            // Either all calls have ended, or their time is over: then they are cancelled.
            let first = await group.next() ?? nil
            group.cancelAll()
            await self.direct.end()
            return first
        }
        await self.listening.close()
        self.bound.fire(.failure(.failed(reason: "it was stopped before it listened")))
        if let failure, self.context.stopping.value == nil { throw failure }
    }

    private func serve() async -> WireError? {
        do {
            try await withTaskExecutorPreference(self.executor) { try await self.server.serve() }
            return nil
        } catch {
            return Self.reason(error)
        }
    }

    /// Ends `run()`.
    package func stop() {
        self.context.stopping.fire(())
    }

    private func shutDown() async {
        guard await self.context.stopping.wait() != nil else { return }
        self.context.connections.stop()
        self.server.beginGracefulShutdown()
        try? await Task.sleep(for: .milliseconds(self.context.limits.graceMilliseconds))
    }

    private static func reason(_ error: any Error) -> WireError {
        if let known = error as? WireError { return known }
        if let wrapped = error as? RuntimeError, let cause = wrapped.cause as? WireError { return cause }
        return .failed(reason: "\(error)")
    }

    private static func configuration(_ limits: WireLimits, _ direct: DirectCalls) -> HTTP2ServerTransport.Custom<WireListener>.Config {
        var configuration = HTTP2ServerTransport.Custom<WireListener>.Config.defaults
        configuration.rpc.maxRequestPayloadSize = limits.messageBytes
        configuration.http2.targetWindowSize = limits.windowBytes
        configuration.http2.maxConcurrentStreams = limits.callsOfOneConnection
        configuration.connection.keepalive.time = .seconds(limits.serverPingSeconds)
        configuration.connection.keepalive.timeout = .seconds(limits.pingAnswerSeconds)
        configuration.channelDebuggingCallbacks.onAcceptHTTP2Stream = { stream in
            stream.eventLoop.makeCompletedFuture {
                try direct.attach(to: stream)
                ConnectionHandler.count(stream)
            }
        }
        return configuration
    }
}
