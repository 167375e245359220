import LedgerModel
import Node
import Synchronization

/// How many envelopes a second a committee of four in this process orders, with as many waiting as clients may have outstanding.
struct OrderingCase {
    private static let members = 4
    private static let envelopeBytes = 1_024
    /// Each waits until its envelope is queued durably before it sends the next one.
    private static let clients = 256
    private static let envelopesPerRound = 1_000
    /// What clients have sent and not yet seen in a block.
    private static let window = 2_000
    private static let warmUp = 1_000
    private static let referenceCount = 500
    private static let target = 2_500.0

    let rounds: Int

    func run() async throws -> CaseReport {
        let folder = try TemporaryFolder()
        let committee = try BenchmarkCommittee(size: Self.members, folder: folder.path)
        let total = Self.warmUp + self.rounds * Self.envelopesPerRound
        Progress.say("signing \(total) envelopes")
        let envelopes = try (0..<total).map { _ in try committee.envelope(bytes: Self.envelopeBytes) }
        let bytes = envelopes[0].serialized().count
        let path = folder.path
        let result = try await committee.running { committee in
            let counter = OrderedCounter()
            committee.committee.deliver(to: [counter])
            let reference = try SignatureReference()
            let disk = try DiskReference(folder: path)
            _ = try await Self.order(envelopes[..<Self.warmUp], committee, counter)
            let check = try reference.swiftCryptoVerification(count: Self.referenceCount)
            let sync = try disk.nanoseconds(count: 16)
            let blocks = counter.blocks
            let cost = try await Self.order(envelopes[Self.warmUp...], committee, counter)
            let checkAfter = try reference.swiftCryptoVerification(count: Self.referenceCount)
            let syncAfter = try disk.nanoseconds(count: 16)
            try committee.checkHealth()
            return (cost: cost, check: (check + checkAfter) / 2, sync: (sync + syncAfter) / 2, blocks: counter.blocks - blocks)
        }
        withExtendedLifetime(folder) {}
        let count = Double(total - Self.warmUp)
        let cpu = result.cost.cpu / count
        return CaseReport(
            name: .ordering, title: "a committee of \(Self.members) in this process, envelopes of \(bytes) bytes",
            iterations: "\(Int(count)) envelopes after \(Self.warmUp) to warm up, each sent to one member by one of \(Self.clients) clients, at most "
                + "\(Self.window) of them waiting; ordered when all members have stored it, synced",
            figures: [
                Figure(name: "ordered, by the wall clock", value: count / (result.cost.wall / 1e9), unit: "tx/s", target: .atLeast(Self.target)),
                Figure(
                    name: "ordering, CPU per transaction, all members together", value: cpu / 1e3, unit: "us",
                    reference: .init(
                        name: "\(Self.members) checks by swift-crypto, us", value: Double(Self.members) * result.check / 1e3,
                        ratio: cpu / (Double(Self.members) * result.check))),
                Figure(name: "cores that were used, of those there are", value: result.cost.cpu / result.cost.wall, unit: "cores"),
                Figure(name: "envelopes in a block", value: count / Double(max(result.blocks, 1)), unit: ""),
                Figure(
                    name: "time of a block, by the wall clock", value: result.cost.wall / Double(max(result.blocks, 1)) / 1e6, unit: "ms",
                    reference: .init(
                        name: "4 kB written and synced, ms", value: result.sync / 1e6,
                        ratio: result.cost.wall / Double(max(result.blocks, 1)) / result.sync)),
            ])
    }

    private struct Cost: Sendable {
        let cpu: Double
        let wall: Double
    }

    /// Has envelopes ordered, and waits until all members have stored them.
    private static func order(_ envelopes: ArraySlice<Envelope>, _ committee: BenchmarkCommittee, _ counter: OrderedCounter) async throws -> Cost {
        let before = counter.envelopes
        let (cpu, wall) = (CPUTime.process(), CPUTime.wall())
        try await withThrowingTaskGroup(of: Void.self) { clients in
            let sent = SentCounter()
            for client in 0..<Self.clients {
                clients.addTask {
                    for index in envelopes.indices where index % Self.clients == client {
                        while sent.count - (counter.envelopes - before) >= Self.window { try await Self.pause() }
                        try await committee.broadcast(envelopes[index], to: client)
                        sent.add()
                    }
                }
            }
            try await clients.waitForAll()
        }
        while counter.envelopes - before < envelopes.count { try await Self.pause() }
        try await committee.wait(for: counter.blocks, atMembers: committee.size)
        return Cost(cpu: CPUTime.process() - cpu, wall: CPUTime.wall() - wall)
    }

    /// How often a client looks whether it may send more.
    private static func pause() async throws { try await Task.sleep(for: .milliseconds(2)) }
}

/// Counts what all clients have sent.
private final class SentCounter: Sendable {
    private let state = Mutex(0)

    var count: Int { self.state.withLock { $0 } }
    func add() { self.state.withLock { $0 += 1 } }
}

/// Counts what the committee delivers.
final class OrderedCounter: BlockReceiver {
    private struct State {
        var blocks: UInt64 = 0
        var envelopes = 0
    }

    let name = "counter"
    private let state = Mutex(State())

    var blocks: UInt64 { self.state.withLock { $0.blocks } }
    var envelopes: Int { self.state.withLock { $0.envelopes } }
    var height: UInt64 { self.blocks + 1 }

    func receive(_ block: OrderedBlock) async throws(NodeError) {
        self.state.withLock { state in
            state.blocks = block.number.rawValue
            state.envelopes += block.envelopes.count
        }
    }

    func endOfBlocks(because reason: String) {}
}
