import CryptoPrimitives
import Synchronization

/// What a node has on the wire for its members of committees: connections to other nodes, shared by all its channels, and the members by chain.
package final class CommitteeWire: Sendable {
    private struct State {
        var connections: [MemberConnection.Route: (connection: MemberConnection, users: Int)] = [:]
        var members: [[UInt8]: CommitteeLinks] = [:]
    }

    let limits: CommitteeWireLimits
    let tls: CommitteeTLS
    /// The hash of this node's TLS key.
    let key: [UInt8]
    private let state = Mutex(State())
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobInput: AsyncStream<@Sendable () async -> Void>.Continuation

    /// - Parameter tls: The pair of the server at which the node's members can be reached.
    /// - Throws: `WireError` when the certificate cannot be read.
    package init(tls: CommitteeTLS, limits: CommitteeWireLimits = CommitteeWireLimits()) throws(WireError) {
        self.tls = tls
        self.limits = limits
        self.key = try tls.keyHash()
        // Bounded by what starts jobs: a connection for each route, a lane for each member of a chain.
        (self.jobs, self.jobInput) = AsyncStream.makeStream()
    }

    /// Makes and keeps connections until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in self.jobs { group.addTask { await job() } }
            group.cancelAll()
            for connection in self.state.withLock({ state in state.connections.values.map(\.connection) }) { connection.close() }
        }
    }

    func start(_ job: @escaping @Sendable () async -> Void) { self.jobInput.yield(job) }

    // MARK: - Members of this node

    func add(_ links: CommitteeLinks) { self.state.withLock { $0.members[links.chain] = links } }

    func remove(_ links: CommitteeLinks) {
        self.state.withLock { state in if state.members[links.chain] === links { state.members[links.chain] = nil } }
    }

    func links(of chain: [UInt8]) -> CommitteeLinks? { self.state.withLock { $0.members[chain] } }

    // MARK: - Connections

    /// The connection of a route, made when nobody has it yet; every call is paired with one of `release`.
    func connection(_ route: MemberConnection.Route) throws(WireError) -> MemberConnection {
        if let known = self.use(route) { return known }
        let made = try MemberConnection(route, pair: self.tls, limits: self.limits)
        let (connection, isNew) = self.state.withLock { state in
            if var known = state.connections[route] {
                known.users += 1
                state.connections[route] = known
                return (known.connection, false)
            }
            state.connections[route] = (made, 1)
            return (made, true)
        }
        if isNew { self.start { await connection.run() } }
        return connection
    }

    private func use(_ route: MemberConnection.Route) -> MemberConnection? {
        self.state.withLock { state in
            guard var known = state.connections[route] else { return nil }
            known.users += 1
            state.connections[route] = known
            return known.connection
        }
    }

    /// Closes the connection when nobody else has it.
    func release(_ route: MemberConnection.Route) {
        let unused = self.state.withLock { state -> MemberConnection? in
            guard var known = state.connections[route] else { return nil }
            known.users -= 1
            state.connections[route] = known.users > 0 ? known : nil
            return known.users > 0 ? nil : known.connection
        }
        unused?.close()
    }

    /// How many connections this node has made.
    package var connectionCount: Int { self.state.withLock { $0.connections.count } }

    func nonce() -> [UInt8] {
        var random = SystemRandomSource()
        return random.bytes(count: CommitteeLinkFormat.nonceBytes)
    }
}
