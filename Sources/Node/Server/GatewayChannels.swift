import ChannelConfiguration
import Identity
import LedgerModel
import SelvageClient
import Synchronization

/// What a peer's gateway knows of the peer's channels: other peers and the ordering nodes, with one connection to each.
///
/// Peers are those of the node's file and the anchor peers of the configuration; ordering nodes are the configuration's. A node is connected
/// to when it is first called. Channels share connections, which last until no configuration in office names the node. Somebody runs it.
package final class GatewayChannels: Sendable {
    /// What the gateway's own node is.
    struct Owner: Sendable {
        let name: String
        let identity: SigningIdentity
        /// The node's own pair, which it shows to other nodes too; nil for plain text.
        let tls: ServerTLS?
        /// Where others reach it, if not where it listens.
        let address: NodeAddress?
        /// Peers of the node's file; without roots those of their organisations are taken.
        let peers: [NamedNode]
        /// What is ordered on the node itself.
        let orderers: OrdererChannels?
        /// Whose ordering nodes the channels have.
        let ordering: NodeConfiguration.Ordering
    }

    /// One connection; the same address under other roots is another one.
    private struct Place: Hashable {
        let node: NamedNode
        let isOrderer: Bool
    }

    private struct Known {
        let sequence: UInt64
        let channel: GatewayChannel
        let places: Set<Place>
    }

    private struct State {
        var channels: [ChannelID: Known] = [:]
        var connections: [Place: NodeConnection] = [:]
        var isClosed = false
    }

    private let owner: Owner
    private let table: ChannelTable
    private let report: @Sendable (NodeEvent) -> Void
    private let state = Mutex(State())
    private let connections: AsyncStream<NodeConnection>
    private let connectionInput: AsyncStream<NodeConnection>.Continuation

    init(_ owner: Owner, channels: ChannelTable, report: @escaping @Sendable (NodeEvent) -> Void) {
        self.owner = owner
        self.table = channels
        self.report = report
        (self.connections, self.connectionInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.gatewayConnections))
    }

    /// Keeps the connections until `close()`, or until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await connection in self.connections { group.addTask { await connection.run() } }
            group.cancelAll()
        }
        self.close()
    }

    /// Ends `run()` and all connections; calls under way come to their end.
    func close() {
        let connections = self.state.withLock { state in
            state.isClosed = true
            defer { state.connections = [:] }
            return Array(state.connections.values)
        }
        self.connectionInput.finish()
        for connection in connections { connection.close() }
    }

    /// How many nodes are connected to, or will be when they are called.
    package var connectionCount: Int { self.state.withLock { $0.connections.count } }

    /// What is known of a channel under the configuration in office; nil when the peer has not joined it.
    ///
    /// - Parameter endpoint: Where the node listens, by which it finds itself among the addresses.
    package func channel(of id: ChannelID, listening endpoint: WireEndpoint?) -> GatewayChannel? {
        guard let peer = self.table.peer(of: id) else { return nil }
        var skipped: [NodeEvent] = []
        let (channel, obsolete) = self.state.withLock { state -> (GatewayChannel, [NodeConnection]) in
            let bundle = peer.bundle
            if let known = state.channels[id], known.sequence == bundle.sequence || state.isClosed { return (known.channel, []) }
            var survey = Survey(owner: self.owner, bundle: bundle, endpoint: endpoint)
            let (others, orderers) = (survey.peers(), survey.orderers())
            let office = survey.office
            var places: Set<Place> = []
            func connection(_ node: NamedNode, isOrderer: Bool) -> NodeConnection? {
                let place = Place(node: node, isOrderer: isOrderer)
                if let known = state.connections[place] {
                    places.insert(place)
                    return known
                }
                do throws(NodeConnectionError) {
                    let connection = try self.connect(place)
                    guard !state.isClosed, state.connections.count < NodeLimits.gatewayConnections,
                        case .enqueued = self.connectionInput.yield(connection)
                    else {
                        survey.skip(node.address.description, "there are \(NodeLimits.gatewayConnections) connections already")
                        return nil
                    }
                    state.connections[place] = connection
                    places.insert(place)
                    return connection
                } catch {
                    survey.skip(node.address.description, "\(error)")
                    return nil
                }
            }
            let channel = GatewayChannel(
                ledger: peer, local: GatewayPeer(peer, address: survey.ownAddress),
                others: others.compactMap { node in
                    connection(node, isOrderer: false).map { connection in
                        GatewayPeer(
                            GRPCPeer(connection, mspID: node.mspID, channel: id, identity: self.owner.identity), address: node.address.description)
                    }
                },
                orderers: orderers.compactMap { node in
                    let address = node.address.description
                    let isInOffice = office?.contains(address) ?? true
                    if survey.isHere(node), let orderers = self.owner.orderers, orderers.ordering(of: id) != nil {
                        return GatewayOrderer(orderers, address: address, mspID: node.mspID, isInOffice: isInOffice)
                    }
                    return connection(node, isOrderer: true).map { connection in
                        GatewayOrderer(GRPCOrderer(connection), address: address, mspID: node.mspID, isInOffice: isInOffice)
                    }
                }, passesOn: self.owner.ordering == .selvage)
            state.channels[id] = Known(sequence: bundle.sequence, channel: channel, places: places)
            skipped = survey.skipped
            return (channel, Self.dropObsolete(&state))
        }
        for connection in obsolete { connection.close() }
        for event in skipped { self.report(event) }
        return channel
    }

    /// Takes out the connections that no channel names any more.
    private static func dropObsolete(_ state: inout State) -> [NodeConnection] {
        let named = state.channels.values.reduce(into: Set<Place>()) { $0.formUnion($1.places) }
        var obsolete: [NodeConnection] = []
        for (place, connection) in state.connections where !named.contains(place) {
            state.connections[place] = nil
            obsolete.append(connection)
        }
        return obsolete
    }

    private func connect(_ place: Place) throws(NodeConnectionError) -> NodeConnection {
        let tls = self.owner.tls.map { own in
            ClientTLS(roots: place.node.roots, certificate: ClientTLS.Certificate(chain: own.certificates, key: own.key))
        }
        let name = "\(place.isOrderer ? "ordering node" : "peer") of \(place.node.mspID)"
        var limits = ClientWireLimits()
        // Clients wait for it: a node that is up again is asked again soon.
        limits.lastRetryMilliseconds = NodeLimits.gatewayRetryMilliseconds
        return try NodeConnection(to: place.node.address, name: name, tls: tls, limits: limits)
    }
}

