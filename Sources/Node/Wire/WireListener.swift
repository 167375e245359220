import GRPCNIOTransportHTTP2Posix
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import SelvageClient
import Synchronization

/// Where a server listens.
package struct WireEndpoint: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    /// - Parameter port: 0 lets the system choose one.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { "\(self.host):\(self.port)" }
}

/// Binds the port and dresses each connection: limits, TLS, then gRPC's own part.
struct WireListener: HTTP2ServerTransport.ListenerFactory {
    let endpoint: WireEndpoint
    let tls: NIOSSLContext?
    /// Whether any certificate of a client will do: who asks proves who it is in each request, and this one only names the connection.
    let takesAnyCertificate: Bool
    let limits: WireLimits
    let table: ConnectionTable
    /// Where it listens in the end, or why not.
    let bound: OneTimeSignal<Result<WireEndpoint, WireError>>
    let listening: ListeningChannel

    let eventLoopGroup: any EventLoopGroup

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator, connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
        do {
            let bootstrap = ServerBootstrap(group: self.eventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 1_024)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
            let channel = try await PortPatience.bind {
                try await bootstrap.bind(host: self.endpoint.host, port: self.endpoint.port) { self.dress($0, connectionConfigurator) }
            }
            self.listening.keep(channel.channel)
            let port = channel.channel.localAddress?.port ?? self.endpoint.port
            self.bound.fire(.success(WireEndpoint(host: self.endpoint.host, port: port)))
            return channel
        } catch {
            let reason = WireError.binding(error, host: self.endpoint.host, port: self.endpoint.port)
            self.bound.fire(.failure(reason))
            throw reason
        }
    }

    /// One over the limit is taken and closed: an error here would end the listening.
    private func dress(
        _ channel: any Channel, _ configurator: HTTP2ServerTransport.ConnectionConfigurator
    ) -> EventLoopFuture<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel> {
        let names = ConnectionTable.names(of: channel.remoteAddress)
        let isAdmitted = self.table.admit(from: names.host)
        return channel.eventLoop.makeCompletedFuture {
            guard isAdmitted else { return }
            let pipeline = channel.pipeline.syncOperations
            if let tls = self.tls {
                if self.takesAnyCertificate {
                    // In place of the library's own check.
                    try pipeline.addHandler(NIOSSLServerHandler(context: tls) { _, promise in promise.succeed(.certificateVerified) })
                } else {
                    try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                }
            }
            try pipeline.addHandler(ConnectionHandler(table: self.table, name: names.connection, host: names.host, limits: self.limits))
            try pipeline.addHandler(PingAnswers(ofClient: true))
        }.flatMap {
            configurator.configure(channel: channel, tls: self.tls == nil ? .none : .configured(requireALPN: false))
        }.map { connection in
            self.table.keep(connection, of: names.connection)
            if !isAdmitted { channel.close(promise: nil) }
            return connection
        }
    }
}

/// The channel that listens, so that a server that has ended has given its port back.
final class ListeningChannel: Sendable {
    private let channel = Mutex<(any Channel)?>(nil)

    func keep(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

    /// Returns when the port is free.
    func close() async {
        guard let channel = self.channel.withLock({ $0 }) else { return }
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}

extension WireError {
    /// Why an address could not be bound, in the terms of this enum.
    static func binding(_ error: any Error, host: String, port: Int) -> WireError {
        guard let error = error as? IOError else { return .addressUnusable(host: host, port: port, reason: "\(error)") }
        if error.errnoCode == EADDRINUSE { return .portInUse(host: host, port: port) }
        return .addressUnusable(host: host, port: port, reason: String(cString: strerror(error.errnoCode)))
    }
}
