import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import Ordering
import SelvageClient

/// The chain on which an election is held: followed from its first block, and sent to.
struct ElectionChain: Sendable {
    let keys: PoolKeys
    private let environment: SystemEnvironment
    private let follower: GovernanceFollower
    private let feeds: OrdererFeeds
    private let tls: ServerTLS
    private static let retries = 30
    private static let pause = Duration.seconds(1)
    private static let patience = Duration.seconds(60)

    init(genesis: OrderedBlock, keys: PoolKeys, environment: SystemEnvironment) throws {
        let follower = try GovernanceFollower(genesis: genesis)
        guard let first = follower.plane.settings.seats.first?.member else { throw NetworkElectionError.gone }
        let now = environment.now()
        let reader = try keys.delegate(of: first, now: now)
        self.keys = keys
        self.environment = environment
        self.follower = follower
        self.tls = try keys.connection(of: first)
        self.feeds = OrdererFeeds(identity: reader, tls: self.tls, environment: environment)
    }

    var plane: ControlPlane { self.follower.plane }
    /// The number of the next block.
    var height: UInt64 { self.follower.height }

    /// Until there is one block more.
    func waitForBlock() async { await self.follower.wait(for: self.height) }

    /// Follows the chain while the body runs, which begins when nothing is missing.
    func whileFollowing<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let (follower, feeds) = (self.follower, self.feeds)
        let following = BlockFollower(
            node: follower.name, channel: self.plane.channelID, receiver: follower, feeds: { feeds.feeds(of: follower.plane.bundle) })
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await following.run()
                return nil
            }
            group.addTask {
                try await self.catchUp()
                return try await body()
            }
            defer { group.cancelAll() }
            while let next = try await group.next() { if let result = next { return result } }
            throw CancellationError()
        }
    }

    private func catchUp() async throws {
        var failures = 0
        while true {
            let height = self.height
            var isMore: Bool?
            for feed in self.feeds.feeds(of: self.plane.bundle) where isMore == nil { isMore = try? await feed.has(height) }
            if isMore == false { return }
            if isMore == nil { failures += 1 }
            guard failures < Self.retries else { throw NetworkElectionError.unreachable(reason: "no ordering node answers") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Has acts ordered, all at a time, each signed by the delegate of an institution.
    ///
    /// - Returns: Their blocks, in the order of the acts.
    @discardableResult
    func send(_ acts: [GovernanceTransaction], through senders: [MSPID]) async throws -> [BlockNumber] {
        let connections = try self.connections()
        return try await NodeConnection.whileOpen(connections) {
            try await withThrowingTaskGroup(of: (Int, BlockNumber).self) { group in
                for (place, act) in acts.enumerated() {
                    let sender = senders[place % senders.count]
                    group.addTask { (place, try await self.send(act, by: sender, over: connections)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
    }

    /// Waits until new nodes have caught up with the chain so far that they take envelopes.
    ///
    /// Each is sent one that nobody may send: a node that is ready finds that wrong, and any other is not there for clients yet.
    func waitUntilReady(_ addresses: [(institution: MSPID, address: String)]) async throws {
        let bundle = self.plane.bundle
        let header = ChannelHeader(
            kind: .config, timestamp: self.environment.now(), channelID: bundle.channelID, transactionID: "")
        let payload = Payload(channelHeaderBytes: header.serialized(), signatureHeaderBytes: [], data: [])
        let probe = Envelope(payload: payload.serialized(), signature: [])
        for (institution, text) in addresses {
            let address = try NodeAddress(text)
            let msp = bundle.ordererOrganizations.first { $0.mspID == institution }?.msp ?? bundle.applicationOrganization(institution)?.msp
            let own = ClientTLS.Certificate(chain: self.tls.certificates, key: self.tls.key)
            let connection = try NodeConnection(to: address, name: text, tls: ClientTLS(roots: msp?.connectionRoots ?? [], certificate: own))
            try await NodeConnection.whileOpen([connection]) {
                try await Deadline.wait(Self.patience) {
                    NetworkElectionError.notReady(address: text)
                } for: {
                    while true {
                        if let reply = try? await GRPCOrderer(connection).broadcast(probe), reply.status < 500 { return }
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
        }
    }

    /// Has the configuration name new nodes, beside the present ones or in their place, and waits until it does.
    func announce(_ addresses: [(institution: MSPID, address: String)], isAlone: Bool = false) async throws {
        let announcement = try AddressAnnouncement(addresses, isAlone: isAlone, on: self.plane.bundle)
        let administrators = try announcement.institutions.map { try self.keys.administrator(of: $0, now: self.environment.now()) }
        guard let envelope = try announcement.envelope(administrators: administrators, environment: self.environment) else { return }
        let sequence = self.plane.bundle.sequence
        let connections = try self.connections()
        try await NodeConnection.whileOpen(connections) { try await self.broadcast(envelope, over: connections) }
        try await Deadline.wait(Self.patience) {
            NetworkElectionError.notOrdered
        } for: {
            while self.plane.bundle.sequence == sequence {
                await self.waitForBlock()
                try Task.checkCancellation()
            }
        }
    }

    private func connections() throws -> [NodeConnection] {
        let own = ClientTLS.Certificate(chain: self.tls.certificates, key: self.tls.key)
        return try self.plane.bundle.orderingNodes().map {
            try NodeConnection(to: $0.address, name: $0.address.description, tls: ClientTLS(roots: $0.roots, certificate: own))
        }
    }

    private func send(_ act: GovernanceTransaction, by sender: MSPID, over connections: [NodeConnection]) async throws -> BlockNumber {
        let creator = try self.keys.delegate(of: sender, now: self.environment.now())
        let nonce = self.environment.randomBytes(count: ProposalDraft.nonceBytes)
        let transaction = Formulas.transactionID(nonce: nonce, creator: creator.serialized)
        let envelope = try GovernanceEnvelope.make(
            act, channel: self.plane.channelID, creator: creator, nonce: nonce, timestamp: self.environment.now())
        try await self.broadcast(envelope, over: connections)
        return try await Deadline.wait(Self.patience) {
            NetworkElectionError.notOrdered
        } for: {
            while true {
                if let block = self.follower.block(of: transaction) { return block }
                await self.waitForBlock()
                try Task.checkCancellation()
            }
        }
    }

    private func broadcast(_ envelope: Envelope, over connections: [NodeConnection]) async throws {
        var reason = "the configuration names none"
        for _ in 0..<Self.retries {
            for connection in connections {
                do {
                    let reply = try await GRPCOrderer(connection).broadcast(envelope)
                    if reply.isSuccess { return }
                    // What one member finds wrong with it all do.
                    guard reply.status >= 500 else { throw NetworkElectionError.refused(reason: reply.info) }
                    reason = reply.info
                } catch let error as NodeConnectionError {
                    reason = "\(error)"
                }
            }
            try await Task.sleep(for: Self.pause)
        }
        throw NetworkElectionError.unreachable(reason: reason)
    }
}
