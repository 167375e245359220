import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore

/// One gRPC connection to one node, for any number of calls at a time; it connects at the first call and again after a failure.
///
/// Calls with one message out and one back go over a connection of their own (decision 0032), all others over the library's; each is made when it is
/// needed. Somebody runs it: `run()` lasts until `close()`. A call on a node that cannot be reached fails at once and says why; meanwhile the
/// connection is tried again.
package final class NodeConnection: Sendable {
    package typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    /// The node's name, for people.
    package let name: String
    package let address: NodeAddress
    /// SHA-256 of the certificate that the client shows; empty without one. Deliver requests to nodes with mutual TLS carry it.
    package let certificateHash: [UInt8]
    package let limits: ClientWireLimits
    private let client: Client
    /// For calls with one message out and one back.
    private let direct: DirectConnection
    /// Whether the library's connection is wanted, the first word decides: nobody connects twice who needs it once.
    private let demand: AsyncStream<Bool>
    private let demandInput: AsyncStream<Bool>.Continuation
    /// One that is made while a call is answered is on that call's loop.
    private let executor = LoopExecutor()

    /// - Parameter tls: Nil for plain text.
    /// - Throws: `NodeConnectionError` when certificates or key cannot be used; whether the node is there is found out by calls.
    package init(to address: NodeAddress, name: String? = nil, tls: ClientTLS?, limits: ClientWireLimits = ClientWireLimits())
        throws(NodeConnectionError)
    {
        let name = name ?? "node"
        let (security, context, hash) = try tls?.security() ?? (.plaintext, nil, [])
        let transport: HTTP2ClientTransport.Posix
        do {
            transport = try HTTP2ClientTransport.Posix(
                target: Self.target(of: address), transportSecurity: security, config: Self.configuration(limits, address, isTLS: tls != nil),
                eventLoopGroup: self.executor.loop)
        } catch {
            throw .unreachable(node: name, address: address, reason: "\(error)")
        }
        self.name = name
        self.address = address
        self.certificateHash = hash
        self.limits = limits
        self.client = GRPCClient(transport: transport)
        (self.demand, self.demandInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        self.direct = DirectConnection(to: address, tls: context, limits: limits, loop: self.executor.loop)
    }

    /// Keeps the connection until `close()`, or until the task is cancelled.
    package func run() async {
        var isWanted = false
        for await word in self.demand {
            isWanted = word
            break
        }
        // It throws only when it runs already or was closed before.
        if isWanted { try? await withTaskExecutorPreference(self.executor) { try await self.client.runConnections() } }
        await self.direct.finish()
    }

    /// Ends `run()`; calls under way come to their end, new ones fail.
    package func close() {
        self.direct.close()
        self.demandInput.yield(false)
        self.client.beginGracefulShutdown()
    }

    /// Runs the connections while the body does.
    @discardableResult
    package static func whileOpen<Result: Sendable>(
        _ connections: [NodeConnection], _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections { group.addTask { await connection.run() } }
            defer { for connection in connections { connection.close() } }
            return try await body()
        }
    }

    /// What every call is made with.
    ///
    /// - Parameter hasDeadline: False for calls that wait for something to happen.
    package func options(hasDeadline: Bool = true) -> CallOptions {
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = self.limits.messageBytes
        options.maxResponseMessageBytes = self.limits.messageBytes
        options.waitForReady = false
        if hasDeadline { options.timeout = .seconds(self.limits.callSeconds) }
        return options
    }

    /// Makes calls.
    ///
    /// - Throws: `NodeConnectionError` for what goes wrong with the node or on the way, `CancellationError` when this task was cancelled.
    package func call<Result: Sendable>(_ body: (Client) async throws -> Result) async throws -> Result {
        self.demandInput.yield(true)
        do {
            return try await body(self.client)
        } catch {
            throw NodeConnectionError.reason(error, node: self.name, address: self.address)
        }
    }

    /// One message out, one back.
    package func unary(_ method: MethodDescriptor, _ request: [UInt8], hasDeadline: Bool = true) async throws -> [UInt8] {
        guard let answer = try await self.exchange(method, request, hasDeadline: hasDeadline, endsWithAnswer: false) else {
            throw NodeConnectionError.noAnswer(node: self.name)
        }
        return answer
    }

    /// One message out, and the first that comes back; nil when the node ends the call well without one.
    ///
    /// - Parameter endsWithAnswer: Whether the status behind the answer is not waited for.
    func exchange(_ method: MethodDescriptor, _ request: [UInt8], hasDeadline: Bool = true, endsWithAnswer: Bool = true) async throws -> [UInt8]? {
        let request = DirectRequest(
            path: "/\(method.fullyQualifiedMethod)", message: request, seconds: hasDeadline ? self.limits.callSeconds : nil,
            endsWithAnswer: endsWithAnswer)
        do {
            return try await self.direct.call(request)
        } catch {
            throw NodeConnectionError.reason(error, node: self.name, address: self.address)
        }
    }

    private static func target(of address: NodeAddress) -> any ResolvableTarget {
        switch try? SocketAddress(ipAddress: address.host, port: address.port) {
        case .v4: .ipv4(address: address.host, port: address.port)
        case .v6: .ipv6(address: address.host, port: address.port)
        default: .dns(host: address.host, port: address.port)
        }
    }

    private static func configuration(_ limits: ClientWireLimits, _ address: NodeAddress, isTLS: Bool) -> HTTP2ClientTransport.Posix.Config {
        .defaults { configuration in
            configuration.http2.authority = address.serverName
            configuration.http2.targetWindowSize = limits.windowBytes
            configuration.backoff.initial = .milliseconds(limits.firstRetryMilliseconds)
            configuration.backoff.max = .milliseconds(limits.lastRetryMilliseconds)
            configuration.answerPings(isTLS: isTLS)
            // Kept open without calls, as Fabric's clients do.
            configuration.connection.maxIdleTime = nil
            configuration.connection.keepalive = HTTP2ClientTransport.Config.Keepalive(
                time: .seconds(limits.pingSeconds), timeout: .seconds(limits.pingAnswerSeconds), allowWithoutCalls: true)
        }
    }
}
