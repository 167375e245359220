import Identity
import LedgerModel
import Ordering
import SelvageClient
import Synchronization
import TestSupport
import Testing

@testable import Node

/// An election on the chain of a network from files, held with the keys in its folder (decision 0034).
@Suite(.serialized, .timeLimit(.minutes(20))) struct NetworkElectionTests {
    private static func bench() throws -> ServerBench {
        let plan = try NetworkPlan(governance: .pool, isQuick: true)
        let ports = try FreePorts.find(plan.nodes.count)
        let hosts = zip(plan.nodes, ports).map { "\($0.name) 127.0.0.1:\($1)" }.joined(separator: "\n")
        return try ServerBench(NetworkPlan(hosts: NetworkHosts(text: hosts, file: "hosts"), governance: .pool, isQuick: true))
    }

    private static func change(_ configuration: inout NodeConfiguration) { configuration.admin?.listen = WireEndpoint(host: "127.0.0.1", port: 0) }

    private static func gateway(_ bench: ServerBench, _ server: NodeServer) throws -> Gateway {
        Gateway(
            identity: try bench.user("User1").identity, channel: bench.plan.channel, orderer: try #require(server.orderers),
            environment: bench.environment)
    }

    private static func put(_ text: String) -> ChaincodeCall {
        ChaincodeCall(chaincode: "notes", arguments: ["put", "note \(text)", text].map { Array($0.utf8) })
    }

    /// The nodes that an election starts.
    private final class NewNodes: Sendable {
        let servers = Mutex<[NodeServer]>([])
        let started: AsyncStream<NodeServer>
        private let input: AsyncStream<NodeServer>.Continuation

        init() { (self.started, self.input) = AsyncStream.makeStream() }

        func start(_ folder: String) async throws {
            var configuration = try NodeConfiguration(file: folder + "/node.yaml")
            NetworkElectionTests.change(&configuration)
            let server = try NodeServer(configuration) { _ in }
            self.servers.withLock { $0.append(server) }
            self.input.yield(server)
            _ = try await server.endpoint()
        }

        func stop() {
            self.input.finish()
            for server in self.servers.withLock({ $0 }) { server.stop() }
        }
    }

    @Test func `what cannot become an election is refused before anything is begun`() throws {
        let bench = try Self.bench()
        let plane = try GovernanceReplay(genesis: bench.genesis()).plane
        let keys = try PoolKeys(folder: bench.folder.path).agencies()
        func refusal(_ approvals: [MSPID: [MSPID]] = [:], _ agencies: AgencyKeys? = nil) -> NetworkElectionError? {
            var options = NetworkElection.Options()
            options.approvals = approvals
            let election = NetworkElection(folder: bench.folder.path, options: options) { _ in
            } report: { _ in
            }
            do throws(NetworkElectionError) {
                try election.check(plane, agencies ?? keys)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal() == nil && refusal(["Ord1MSP": ["Ord2MSP", "Ord5MSP"]]) == nil)
        #expect(refusal([:], AgencyKeys()) == .otherAgencies)
        #expect(refusal(["ord1": ["Ord2MSP"]]) == .ballot("ord1", reason: "it is no member of the pool"))
        #expect(refusal(["Ord1MSP": ["Ord9MSP"]]) == .ballot("Ord1MSP", reason: "Ord9MSP is no member of the pool"))
        #expect(refusal(["Ord1MSP": ["Ord2MSP", "Ord2MSP"]]) == .ballot("Ord1MSP", reason: "it names a candidate twice"))
    }

    @Test func `the elected come into office with new keys on new nodes, and clients go on with them`() async throws {
        let bench = try Self.bench()
        let host = try DevelopmentHost(bench.plan, folder: bench.folder.path, change: Self.change) { _ in }
        try await host.run { _, first in
            defer { host.stop() }
            #expect(first != nil)
            let peers = host.servers.compactMap { $0.peers?.peer(of: host.plan.channel) }
            let former = try #require(host.servers.first { $0.orderers != nil })
            let nodes = NewNodes()
            let isOver = OneTimeSignal<Void>()
            let record = try await withThrowingTaskGroup(of: EpochRecord?.self) { group in
                group.addTask {
                    await withDiscardingTaskGroup { group in
                        for await server in nodes.started { group.addTask { try? await server.run() } }
                    }
                    return nil
                }
                // Somebody's transactions go on all the time, by a node that loses its office while it holds some of them.
                group.addTask {
                    var number = 0
                    while isOver.value == nil {
                        let gateway = try Self.gateway(bench, former)
                        _ = try await gateway.submit(Self.put("\(number)"), endorsedBy: peers)
                        number += 1
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    return nil
                }
                defer { nodes.stop() }
                var options = NetworkElection.Options()
                options.phaseBlocks = 40
                // Those who only audited get the most approvals.
                let wanted = ["Ord5MSP", "Ord6MSP", "Ord1MSP", "Ord2MSP"].map { MSPID($0) }
                for seat in 1...6 { options.approvals[MSPID("Ord\(seat)MSP")] = wanted }
                let election = NetworkElection(folder: bench.folder.path, options: options) {
                    try await nodes.start($0)
                } report: { _ in
                }
                let record = try await election.run()
                #expect(former.orderers?.ordering(of: "mychannel")?.participation == Participation(.follower))
                _ = try await Self.gateway(bench, former).submit(Self.put("by one without an office"), endorsedBy: peers)
                isOver.fire(())
                #expect(Set(record.producers) == Set(wanted) && record.number == 1)
                // The new nodes order, also for those whose organisation was in office before.
                let elected = nodes.servers.withLock { $0 }.filter { wanted.contains($0.configuration.mspID) }
                #expect(elected.count == 4)
                for server in elected {
                    _ = try await Self.gateway(bench, server).submit(Self.put("to \(server.configuration.name)"), endorsedBy: peers)
                    #expect(server.orderers?.ordering(of: "mychannel")?.participation == Participation(.consenter))
                }
                let addresses = Set(peers[0].bundle.orderingNodes().map(\.address.description))
                #expect(addresses == Set(elected.map { "localhost:\($0.configuration.listen.port)" }))
                #expect(peers[0].bundle.consenters.count == 4)
                nodes.stop()
                while try await group.next() != nil {}
                return record
            }
            #expect(record.firstHeight.rawValue.isMultiple(of: NetworkPlan.quickEpochBlocks))
            let height = peers[0].height
            #expect(await peers[1].waitForBlock(height - 1))
        }
    }
}
