import NIOCore
import Synchronization

/// The connections of one server: how many there are, whose they are, and the certificate that each client showed.
final class ConnectionTable: Sendable {
    private struct State {
        var count = 0
        var ofAddress: [String: Int] = [:]
        /// SHA-256 of the client's certificate, by the name that calls have for their connection.
        var certificates: [String: [UInt8]] = [:]
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

    func note(certificateHash: [UInt8], of connection: String) {
        self.state.withLock { $0.certificates[connection] = certificateHash }
    }

    /// SHA-256 of the certificate that a client showed; nil without one.
    func certificateHash(of connection: String) -> [UInt8]? {
        self.state.withLock { $0.certificates[connection] }
    }

    func remove(_ connection: String, from host: String) {
        self.state.withLock { state in
            state.count -= 1
            state.certificates[connection] = nil
            let left = state.ofAddress[host, default: 1] - 1
            state.ofAddress[host] = left > 0 ? left : nil
        }
    }

    /// The name under which calls know their connection, and the client's address alone.
    static func names(of address: SocketAddress?) -> (connection: String, host: String) {
        switch address {
        case .v4(let inner): ("ipv4:\(inner.host):\(address?.port ?? 0)", inner.host)
        case .v6(let inner): ("ipv6:[\(inner.host)]:\(address?.port ?? 0)", inner.host)
        default: ("<unknown>", "<unknown>")
        }
    }
}
