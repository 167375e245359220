import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Glibc
import NIOCore
import NIOSSL
import Synchronization

/// One connection to another node for one class of lanes; all channels that both are members of share it.
final class MemberConnection: Sendable {
    /// Where it leads, what is expected there, and what it carries.
    struct Route: Hashable, Sendable {
        let host: String
        let port: Int
        /// The hash of the server's TLS key where the configuration names it.
        let serverKey: [UInt8]?
        let isForVotes: Bool
    }

    typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    let client: Client
    private let seen: SeenKey

    /// The hash of the TLS key that the server has shown; nil before it has.
    var serverKey: [UInt8]? { self.seen.key.withLock { $0 } }

    /// - Throws: `WireError` when the own certificate or key cannot be used.
    init(_ route: Route, pair: CommitteeTLS, limits: CommitteeWireLimits) throws(WireError) {
        let seen = SeenKey()
        self.seen = seen
        let security = HTTP2ClientTransport.Posix.TransportSecurity.mTLS(
            certificateChain: [.bytes(pair.certificate, format: .pem)], privateKey: .bytes(pair.key, format: .pem)
        ) { tls in
            // Who the other one is, is proven by its keys; authorities have no say in it.
            tls.serverCertificateVerification = .noHostnameVerification
            tls.trustRoots = .certificates([.bytes(pair.certificate, format: .pem)])
            tls.customVerificationCallback = { certificates, promise in
                guard let key = certificates.first.flatMap({ TLSKey.hash(of: $0) }), route.serverKey.map({ $0 == key }) ?? true else {
                    return promise.succeed(.failed)
                }
                seen.key.withLock { $0 = key }
                promise.succeed(.certificateVerified(VerificationMetadata(nil)))
            }
        }
        do {
            let transport = try HTTP2ClientTransport.Posix(
                target: Self.target(route), transportSecurity: security,
                config: .defaults { config in
                    config.connection.maxIdleTime = nil
                    config.backoff.initial = .milliseconds(limits.firstRetryMilliseconds)
                    config.backoff.max = .milliseconds(limits.lastRetryMilliseconds)
                    config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
                        channel.setOption(
                            ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)),
                            value: limits.unacknowledgedMilliseconds)
                    }
                })
            self.client = GRPCClient(transport: transport)
        } catch {
            throw .certificateUnreadable(reason: "the node's pair for TLS cannot be used (\(error))")
        }
    }

    /// Lasts until `close()`.
    func run() async {
        // It throws only when it was closed before it ran.
        try? await self.client.runConnections()
    }

    func close() { self.client.beginGracefulShutdown() }

    private static func target(_ route: Route) -> any ResolvableTarget {
        switch try? SocketAddress(ipAddress: route.host, port: route.port) {
        case .v4: .ipv4(address: route.host, port: route.port)
        case .v6: .ipv6(address: route.host, port: route.port)
        default: .dns(host: route.host, port: route.port)
        }
    }

    private final class SeenKey: Sendable {
        let key = Mutex<[UInt8]?>(nil)
    }
}

/// The pair with which a node shows who it is to other members: the same as its server's.
package struct CommitteeTLS: Sendable {
    /// PEM: the node's certificate, then those between it and its root.
    package let certificate: [UInt8]
    /// PEM, not encrypted.
    package let key: [UInt8]

    package init(certificate: [UInt8], key: [UInt8]) {
        self.certificate = certificate
        self.key = key
    }

    /// The hash of its public key.
    func keyHash() throws(WireError) -> [UInt8] {
        guard let certificate = try? NIOSSLCertificate.fromPEMBytes(self.certificate).first, let hash = TLSKey.hash(of: certificate) else {
            throw .certificateUnreadable(reason: "it is no PEM text of certificates")
        }
        return hash
    }
}
