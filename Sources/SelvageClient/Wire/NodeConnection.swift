import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore

/// One gRPC connection to one node, for any number of calls at a time; it connects at the first call and again after a failure.
///
/// Somebody runs it: `run()` lasts until `close()`. A call on a node that cannot be reached fails at once and says why; meanwhile the
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
    /// One that is made while a call is answered is on that call's loop.
    private let executor = LoopExecutor()

    /// - Parameter tls: Nil for plain text.
    /// - Throws: `NodeConnectionError` when certificates or key cannot be used; whether the node is there is found out by calls.
    package init(to address: NodeAddress, name: String? = nil, tls: ClientTLS?, limits: ClientWireLimits = ClientWireLimits())
        throws(NodeConnectionError)
    {
        let name = name ?? "node"
        let (security, hash) = try tls?.security() ?? (.plaintext, [])
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
    }

    /// Keeps the connection until `close()`, or until the task is cancelled.
    package func run() async {
        // It throws only when it runs already or was closed before.
        try? await withTaskExecutorPreference(self.executor) { try await self.client.runConnections() }
    }

    /// Ends `run()`; calls under way come to their end, new ones fail.
    package func close() {
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
        do {
            return try await body(self.client)
        } catch {
            throw NodeConnectionError.reason(error, node: self.name, address: self.address)
        }
    }

    /// One message out, one back.
    package func unary(_ method: MethodDescriptor, _ request: [UInt8], hasDeadline: Bool = true) async throws -> [UInt8] {
        try await self.call { client in
            try await client.unary(
                request: ClientRequest(message: request), descriptor: method, serializer: BytesCoding(), deserializer: BytesCoding(),
                options: self.options(hasDeadline: hasDeadline)
            ) { try $0.message }
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
