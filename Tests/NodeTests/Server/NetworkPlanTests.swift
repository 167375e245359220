import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import Ordering
import TestSupport
import Testing

@testable import Node

/// Networks as files: who is in them, where they listen, and what the channel's configuration says of it.
@Suite struct NetworkPlanTests {
    private static func bundle(_ plan: NetworkPlan) throws -> ChannelBundle {
        let bench = try ServerBench(plan)
        return try ChannelBundle(block: bench.genesis())
    }

    @Test func `each preset has its committee, and no two listeners share a port`() throws {
        let sizes: [(NetworkPlan.Preset, members: Int, organizations: Int, peers: Int)] = [(.solo, 1, 1, 1), (.dev, 4, 1, 2), (.medium, 7, 7, 2)]
        for (preset, members, organizations, peers) in sizes {
            let plan = try NetworkPlan(preset: preset, firstPort: 7050)
            let bundle = try Self.bundle(plan)
            #expect(bundle.consensusType == "BFT" && bundle.consenters.map(\.id) == (1...UInt32(members)).map { $0 })
            #expect(bundle.ordererOrganizations.count == organizations && bundle.applicationOrganizations.count == peers)
            #expect(plan.nodes.map(\.role) == Array(repeating: .orderer, count: members) + Array(repeating: .peer, count: peers))
            let ports = plan.nodes.map(\.port) + plan.nodes.compactMap(\.adminPort)
            #expect(Set(ports).count == ports.count && ports.min() == 7050 && ports.allSatisfy { $0 < 7050 + 4 + 2 * members })
            // Where others find the members is where they listen.
            #expect(Set(bundle.ordererEndpoints) == Set(plan.nodes.prefix(members).map { "localhost:\($0.port)" }))
            #expect(bundle.consenters.map { "\($0.host):\($0.port)" } == plan.nodes.prefix(members).map { "localhost:\($0.port)" })
        }
        #expect(try NetworkPlan().nodes.prefix(2).map(\.name) == ["orderer.example.com", "orderer2.example.com"])
        #expect(throws: NodeConfigurationError.self) { try NetworkPlan(firstPort: 65_530) }
        #expect(throws: NodeConfigurationError.self) { try NetworkPlan(firstPort: 0) }
    }

    @Test func `a pool has auditors in reserve, and its institutions endorse nothing`() throws {
        let plan = try NetworkPlan(governance: .pool)
        #expect(plan.nodes.map(\.name).prefix(2) == ["orderer.ord1.example.com", "orderer.ord2.example.com"])
        #expect(plan.nodes.filter { $0.role == .orderer }.count == 6)
        let bench = try ServerBench(plan)
        let genesis = try bench.genesis()
        let rules = try CommitteeBlocks(genesis: ChannelBundle(block: genesis), chain: genesis.headerHash)
        #expect(rules.bundle.consenters.map(\.id) == [1, 2, 3, 4] && rules.auditors == [5, 6])
        #expect(rules.bundle.applicationOrganizations.count == 8 && rules.bundle.ordererOrganizations.count == 4)
        // Every ordering node finds its number, whether it is in office or not.
        for number in 1...6 as ClosedRange<UInt32> {
            let home = "organizations/ordererOrganizations/ord\(number).example.com/orderers/orderer.ord\(number).example.com/msp"
            let msp = try LocalMSP(folder: bench.path(home), mspID: MSPID("Ord\(number)MSP"), now: bench.environment.now())
            #expect(rules.number(of: msp.identity) == number)
        }
        #expect(rules.number(of: try bench.peer().identity) == nil)
    }

    @Test func `the paper's pool is a hundred and one institutions, and fifty nodes of one process`() throws {
        let plan = try NetworkPlan(preset: .paper)
        let pool = plan.nodes.filter { $0.role == .orderer }
        #expect(pool.count == 50 && pool.allSatisfy { $0.folder == "nodes/pool/\($0.name)" } && plan.ordererOrganizations.count == 101)
        let bench = try ServerBench(plan)
        let genesis = try bench.genesis()
        let rules = try CommitteeBlocks(genesis: ChannelBundle(block: genesis), chain: genesis.headerHash)
        #expect(rules.bundle.consenters.count == 30 && rules.auditors == Array(31...50))
        let settings = try GovernanceSettingsFormat.decode(rules.bundle.governance)
        #expect(settings.seats.count == 101 && settings.sizes == ElectionSizes.Preset.paper.sizes)
        // Paths are seen from the node's file, one folder deeper than elsewhere.
        let last = try NodeConfiguration(file: bench.path("\(pool[49].folder)/node.yaml"))
        #expect(try LocalMSP(folder: last.mspFolder, mspID: last.mspID, now: bench.environment.now()).identity.mspID == "Ord50MSP")
    }

    @Test func `a hosts file puts each node on its machine`() throws {
        let text = """
            # Two machines.
            orderer.example.com      10.0.0.1   # the first

            peer0.org1.example.com\tpeers.example.net:9051\r
            """
        let plan = try NetworkPlan(preset: .solo, hosts: NetworkHosts(text: text, file: "hosts"))
        let bundle = try Self.bundle(plan)
        #expect(bundle.ordererEndpoints == ["10.0.0.1:7050"])
        let bench = try ServerBench(plan)
        let peer = try NodeConfiguration(file: bench.path("nodes/peer0.org1.example.com/node.yaml"))
        #expect(peer.listen == WireEndpoint(host: "0.0.0.0", port: 9051))
        let settings = String(decoding: try HostFiles.read(bench.path("peer-org1.env"), limit: 4_096) ?? [], as: UTF8.self)
        #expect(settings.contains("export CORE_PEER_ADDRESS=peers.example.net:9051\n"))
        let tls = try #require(peer.tls)
        let certificate = try #require(try HostFiles.read(tls.certificate, limit: 4_096))
        #expect(try Certificate(pem: certificate).dnsNames.contains("peers.example.net"))
    }

    @Test func `what is wrong with a hosts file is told with its line`() throws {
        let cases = [
            ("orderer.example.com", "line 1: orderer.example.com: write the node's name and its machine"),
            ("a b c", "line 1: a: write the node's name"), ("\na 10.0.0.1\na 10.0.0.2", "line 3: a: the node stands here twice"),
            ("orderer.example.com http://x", "line 1: orderer.example.com: 'http://x' is no host"),
            ("orderer.example.com fe80::1", "is no host"), ("orderer.example.com host:0", "is no host"),
            ("orderer.example.com host:70000", "is no host"), ("", "orderer.example.com: the node has no line"),
            ("orderer.example.com h\npeer0.org1.example.com h\nother h", "line 3: other: there is no such node; the network has orderer."),
        ]
        for (text, message) in cases {
            let error = #expect(throws: NodeConfigurationError.self) {
                try NetworkPlan(preset: .solo, hosts: NetworkHosts(text: text, file: "hosts"))
            }
            let told = error?.description ?? ""
            #expect(told.hasPrefix("hosts: ") && told.contains(message), "\(told)")
        }
    }
}
