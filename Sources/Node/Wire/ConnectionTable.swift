import CryptoPrimitives
import GRPCNIOTransportHTTP2Posix
import NIOCore
import Synchronization

/// The connections of one server: how many there are, whose they are, and the certificate that each client showed.
final class ConnectionTable: Sendable {
    private struct State {
        var count = 0
        var ofAddress: [String: Int] = [:]
        /// SHA-256 of the client's certificate, of its PEM text and of its public key, by the name that calls have for their connection.
        var certificates: [String: (hash: [UInt8], textHash: [UInt8], key: [UInt8]?)] = [:]
        /// The library's ends of the connections that are open.
        var ends: [String: ConnectionEnd] = [:]
        var isStopping = false
    }

    private typealias ConnectionEnd = HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel

    /// Keeps the ends of connections for as long as the process lives.
    private final class Ends: Sendable {
        let ends: [ConnectionEnd]

        init(_ ends: [ConnectionEnd]) { self.ends = ends }
    }

    private let state = Mutex(State())
    private let limits: WireLimits

    init(limits: WireLimits) {
        self.limits = limits
    }

    /// The number of open connections.
    var count: Int { self.state.withLock { $0.count } }

    /// Makes room for a connection; false when there is none.
    func admit(from host: String) -> Bool {
        self.state.withLock { state in
            let known = state.ofAddress[host, default: 0]
            guard state.count < self.limits.connections, known < self.limits.connectionsOfOneAddress else { return false }
            state.count += 1
            state.ofAddress[host] = known + 1
            return true
        }
    }

    /// Keeps the library's end of a connection while the connection is open.
    ///
    /// A connection that is taken at the moment when the listening ends is forgotten by the library, and an end that goes without having been
    /// served stops the process. So from `stop()` on no end is ever let go: a few kilobytes for each connection that was open then.
    func keep(_ end: HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, of connection: String) {
        self.state.withLock { state in
            if state.isStopping { Self.forget([end]) } else { state.ends[connection] = end }
        }
    }

    /// The server takes no more connections from now on.
    func stop() {
        self.state.withLock { state in
            state.isStopping = true
            Self.forget(Array(state.ends.values))
            state.ends = [:]
        }
    }

    private static func forget(_ ends: [ConnectionEnd]) {
        if !ends.isEmpty { _ = Unmanaged.passRetained(Ends(ends)) }
    }

    func note(certificate der: [UInt8], key: [UInt8]?, of connection: String) {
        let (hash, textHash) = (SHA256.hash(der), SHA256.hash(Array(PEM.encode(label: "CERTIFICATE", der: der).utf8)))
        self.state.withLock { $0.certificates[connection] = (hash, textHash, key) }
    }

    /// SHA-256 of the certificate that a client showed; nil without one.
    func certificateHash(of connection: String) -> [UInt8]? {
        self.state.withLock { $0.certificates[connection]?.hash }
    }

    /// The same, and SHA-256 of its PEM text, which some of Fabric's programs take for it; empty without one.
    func certificateHashes(of connection: String) -> [[UInt8]] {
        self.state.withLock { $0.certificates[connection].map { [$0.hash, $0.textHash] } ?? [] }
    }

    /// SHA-256 of the public key of the certificate that a client showed; nil without one.
    func key(of connection: String) -> [UInt8]? {
        self.state.withLock { $0.certificates[connection]?.key }
    }

    func remove(_ connection: String, from host: String) {
        self.state.withLock { state in
            state.count -= 1
            state.certificates[connection] = nil
            state.ends[connection] = nil
            let left = state.ofAddress[host, default: 1] - 1
            state.ofAddress[host] = left > 0 ? left : nil
        }
    }

    /// The name under which calls know their connection, and the client's address alone.
    static func names(of address: NIOCore.SocketAddress?) -> (connection: String, host: String) {
        switch address {
        case .v4(let inner): ("ipv4:\(inner.host):\(address?.port ?? 0)", inner.host)
        case .v6(let inner): ("ipv6:[\(inner.host)]:\(address?.port ?? 0)", inner.host)
        default: ("<unknown>", "<unknown>")
        }
    }
}
