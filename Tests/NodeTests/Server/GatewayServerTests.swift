import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import TestSupport
import Testing

@testable import Node

/// The gateway of peers that are nodes of their own and find each other by the channel's configuration.
@Suite(.timeLimit(.minutes(20))) struct GatewayServerTests {
    @Test func `a transaction that needs both organisations goes through the gateway of either`() async throws {
        try await ServerNetwork.run { network in
            try await network.define("notes")
            for (index, endpoint) in network.peerEndpoints.enumerated() {
                try await network.withGateway(of: index) { caller async throws in
                    let endorsed = try await caller.endorse("notes", "put", "k\(index)", "hello")
                    // The own organisation's peer comes first.
                    #expect(try GatewayCaller.endorsers(endorsed.prepared) == (index == 0 ? ["Org1MSP", "Org2MSP"] : ["Org2MSP", "Org1MSP"]))
                    #expect(try await caller.submit(endorsed).result == .valid)
                    #expect(try await caller.evaluate("notes", "get", "k\(index)") == "hello")
                }
                let gateway = try #require(network.peers[index].gateway)
                // The other organisation's peer and the ordering node; not the peer itself, though it is an anchor peer.
                #expect(gateway.connectionCount == 2)
                let known = try #require(gateway.channel(of: ServerNetwork.channel, listening: endpoint))
                #expect(known.peers.map(\.address) == [endpoint, network.peerEndpoints[1 - index]].map(\.description))
                #expect(known.orderers.map(\.address) == [network.ordererEndpoint.description])
                #expect(known.orderers.map(\.mspID) == [NetworkPlan.ordererMSP])
            }
            #expect(!network.events.all.contains { $0.contains("the gateway does not ask") }, "\(network.events.all)")
        }
    }

    @Test func `a peer that is no anchor peer is asked when the node's file names it`() async throws {
        let nobody = WireEndpoint(host: "127.0.0.1", port: 1)
        try await ServerNetwork.run(
            { index, configuration in
                guard index == 1 else { return }
                configuration.peers = [
                    NodeConfiguration.KnownPeer(address: NodeAddress(host: nobody.host, port: nobody.port), mspID: "Org1MSP"),
                    NodeConfiguration.KnownPeer(address: NodeAddress(host: "127.0.0.1", port: 2), mspID: "Org9MSP"),
                ]
            }, anchors: [0, 1]
        ) { network in
            try await network.define("notes")
            let known = try #require(
                network.peers[1].gateway?.channel(of: ServerNetwork.channel, listening: network.peerEndpoints[1]))
            // Those of the file come before the anchor peers; an organisation that is not on the channel has no say there.
            #expect(
                known.peers.map { "\($0.mspID) \($0.address)" } == [
                    "Org2MSP \(network.peerEndpoints[1])", "Org1MSP \(nobody)", "Org1MSP \(network.peerEndpoints[0])",
                ])
            try await network.withGateway(of: 1) { caller async throws in
                // Nobody listens at the first one of the organisation, so the second is asked in its place.
                #expect(try await caller.submit(try await caller.endorse("notes", "put", "a", "b")).result == .valid)
            }
        }
    }

    @Test func `without anybody of the other organisation the error says which peers are known`() async throws {
        try await ServerNetwork.run(anchors: [0]) { network in
            try await network.define("notes")
            try await network.withGateway { caller async throws in
                let failure = try await GatewayCaller.failure { _ = try await caller.endorse("notes", "put", "a", "b") }
                #expect(failure.hasPrefix("failedPrecondition: no combination of peers can be derived which satisfy the endorsement policy: "))
                #expect(failure.hasSuffix("with the peers of Org1MSP"), "\(failure)")
            }
        }
    }

    @Test func `a peer of another organisation that is down is named with its address`() async throws {
        try await ServerNetwork.run { network in
            try await network.define("notes")
            let address = network.peerEndpoints[1].description
            network.peers[1].stop()
            _ = await network.events.wait(for: "peer0.org2.example.com: stopped")
            try await network.withGateway { caller async throws in
                let failure = try await GatewayCaller.failure { _ = try await caller.endorse("notes", "put", "a", "b") }
                #expect(
                    failure.hasPrefix(
                        "aborted: failed to collect enough transaction endorsements, see attached details for more info | \(address) Org2MSP: "
                            + "peer of Org2MSP at \(address) cannot be reached: "), "\(failure)")
                // The system may take a connection a moment longer than the node.
                let steps = ["nobody listens there; start the node, or correct the address", "it is being stopped"]
                #expect(steps.contains { failure.contains($0) }, "\(failure)")
            }
        }
    }

    @Test func `of more peers than the gateway asks the first are taken, and the others are told`() throws {
        let bench = try ServerBench()
        let table = try bench.table()
        let count = NodeLimits.gatewayNodes + 2
        let peer = try bench.peer()
        let anchors = (0..<count).map { AnchorPeer(host: "peer\($0).example", port: 7051) } + [AnchorPeer(host: "nobody", port: 0)]
        let orderer = try bench.orderer()
        try table.join(
            genesis: GenesisProfile(
                channelID: "wide", applicationOrganizations: [GenesisProfile.Organization(msp: peer.configuration, anchorPeers: anchors)],
                ordererOrganizations: [GenesisProfile.Organization(msp: orderer.configuration, endpoints: ["localhost:7050"])],
                consenters: [
                    Consenter(id: 1, host: "localhost", port: 7050, mspID: NetworkPlan.ordererMSP, identity: orderer.identity.certificate.pem)
                ], createdAt: bench.environment.now()
            ).genesisBlock())
        let events = ServerNetwork.EventLog()
        // In plain text: nobody is called.
        let gateway = GatewayChannels(
            GatewayChannels.Owner(
                name: "peer0", identity: peer.identity, tls: nil, address: NodeAddress(host: "PEER1.example", port: 7051), peers: [], orderers: nil,
                ordering: .selvage),
            channels: table, report: { events.add($0) })
        defer { gateway.close() }
        let known = try #require(gateway.channel(of: "wide", listening: nil))
        // It is one of them itself, however its name is written.
        #expect(known.peers.map(\.address).prefix(3) == ["PEER1.example:7051", "peer0.example:7051", "peer2.example:7051"])
        #expect(known.peers.count == NodeLimits.gatewayNodes + 1 && gateway.connectionCount == NodeLimits.gatewayNodes + 1)
        let told = "peer0: channel wide: the gateway does not ask"
        #expect(
            events.all == [
                "\(told) nobody:0: an anchor peer needs a host and a port",
                "\(told) peer\(count - 1).example:7051: it is behind the first \(NodeLimits.gatewayNodes)",
            ])
        // The second time nothing is made, and nothing told.
        _ = gateway.channel(of: "wide", listening: nil)
        #expect(events.all.count == 2)
        #expect(gateway.channel(of: "elsewhere", listening: nil) == nil)
        gateway.close()
        #expect(gateway.connectionCount == 0)
    }

    @Test func `a transaction that too few have endorsed is told by every peer, with its id, block and code`() async throws {
        try await ServerNetwork.run { network in
            try await network.define("notes")
            let (id, block) = try await network.withGateway { caller async throws in
                let endorsed = try await caller.endorse("notes", "put", "a", "b", by: ["Org1MSP"])
                let verdict = try await caller.submit(endorsed)
                #expect(verdict.result == .endorsementPolicyFailure)
                return (endorsed.id, verdict.blockNumber)
            }
            for name in ["peer0.org1.example.com", "peer0.org2.example.com"] {
                let told = await network.events.wait(for: "\(name): channel mychannel: transaction ")
                #expect(
                    told == "\(name): channel mychannel: transaction \(id) in block \(block) is invalid: ENDORSEMENT_POLICY_FAILURE; "
                        + "have it endorsed by peers of all organisations that the policies ask for")
            }
        }
    }

    @Test func `an ordering node whose address a new configuration brings is used, and one that it drops is not`() async throws {
        try await ServerNetwork.run { network in
            try await network.define("notes")
            let orderers = try #require(network.orderer.orderers)
            let counting = CountingOrderer(orderers)
            try await network.withSecondDoor(counting) { door in
                let gateway = try #require(network.peers[0].gateway)
                func addresses() throws -> [String] {
                    let channel = try #require(gateway.channel(of: ServerNetwork.channel, listening: network.peerEndpoints[0]))
                    return channel.orderers.map(\.address)
                }
                let first = network.ordererEndpoint.description
                #expect(try addresses() == [first])
                try await network.setOrderers([first, door.description])
                #expect(try addresses() == [first, door.description])
                #expect(gateway.connectionCount == 3)
                try await network.setOrderers([door.description])
                #expect(try addresses() == [door.description])
                // The connection to the one that is gone has ended.
                #expect(gateway.connectionCount == 2)
                let before = counting.count.withLock { $0 }
                try await network.withGateway { caller async throws in
                    #expect(try await caller.submit(try await caller.endorse("notes", "put", "a", "b")).result == .valid)
                }
                #expect(counting.count.withLock { $0 } == before + 1)
            }
        }
    }

    @Test func `an address that cannot be used is told once for each configuration, and the others are asked`() async throws {
        try await ServerNetwork.run { network in
            try await network.define("notes")
            let first = network.ordererEndpoint.description
            try await network.setOrderers([first, "nowhere"])
            try await network.withGateway { caller async throws in
                for key in ["a", "b"] { #expect(try await caller.submit(try await caller.endorse("notes", "put", key, "1")).result == .valid) }
            }
            let told = network.events.all.filter { $0.contains("the gateway does not ask") }
            #expect(
                told == ["peer0.org1.example.com: channel mychannel: the gateway does not ask nowhere: \(NodeConnectionError.badAddress("nowhere"))"])
        }
    }
}

