import FabricMessages
import Identity
import LedgerModel
import SelvageClient

/// A whole network in one process, each node on its own port with TLS: what `selvage dev` runs. Its committee speaks over these ports too,
/// but for the pool of the preset `paper`, whose fifty nodes would hold more than two thousand connections.
///
/// The nodes are those of the network's files. The host acts as the organisations' administrators: it
/// has the contracts that come with the node approved and committed where that was not done before.
package struct DevelopmentHost: Sendable {
    package let plan: NetworkPlan
    package let servers: [NodeServer]
    private let administrators: [SigningIdentity]
    private let environment = SystemEnvironment()

    /// Opens the nodes of a folder that a `NetworkPlan` was written to.
    ///
    /// - Parameter change: What is to be otherwise than in the nodes' files.
    /// - Throws: As `NodeServer` does.
    package init(
        _ plan: NetworkPlan, folder: String, change: (inout NodeConfiguration) -> Void = { _ in },
        report: @escaping @Sendable (NodeEvent) -> Void
    ) throws {
        let now = self.environment.now()
        self.plan = plan
        let near = plan.nodes.contains { $0.process != nil } ? NearCommittees() : nil
        self.servers = try plan.nodes.map { node in
            var configuration = try NodeConfiguration(file: "\(folder)/\(node.folder)/node.yaml")
            change(&configuration)
            return try NodeServer(configuration, near: near, report: report)
        }
        self.administrators = try plan.organizations.map { organization in
            try LocalMSP(
                folder: "\(folder)/organizations/peerOrganizations/\(organization.domain)/users/Admin@\(organization.domain)/msp",
                mspID: organization.mspID, now: now
            ).identity
        }
    }

    /// Runs all nodes until `stop()`.
    ///
    /// - Parameter ready: Called once, with where the nodes listen, when the contracts are defined, and with the first
    ///   transaction of a new network.
    package func run(ready: @Sendable @escaping ([WireEndpoint], FirstTransaction?) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in self.servers { group.addTask { try await server.run() } }
            group.addTask {
                var endpoints: [WireEndpoint] = []
                for server in self.servers { endpoints.append(try await server.endpoint()) }
                let first = try await self.defineContracts()
                try await ready(endpoints, first)
            }
            defer {
                self.stop()
                group.cancelAll()
            }
            while try await group.next() != nil {}
        }
    }

    /// The first transaction that was committed, and how long it took from the moment when all nodes listened.
    package struct FirstTransaction: Sendable {
        package let id: TransactionID
        package let block: BlockNumber
        package let milliseconds: UInt64
    }

    /// Ends `run()`.
    package func stop() {
        for server in self.servers { server.stop() }
    }

    private var peers: [PeerNode] { self.servers.compactMap { $0.peers?.peer(of: self.plan.channel) } }

    /// Has every contract that comes with the node approved by all and committed; nil when all of them were before.
    private func defineContracts() async throws -> FirstTransaction? {
        guard let orderers = self.servers.compactMap(\.orderers).first, let peer = self.peers.first else { return nil }
        let started = self.environment.monotonicNanoseconds()
        let snapshot = peer.snapshot()
        let missing = try NodeContracts.all.map { Namespace($0.name) }.filter { try ChaincodeDefinition.read($0, from: snapshot) == nil }
            .map { ChaincodeDefinition(name: $0, version: "1.0", sequence: 1, validationParameter: []) }
        // Every organisation approves all of them, then all are committed: two or three blocks, however many contracts there are.
        let approvals = try missing.flatMap { definition in
            try zip(self.administrators, self.peers).map { (try definition.approval(), $0, [$1]) }
        }
        let first = try await self.submit(approvals, to: orderers, started: started)
        guard let administrator = self.administrators.first else { return first }
        _ = try await self.submit(try missing.map { (try $0.commit(), administrator, self.peers) }, to: orderers, started: started)
        return first
    }

    /// Submits calls at the same time and waits until all peers have all of them; gives the one that was committed first.
    private func submit(
        _ calls: [(call: ChaincodeCall, identity: SigningIdentity, peers: [PeerNode])], to orderers: OrdererChannels, started: UInt64
    ) async throws -> FirstTransaction? {
        try await withThrowingTaskGroup(of: FirstTransaction.self) { group in
            for (call, identity, peers) in calls {
                group.addTask {
                    let status = try await self.submit(call, by: identity, to: orderers, endorsedBy: peers)
                    let milliseconds = (self.environment.monotonicNanoseconds() - started) / 1_000_000
                    return FirstTransaction(id: status.transaction, block: status.block, milliseconds: milliseconds)
                }
            }
            var first: FirstTransaction?
            while let next = try await group.next() { first = first ?? next }
            return first
        }
    }

    /// Submits a call and waits for all peers.
    private func submit(
        _ call: ChaincodeCall, by identity: SigningIdentity, to orderers: OrdererChannels, endorsedBy peers: [PeerNode]
    ) async throws -> CommitStatus {
        let gateway = Gateway(identity: identity, channel: self.plan.channel, orderer: orderers, environment: self.environment)
        let status = try await gateway.submit(call, endorsedBy: peers).status
        for peer in self.peers { _ = try await gateway.commitStatus(of: status.transaction, on: peer) }
        return status
    }
}
