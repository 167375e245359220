import CryptoPrimitives
import LedgerModel
import SelvageClient
import Synchronization

/// Hands envelopes to the ordering node that holds the lease, and gives back its answers.
final class EtcdForwarding: Sendable {
    private struct State {
        var connections: [String: NodeConnection] = [:]
        /// Digests of the envelopes that are under way.
        var underWay: Set<[UInt8]> = []
    }

    private let state = Mutex(State())
    /// Runs a new connection until it is closed.
    private let run: @Sendable (NodeConnection) -> Void

    init(run: @escaping @Sendable (NodeConnection) -> Void) {
        self.run = run
    }

    /// Sends an envelope on.
    ///
    /// Two nodes that take each other for the holder would send it to and fro: one that comes back is refused.
    ///
    /// - Parameter tls: How the other node is judged and what it is shown; nil for plain text.
    func send(_ envelope: Envelope, digest: [UInt8], to address: String, tls: ClientTLS?) async -> BroadcastReply {
        guard self.state.withLock({ $0.underWay.insert(digest).inserted }) else {
            return BroadcastReply(status: 503, info: "the envelope is on its way to the orderer that holds the lease: send again later")
        }
        defer { _ = self.state.withLock { $0.underWay.remove(digest) } }
        do {
            return try await GRPCOrderer(try self.connection(to: address, tls)).broadcast(envelope)
        } catch {
            return BroadcastReply(status: 503, info: "the orderer that holds the lease gave no answer: \(error)")
        }
    }

    private func connection(to address: String, _ tls: ClientTLS?) throws -> NodeConnection {
        if let known = self.state.withLock({ $0.connections[address] }) { return known }
        let connection = try NodeConnection(to: NodeAddress(address), name: "the orderer that holds the lease", tls: tls)
        let (kept, isNew) = self.state.withLock { state -> (NodeConnection, Bool) in
            if let known = state.connections[address] { return (known, false) }
            // Addresses come from etcd: nobody who writes there may make a node keep any number of connections.
            if state.connections.count >= EtcdNodeLimits.forwardConnections {
                for old in state.connections.values { old.close() }
                state.connections = [:]
            }
            state.connections[address] = connection
            return (connection, true)
        }
        if isNew { self.run(kept) }
        return kept
    }

    func close() {
        let connections = self.state.withLock { Array($0.connections.values) }
        for connection in connections { connection.close() }
    }
}
