import ChannelConfiguration
import CommitteeTestSupport
import Foundation
import Identity
import LedgerModel
import Ordering
import SelvageClient
import Synchronization
import TestSupport
import Testing

@testable import Node

/// Nodes from files whose ordering service is a committee.
@Suite(.serialized, .timeLimit(.minutes(20))) struct CommitteeServerTests {
    /// The network for development on free ports: four ordering nodes, two organisations with a peer each.
    private struct Network {
        let bench: ServerBench
        let events = Events()

        init(_ governance: NetworkPlan.Governance = .fixed) throws {
            let plan = try NetworkPlan(governance: governance)
            let ports = try FreePorts.find(plan.nodes.count)
            let hosts = zip(plan.nodes, ports).map { "\($0.name) 127.0.0.1:\($1)" }.joined(separator: "\n")
            self.bench = try ServerBench(NetworkPlan(hosts: NetworkHosts(text: hosts, file: "hosts"), governance: governance))
        }

        static func change(_ configuration: inout NodeConfiguration) { configuration.admin?.listen = WireEndpoint(host: "127.0.0.1", port: 0) }

        func host() throws -> DevelopmentHost {
            try DevelopmentHost(self.bench.plan, folder: self.bench.folder.path, change: Self.change) { self.events.note($0) }
        }

        /// One of the ordering nodes once more.
        func orderer(_ index: Int, near: NearCommittees? = nil) throws -> NodeServer {
            var configuration = try NodeConfiguration(file: self.bench.path("\(self.bench.plan.nodes[index].folder)/node.yaml"))
            Self.change(&configuration)
            return try NodeServer(configuration, near: near) { self.events.note($0) }
        }

        /// A client that hands its envelopes to one node.
        func gateway(_ server: NodeServer) throws -> Gateway {
            Gateway(
                identity: try self.bench.user("User1").identity, channel: self.bench.plan.channel, orderer: try #require(server.orderers),
                environment: self.bench.environment)
        }

        func put(_ text: String) -> ChaincodeCall {
            ChaincodeCall(chaincode: "notes", arguments: ["put", "note \(text)", text].map { Array($0.utf8) })
        }
    }

    /// What the nodes have reported.
    private final class Events: Sendable {
        private let lines = Mutex<(all: [String], awaited: [String: OneTimeSignal<Void>])>(([], [:]))

        var all: [String] { self.lines.withLock { $0.all } }

        func note(_ event: NodeEvent) {
            let awaited = self.lines.withLock { lines in
                lines.all.append(event.description)
                return lines.awaited[event.description]
            }
            awaited?.fire(())
        }

        func wait(for line: String) async {
            let signal = self.lines.withLock { lines in
                let signal = lines.awaited[line] ?? OneTimeSignal<Void>()
                if lines.all.contains(line) { signal.fire(()) }
                lines.awaited[line] = signal
                return signal
            }
            _ = await signal.wait()
        }
    }

    /// Runs the network around a story, which begins when the contracts are defined.
    private static func run(
        _ network: Network, _ story: @escaping @Sendable (DevelopmentHost, DevelopmentHost.FirstTransaction?) async throws -> Void
    ) async throws {
        let host = try network.host()
        try await host.run { _, first in
            defer { host.stop() }
            try await story(host, first)
        }
    }

    private static func peers(_ host: DevelopmentHost) -> [PeerNode] {
        host.servers.compactMap { $0.peers?.peer(of: host.plan.channel) }
    }

    private static func shown(_ server: NodeServer, _ path: String = "/mychannel") throws -> String {
        let api = AdminAPI(channels: try #require(server.orderers))
        return String(decoding: api.answer(AdminRequest(method: "GET", path: "/participation/v1/channels" + path)).body, as: UTF8.self)
    }

    @Test func `a network for development commits under its committee, goes on without a member, and has it back`() async throws {
        let network = try Network()
        try await Self.run(network) { host, first in
            #expect(first != nil)
            let peers = Self.peers(host)
            let orderers = host.servers.filter { $0.orderers != nil }
            try #require(peers.count == 2 && orderers.count == 4)
            for orderer in orderers {
                let shown = try Self.shown(orderer)
                #expect(shown.contains(#""consensusRelation":"consenter""#) && shown.contains(#""status":"active""#), "\(shown)")
            }
            // Each takes envelopes.
            for (index, orderer) in orderers.enumerated() {
                _ = try await network.gateway(orderer).submit(network.put("\(index)"), endorsedBy: peers)
            }
            // The one that the peers ask first ends while clients go on.
            let gateway = try network.gateway(orderers[1])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    group.addTask { _ = try await gateway.submit(network.put("under load \(number)"), endorsedBy: peers) }
                    if number == 4 { orderers[0].stop() }
                }
                try await group.waitForAll()
            }
            let height = peers[0].height
            for peer in peers { #expect(await peer.waitForBlock(height - 1)) }
            // It comes back and has all that it missed.
            try await Self.comeBack(network, height: height)
            #expect(try Self.shown(orderers[0]).contains(#""status":"inactive""#))
            _ = try await network.gateway(orderers[2]).submit(network.put("at the end"), endorsedBy: peers)
        }
        let told = network.events.all
        #expect(told.filter { $0.contains(": member 1 of its committee") }.count == 2, "\(told)")
        #expect(told.contains { $0.hasPrefix("peer0.org") && $0.contains(": leaving ") }, "\(told)")
    }

    /// Starts the first ordering node again while the network runs, until it has as many blocks.
    private static func comeBack(_ network: Network, height: UInt64) async throws {
        // Its folder and its port are free once it has said so.
        await network.events.wait(for: "orderer.example.com: stopped")
        let again = try network.orderer(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await again.run() }
            do {
                defer { again.stop() }
                let ordering = try #require(again.orderers?.ordering(of: "mychannel"))
                #expect(await ordering.waitForBlock(height - 1))
                #expect(try ordering.blockBytes(height - 1) != nil)
                #expect(ordering.participation == Participation(.consenter))
            }
            try await group.waitForAll()
        }
    }

    @Test func `a member that leaves a channel and joins it again knows what its key has signed, and signs on`() async throws {
        let network = try Network()
        try await Self.run(network) { host, _ in
            let peers = Self.peers(host)
            let orderers = host.servers.filter { $0.orderers != nil }
            let channels = try #require(orderers[0].orderers)
            let genesis = try #require(try peers[0].blockBytes(0))
            try channels.remove("mychannel")
            while channels.isLeaving("mychannel") { try await Task.sleep(for: .milliseconds(10)) }
            _ = try await network.gateway(orderers[1]).submit(network.put("without it"), endorsedBy: peers)
            try channels.join(genesis: try OrderedBlock(serialized: genesis))
            let ordering = try #require(channels.ordering(of: "mychannel"))
            #expect(await ordering.waitForBlock(peers[0].height - 1))
            // Without another one its signature is needed.
            orderers[3].stop()
            _ = try await network.gateway(orderers[1]).submit(network.put("with its signature"), endorsedBy: peers)
            #expect(ordering.participation == Participation(.consenter))
        }
    }

    @Test func `a network with a pool commits, and who only audits passes on what it takes and promises nothing`() async throws {
        let network = try Network(.pool)
        try await Self.run(network) { host, first in
            #expect(first != nil)
            let orderers = host.servers.filter { $0.orderers != nil }
            try #require(orderers.count == 6)
            for (index, orderer) in orderers.enumerated() {
                let relation = index < 4 ? "consenter" : "follower"
                #expect(try Self.shown(orderer).contains("\"consensusRelation\":\"\(relation)\""), "\(orderer.configuration.name)")
            }
            for index in [3, 4, 5] {
                _ = try await network.gateway(orderers[index]).submit(network.put("with a pool \(index)"), endorsedBy: Self.peers(host))
            }
            // One that is taken for its form alone shows whether there is a receipt.
            let user = try network.bench.user("User1").identity
            for (index, orderer) in orderers.enumerated() {
                let envelope = try user.envelope("asked for a receipt \(index)", on: host.plan.channel, at: network.bench.environment.now())
                let reply = try await #require(orderer.orderers).broadcast(envelope)
                #expect(reply.isSuccess && reply.receipt.isEmpty == (index >= 4), "\(index): \(reply)")
            }
        }
    }

    @Test func `members that are one process order with one that is not`() async throws {
        let network = try Network()
        let near = NearCommittees()
        var servers = try (0..<3).map { try network.orderer($0, near: near) }
        servers.append(try network.orderer(3))
        try await withThrowingTaskGroup(of: Void.self) { [servers] group in
            for server in servers { group.addTask { try await server.run() } }
            do {
                defer { for server in servers { server.stop() } }
                let envelope = try network.bench.user("User1").identity.envelope(
                    "near and far", on: network.bench.plan.channel, at: network.bench.environment.now())
                var reply = BroadcastReply(status: 503, info: "")
                // Until the members have found each other.
                while reply.status == 503 { reply = try await #require(servers[3].orderers).broadcast(envelope) }
                #expect(reply.status == 200, "\(reply.info)")
                for server in servers { #expect(await (try #require(server.orderers?.ordering(of: "mychannel"))).waitForBlock(1)) }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a network of an earlier run goes on with its chain`() async throws {
        let network = try Network()
        try await Self.run(network) { host, first in #expect(first != nil) }
        try await Self.run(network) { host, first in
            #expect(first == nil)
            let peers = Self.peers(host)
            #expect(peers[0].height > 1)
            let orderer = try #require(host.servers.first { $0.orderers != nil })
            _ = try await network.gateway(orderer).submit(network.put("again"), endorsedBy: peers)
        }
    }

    @Test func `an ordering node that no committee names follows a channel, and orders nothing`() async throws {
        let network = try Network()
        let genesis = try network.bench.genesis()
        // Any identity of the ordering organisation may read.
        let home = "organizations/ordererOrganizations/example.com/users/Admin@example.com"
        let configuration = NodeConfiguration(
            name: "late", mspID: NetworkPlan.ordererMSP, mspFolder: network.bench.path(home + "/msp"), dataFolder: network.bench.path("late"),
            listen: WireEndpoint(host: "127.0.0.1", port: 0),
            tls: NodeConfiguration.TLS(
                certificate: network.bench.path(home + "/tls/client.crt"), key: network.bench.path(home + "/tls/client.key")), roles: [.orderer])
        try await Self.run(network) { host, _ in
            let height = Self.peers(host)[0].height
            let late = try NodeServer(configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await late.run() }
                do {
                    defer { late.stop() }
                    let orderers = try #require(late.orderers)
                    try orderers.join(genesis: genesis)
                    let ordering = try #require(orderers.ordering(of: "mychannel"))
                    #expect(await ordering.waitForBlock(height - 1))
                    #expect(ordering.participation == Participation(.follower))
                    #expect(try Self.shown(late).contains(#""consensusRelation":"follower""#))
                    let peer = Self.peers(host)[0]
                    #expect(
                        try OrderedBlock(serialized: ordering.blockBytes(height - 1) ?? []).headerHash
                            == OrderedBlock(serialized: peer.blockBytes(height - 1) ?? []).headerHash)
                    let refused = try await orderers.broadcast(Self.envelope(of: "mychannel"))
                    #expect(refused.status == 503 && refused.info.contains("send to one in office: 127.0.0.1:"), "\(refused)")
                }
                try await group.waitForAll()
            }
        }
    }

    private static func envelope(of channel: ChannelID) -> Envelope {
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Timestamp(seconds: 1), channelID: channel, transactionID: TransactionID("x"))
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [], nonce: []).serialized(), data: [1])
        return Envelope(payload: payload.serialized(), signature: [])
    }

    @Test func `a member without TLS says what is missing`() throws {
        let network = try Network()
        var configuration = try NodeConfiguration(file: network.bench.path("nodes/orderer.example.com/node.yaml"))
        (configuration.tls, configuration.admin) = (nil, nil)
        do {
            _ = try NodeServer(configuration)
            Issue.record("it was opened")
        } catch {
            #expect("\(error)".contains("members of a committee speak over TLS: add 'tls' to this node's file"), "\(error)")
        }
    }
}

