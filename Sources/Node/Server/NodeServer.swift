import Chaincode
import CryptoPrimitives
import GRPCCore
import Identity
import LedgerModel
import SelvageClient
import SystemContracts
import Validation

/// One node as its file says: its channels, its roles and its port. `run()` serves until `stop()`.
///
/// A peer's channels come from `cscc/JoinChain` and from the file; all of them start again with the node, and each follows the ordering
/// nodes that its configuration names.
package final class NodeServer: Sendable {
    package let configuration: NodeConfiguration
    /// The peer's channels; nil on a node that is no peer.
    package let peers: ChannelTable?
    /// The channels that are ordered here; nil on a node that orders none.
    package let orderers: OrdererChannels?
    /// What the peer's gateway knows; nil on a node that is no peer.
    package let gateway: GatewayChannels?
    /// The links of this node's members of committees; nil where it can have none.
    private let committees: CommitteeWire?
    private let server: WireServer
    private let admin: AdminServer?
    /// Takes chaincode that connects; nil outside of development.
    private let chaincodes: WireServer?
    private let feeds: OrdererFeeds
    private let pace: BlockFollower.Pace
    private let stopping = OneTimeSignal<Void>()
    private let report: @Sendable (NodeEvent) -> Void

    /// Reads keys and certificates, opens all ledgers, and joins the channels that the file names; the port is taken by `run()`.
    ///
    /// - Parameters:
    ///   - contracts: User contracts that are compiled in.
    ///   - near: Shared with other nodes of this process, whose members of committees are then spoken to without a connection.
    ///   - report: Hears what happens.
    /// - Throws: `NodeConfigurationError`, `NodeError` or `WireError`: one line that names the file, the key and what to do.
    package init(
        _ configuration: NodeConfiguration, contracts: [any Contract] = NodeContracts.all, environment: SystemEnvironment = SystemEnvironment(),
        pace: BlockFollower.Pace = BlockFollower.Pace(), near: NearCommittees? = nil, report: @escaping @Sendable (NodeEvent) -> Void = { _ in }
    ) throws {
        let now = environment.now()
        let msp = try LocalMSP(folder: configuration.mspFolder, mspID: configuration.mspID, now: now)
        let files = NodeFiles(configuration: configuration)
        let tls = try files.tls(now: now)
        let genesis = try files.genesisBlocks()
        let signatures = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
        let isOrderer = configuration.roles.contains(.orderer)
        let committees = try isOrderer ? tls.map { try CommitteeWire(tls: CommitteeTLS(certificate: $0.certificates, key: $0.key)) } : nil
        let choice = OrderingChoice(
            name: configuration.name, identity: msp.identity, environment: environment, signatures: signatures, wire: committees, near: near,
            tls: tls, etcd: try files.etcd(), report: report)
        let orderers = try isOrderer ? OrdererChannels(choice, folder: configuration.dataFolder, genesis: genesis) : nil
        var peers: ChannelTable?
        var gateway: GatewayChannels?
        if configuration.roles.contains(.peer) {
            var parts = ChannelTable.Parts(
                name: configuration.name, msp: msp, folder: configuration.dataFolder, contracts: contracts, environment: environment,
                form: configuration.ordering == .fabric ? .fabric : .canonical, signatures: signatures)
            parts.chaincodes = configuration.processSettings
            let table = try ChannelTable(parts)
            for block in genesis where table.peer(of: try ChannelFolder.channel(of: block)) == nil { try table.join(genesis: block) }
            peers = table
            gateway = GatewayChannels(
                GatewayChannels.Owner(
                    name: configuration.name, identity: msp.identity, tls: tls, address: configuration.address, peers: try files.peers(),
                    orderers: orderers, ordering: configuration.ordering),
                channels: table, report: report)
        }
        if let peers, let endpoint = configuration.chaincode.takesUnsolicited {
            self.chaincodes = try WireServer(listen: endpoint, tls: nil, clock: { environment.now() }) { context in
                [ChaincodeSupportService(context, processes: peers.processes)]
            }
        } else {
            self.chaincodes = nil
        }
        if let orderers, let admin = configuration.admin {
            self.admin = try AdminServer(
                listen: admin.listen, tls: try files.adminTLS(admin, tls), now: now, api: AdminAPI(channels: orderers))
        } else {
            self.admin = nil
        }
        self.configuration = configuration
        self.peers = peers
        self.orderers = orderers
        self.gateway = gateway
        self.committees = committees
        self.pace = pace
        self.report = report
        self.feeds = OrdererFeeds(identity: msp.identity, tls: tls, environment: environment)
        self.server = try WireServer(listen: configuration.listen, tls: tls, clock: { environment.now() }) { context in
            var services: [any RegistrableRPCService] = []
            if let orderers {
                services.append(AtomicBroadcastService(context, orderer: orderers) { orderers.source(of: $0) })
            }
            if let committees { services.append(CommitteeService(context, wire: committees)) }
            if let peers {
                services.append(EndorserService(context) { try await peers.process($0) })
                services.append(DeliverService(context) { peers.peer(of: $0) })
                services.append(SnapshotService(context, membership: msp.membership) { peers.peer(of: $0)?.snapshots })
                services.append(DiscoveryService(context, node: peers.discovery(listen: configuration.listen)))
            }
            if let gateway {
                services.append(GatewayService(context) { gateway.channel(of: $0, listening: context.endpoint) })
            }
            return services
        }
    }

    /// Where it listens, once it does.
    ///
    /// - Throws: The reason when it cannot.
    package func endpoint() async throws(WireError) -> WireEndpoint { try await self.server.endpoint() }

    /// Serves, orders and follows until `stop()`.
    ///
    /// - Throws: `WireError` when the port cannot be taken, `NodeError` when ordering ends because of the node's own disk.
    package func run() async throws {
        defer { self.report(.stopped(node: self.configuration.name)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.server.run() }
            group.addTask {
                guard let endpoint = try? await self.server.endpoint() else { return }
                self.report(.listening(node: self.configuration.name, endpoint))
            }
            if let admin = self.admin {
                group.addTask { try await admin.run() }
                group.addTask {
                    guard let endpoint = await admin.listening() else { return }
                    self.report(.administered(node: self.configuration.name, endpoint))
                }
            }
            if let orderers = self.orderers { group.addTask { try await self.order(orderers) } }
            if let peers = self.peers {
                group.addTask { await self.follow(peers) }
                group.addTask { await peers.processes.run() }
            }
            if let gateway = self.gateway { group.addTask { await gateway.run() } }
            if let chaincodes = self.chaincodes {
                group.addTask { try await chaincodes.run() }
                group.addTask {
                    guard let endpoint = try? await chaincodes.endpoint() else { return }
                    self.report(.takingChaincode(node: self.configuration.name, endpoint))
                }
            }
            group.addTask {
                // Told to, or cancelled.
                _ = await self.stopping.wait()
                self.end()
            }
            defer {
                // Also after a failure: a server that is only cancelled goes on listening.
                self.end()
                group.cancelAll()
            }
            // The first failure ends all of it.
            while try await group.next() != nil {}
        }
    }

    /// Ends `run()`.
    package func stop() { self.stopping.fire(()) }

    private func end() {
        self.server.stop()
        self.admin?.stop()
        self.chaincodes?.stop()
        self.gateway?.close()
        self.orderers?.close()
        self.peers?.close()
        self.peers?.processes.stop()
    }

    /// Runs the ordering of every channel, of those that are joined later too; the first that fails ends all.
    private func order(_ orderers: OrdererChannels) async throws {
        try await withThrowingTaskGroup(of: Void.self) { links in
            // Until the last member has ended.
            if let committees = self.committees { links.addTask { await committees.run() } }
            defer { links.cancelAll() }
            try await withThrowingDiscardingTaskGroup { group in
                for await arrival in orderers.arrivals {
                    self.report(.ordering(node: self.configuration.name, arrival.channel))
                    group.addTask {
                        try await arrival.ordering.run()
                        try orderers.ended(arrival.channel)
                    }
                }
            }
        }
    }

    /// Tells of transactions that are not valid, as an operator would look for them.
    private func reportInvalid(of peer: PeerNode) {
        let (name, channel, report) = (self.configuration.name, peer.channel, self.report)
        peer.observeInvalid { statuses in
            for status in statuses.prefix(NodeLimits.reportedInvalid) {
                report(.invalid(node: name, channel, status.transaction, status.block, status.code))
            }
            let more = statuses.count - NodeLimits.reportedInvalid
            if more > 0, let last = statuses.last { report(.moreInvalid(node: name, channel, last.block, count: more)) }
        }
    }

    /// Has every channel follow its ordering nodes, those that are joined later too.
    private func follow(_ peers: ChannelTable) async {
        let name = self.configuration.name
        await withDiscardingTaskGroup { group in
            group.addTask {
                _ = await self.stopping.wait()
                peers.close()
            }
            for await peer in peers.arrivals {
                self.report(.channelOpen(node: name, peer.channel, height: peer.height))
                self.reportInvalid(of: peer)
                group.addTask {
                    let follower = BlockFollower(
                        node: name, channel: peer.channel, receiver: peer, pace: self.pace, feeds: { self.feeds.feeds(of: peer.bundle) },
                        report: self.report)
                    do throws(NodeError) {
                        try await follower.run()
                    } catch {
                        peer.endOfBlocks(because: error.description)
                        self.report(.channelStopped(node: name, peer.channel, reason: error.description))
                    }
                }
            }
            group.cancelAll()
        }
    }
}
