import Chaincode
import CryptoPrimitives
import GRPCCore
import Identity
import LedgerModel
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
    private let server: WireServer
    private let admin: AdminServer?
    private let feeds: OrdererFeeds
    private let pace: BlockFollower.Pace
    private let stopping = OneTimeSignal<Void>()
    private let report: @Sendable (NodeEvent) -> Void

    /// Reads keys and certificates, opens all ledgers, and joins the channels that the file names; the port is taken by `run()`.
    ///
    /// - Parameters:
    ///   - contracts: User contracts that are compiled in.
    ///   - report: Hears what happens.
    /// - Throws: `NodeConfigurationError`, `NodeError` or `WireError`: one line that names the file, the key and what to do.
    package init(
        _ configuration: NodeConfiguration, contracts: [any Contract] = NodeContracts.all, environment: SystemEnvironment = SystemEnvironment(),
        pace: BlockFollower.Pace = BlockFollower.Pace(), report: @escaping @Sendable (NodeEvent) -> Void = { _ in }
    ) throws {
        let now = environment.now()
        let msp = try LocalMSP(folder: configuration.mspFolder, mspID: configuration.mspID, now: now)
        let files = NodeFiles(configuration: configuration)
        let tls = try files.tls(now: now)
        let genesis = try files.genesisBlocks()
        let signatures = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
        let orderers: OrdererChannels? =
            try configuration.roles.contains(.orderer)
            ? OrdererChannels(
                name: configuration.name, identity: msp.identity, folder: configuration.dataFolder, genesis: genesis, environment: environment,
                signatures: signatures) : nil
        var peers: ChannelTable?
        if configuration.roles.contains(.peer) {
            let table = try ChannelTable(
                ChannelTable.Parts(
                    name: configuration.name, msp: msp, folder: configuration.dataFolder, contracts: contracts, environment: environment,
                    form: configuration.ordering == .fabric ? .fabric : .canonical, signatures: signatures))
            for block in genesis where table.peer(of: try ChannelFolder.channel(of: block)) == nil { try table.join(genesis: block) }
            peers = table
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
        self.pace = pace
        self.report = report
        self.feeds = OrdererFeeds(identity: msp.identity, tls: tls, environment: environment)
        self.server = try WireServer(listen: configuration.listen, tls: tls, clock: { environment.now() }) { context in
            var services: [any RegistrableRPCService] = []
            if let orderers {
                services.append(AtomicBroadcastService(context, orderer: orderers) { orderers.ordering(of: $0) })
            }
            if let peers {
                services.append(EndorserService(context) { try await peers.process($0) })
                services.append(DeliverService(context) { peers.peer(of: $0) })
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
            if let peers = self.peers { group.addTask { await self.follow(peers) } }
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
        self.orderers?.close()
        self.peers?.close()
    }

    /// Runs the ordering of every channel, of those that are joined later too; the first that fails ends all.
    private func order(_ orderers: OrdererChannels) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await arrival in orderers.arrivals {
                self.report(.ordering(node: self.configuration.name, arrival.channel))
                group.addTask { try await arrival.ordering.run() }
            }
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

/// The files that a node's configuration names, read with errors that say which.
private struct NodeFiles {
    let configuration: NodeConfiguration

    func tls(now: Timestamp) throws(NodeConfigurationError) -> ServerTLS? {
        guard let tls = self.configuration.tls else { return nil }
        let certificates = try self.read(tls.certificate, "tls.certificate")
        if let certificate = try? Certificate(pem: certificates), now > Timestamp(seconds: certificate.notAfter) {
            throw .certificateOutOfTime(
                file: tls.certificate, key: "tls.certificate",
                reason: "the certificate has been over since \(certificate.notAfter) (seconds since 1970): issue a new one")
        }
        let authorities = try self.authorities(tls.clientAuthorities, "tls.clientAuthorities")
        return ServerTLS(
            certificates: certificates, key: try self.read(tls.key, "tls.key"),
            clients: authorities.isEmpty ? .requested : .demanded(authorities: authorities))
    }

    /// The same pair for the admin port, which demands a certificate of its own authorities.
    func adminTLS(_ admin: NodeConfiguration.Admin, _ tls: ServerTLS?) throws(NodeConfigurationError) -> ServerTLS? {
        guard var tls else { return nil }
        tls.clients = .demanded(authorities: try self.authorities(admin.clientAuthorities, "admin.clientAuthorities"))
        return tls
    }

    private func authorities(_ files: [String], _ key: String) throws(NodeConfigurationError) -> [[UInt8]] {
        var authorities: [[UInt8]] = []
        for file in files { authorities.append(try self.read(file, key)) }
        return authorities
    }

    func genesisBlocks() throws(NodeConfigurationError) -> [OrderedBlock] {
        var blocks: [OrderedBlock] = []
        for file in self.configuration.genesisFiles {
            let bytes = try self.read(file, "channels", limit: NodeLimits.genesisBytes)
            do {
                let block = try OrderedBlock(serialized: bytes)
                _ = try ChannelFolder.channel(of: block)
                blocks.append(block)
            } catch {
                throw .unreadable(file: file, key: "channels", reason: "\(error)")
            }
        }
        return blocks
    }

    private func read(_ file: String, _ key: String, limit: Int = NodeLimits.nodeFileBytes) throws(NodeConfigurationError) -> [UInt8] {
        do {
            if let bytes = try HostFiles.read(file, limit: limit) { return bytes }
        } catch {
            throw .unreadable(file: file, key: key, reason: error.reason)
        }
        throw .unreadable(file: file, key: key, reason: "there is no such file; name one that is")
    }
}