/// An ordering node that a channel does not know.
@Suite struct FollowedChainTests {
    private static func chain(_ chain: CommitteeChain, as identity: SigningIdentity, in folder: TemporaryFolder) throws -> FollowedChain {
        let environment = SystemEnvironment()
        let choice = OrderingChoice(name: "late", identity: identity, environment: environment, signatures: DirectSignatureVerifier())
        let genesis = chain.blocks[0]
        return try FollowedChain(
            choice, rules: CommitteeBlocks(genesis: ChannelBundle(block: genesis), chain: genesis.headerHash), genesis: genesis,
            folder: folder.path(of: "followed"))
    }

    @Test func `blocks are verified, kept over a restart, and watched for the node's own key`() async throws {
        let folder = try TemporaryFolder()
        var source = try CommitteeChain(members: CommitteeMembers(), committee: [1, 2, 3, 4])
        let identity = try #require(source.members.identities[5])
        let first = try source.append()
        let second = try source.append()
        do {
            let followed = try Self.chain(source, as: identity, in: folder)
            try await followed.receive(first)
            // One that was taken before is no error; one that nobody has signed is refused, and so is a gap.
            try await followed.receive(first)
            let forged = OrderedBlock(
                number: second.number, previousHash: second.previousHash, dataHash: second.dataHash, envelopes: second.envelopes,
                metadata: first.metadata)
            await #expect(throws: NodeError.self) { try await followed.receive(forged) }
            #expect(followed.height == 2 && followed.named.value == nil)
        }
        let followed = try Self.chain(source, as: identity, in: folder)
        #expect(followed.height == 2)
        #expect(try followed.blockBytes(1) == first.serialized())
        try await followed.receive(second)
        let change = try source.change(to: [1, 2, 3, 5])
        try await followed.receive(change)
        #expect(followed.named.value == 5 && followed.bundle.consenters.map(\.id) == [1, 2, 3, 5])
        // From here on the member fetches the chain.
        try await followed.receive(try source.append())
        #expect(followed.height == 4)
    }
}