/// Which nodes one configuration and the node's file name together.
private struct Survey {
    let owner: GatewayChannels.Owner
    let bundle: ChannelBundle
    let endpoint: WireEndpoint?
    /// What is not asked, and why.
    var skipped: [NodeEvent] = []

    /// What errors call the node itself.
    var ownAddress: String { self.owner.address?.description ?? self.endpoint?.description ?? self.owner.name }

    mutating func skip(_ address: String, _ reason: String) {
        self.skipped.append(.passedOver(node: self.owner.name, self.bundle.channelID, address: address, reason: reason))
    }

    /// Other peers: those of the file first, then the anchor peers; each address once.
    mutating func peers() -> [NamedNode] {
        var unreadable: [(String, String)] = []
        let anchors = self.bundle.anchorPeers { unreadable.append(($0, $1)) }
        for (address, reason) in unreadable { self.skip(address, reason) }
        let named = self.owner.peers.compactMap { node -> NamedNode? in
            // Of an organisation that is not on the channel nobody is asked there.
            guard let organization = self.bundle.applicationOrganization(node.mspID) else { return nil }
            return node.roots.isEmpty ? NamedNode(address: node.address, mspID: node.mspID, roots: organization.msp.connectionRoots) : node
        }
        var peers: [NamedNode] = []
        var known: Set<NodeAddress> = []
        for node in named + anchors where known.insert(node.address).inserted {
            if node.mspID == self.owner.identity.mspID, self.isHere(node) { continue }
            peers.append(node)
        }
        return self.bounded(peers)
    }

    mutating func orderers() -> [NamedNode] {
        var unreadable: [(String, String)] = []
        let nodes = self.bundle.orderingNodes { unreadable.append(($0, $1)) }
        for (address, reason) in unreadable { self.skip(address, reason) }
        return self.bounded(nodes)
    }

    /// Where those in office of our own committees are; nil where members may be reached by clients under other addresses.
    var office: Set<String>? {
        guard self.owner.ordering == .selvage, !self.bundle.consenters.isEmpty else { return nil }
        return Set(self.bundle.consenters.map { "\($0.host):\($0.port)" })
    }

    private mutating func bounded(_ nodes: [NamedNode]) -> [NamedNode] {
        for node in nodes.dropFirst(NodeLimits.gatewayNodes) {
            self.skip(node.address.description, "it is behind the first \(NodeLimits.gatewayNodes)")
        }
        return Array(nodes.prefix(NodeLimits.gatewayNodes))
    }

    /// Whether an address is that of the node itself.
    func isHere(_ node: NamedNode) -> Bool {
        if let own = self.owner.address, Self.isSame(own.host, own.port, node.address) { return true }
        guard let endpoint = self.endpoint else { return false }
        return Self.isSame(endpoint.host, endpoint.port, node.address)
    }

    private static func isSame(_ host: String, _ port: Int, _ address: NodeAddress) -> Bool {
        guard port == address.port else { return false }
        return host.lowercased().utf8.elementsEqual(address.host.lowercased().utf8) || self.isOfMachine(host) && self.isOfMachine(address.host)
    }

    /// Names under which a machine reaches itself, and the one for all its addresses.
    private static func isOfMachine(_ host: String) -> Bool {
        ["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"].contains { $0.utf8.elementsEqual(host.lowercased().utf8) }
    }
}