/// An ordering service that counts what comes through this way.
final class CountingOrderer: OrdererConnection {
    let count = Mutex(0)
    private let orderer: any OrdererConnection

    init(_ orderer: any OrdererConnection) {
        self.orderer = orderer
    }

    func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
        self.count.withLock { $0 += 1 }
        return try await self.orderer.broadcast(envelope)
    }
}

extension ServerNetwork {
    /// Runs a second port of the ordering node while the body does.
    func withSecondDoor(_ orderer: CountingOrderer, _ body: (WireEndpoint) async throws -> Void) async throws {
        let orderers = try #require(self.orderer.orderers)
        let environment = self.bench.environment
        let files = NodeFiles(configuration: self.orderer.configuration)
        let server = try WireServer(
            listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: try files.tls(now: environment.now()), clock: { environment.now() }
        ) { context in [AtomicBroadcastService(context, orderer: orderer) { orderers.ordering(of: $0) }] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            do {
                defer { server.stop() }
                try await body(try await server.endpoint())
            }
            try await group.waitForAll()
        }
    }

    /// Changes the addresses of the ordering organisation, as its administrator, and waits until all peers have the change.
    func setOrderers(_ addresses: [String]) async throws {
        let bundle = try #require(self.nodes.first).bundle
        let domain = NetworkPlan.ordererDomain
        let administrator = try LocalMSP(
            folder: self.bench.path("organizations/ordererOrganizations/\(domain)/users/Admin@\(domain)/msp"), mspID: NetworkPlan.ordererMSP,
            now: self.bench.environment.now()
        ).identity
        let name = try #require(bundle.ordererOrganizations.first).groupName
        var config = bundle.config
        var message = Common_OrdererAddresses()
        message.addresses = addresses
        config.channelGroup.groups["Orderer"]?.groups[name]?.values["Endpoints"]?.value = message.encoded().data
        var update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: bundle.channelID)
        try update.sign(by: administrator, nonce: self.bench.environment.randomBytes(count: 24))
        let envelope = try update.envelope(
            channel: bundle.channelID, sender: administrator, nonce: self.bench.environment.randomBytes(count: 24),
            timestamp: self.bench.environment.now())
        let orderers = try #require(self.orderer.orderers)
        let reply = try await orderers.broadcast(envelope)
        try #require(reply.isSuccess, "\(reply.status) \(reply.info)")
        for node in self.nodes {
            var number: UInt64 = 0
            // A block is announced after its configuration is in office.
            while node.bundle.sequence <= bundle.sequence {
                _ = await node.waitForBlock(number)
                number += 1
            }
        }
    }
}
