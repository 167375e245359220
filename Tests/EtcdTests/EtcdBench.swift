import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import Ordering
import SelvageClient
import Synchronization
import TestSupport

@testable import Node

/// A channel on etcd: the keys of its three ordering nodes and of a client, and a place for their files.
struct EtcdBench {
    let folder: TemporaryFolder
    let client: SigningIdentity
    let orderers: [SigningIdentity]
    let addresses: [NodeAddress]
    let genesis: OrderedBlock
    let environment = SystemEnvironment()

    init(batch: BatchConfiguration = BatchConfiguration(timeoutMilliseconds: 50)) throws {
        var random = SeededRandomSource(exactSeed: 31)
        let environment = self.environment
        let validity = ValidityPeriod.decade(from: environment.now())
        var clinic = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "ClinicMSP", domain: "clinic.example", kind: .orderer), random: &random, validity: validity)
        var hospital = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "HospitalMSP", domain: "hospital.example", kind: .peer), random: &random, validity: validity)
        self.client = try hospital.issue(commonName: "User1@hospital.example", role: .client, random: &random)
        var orderers: [SigningIdentity] = []
        for index in 1...3 { orderers.append(try clinic.issue(commonName: "orderer\(index).clinic.example", role: .orderer, random: &random)) }
        self.orderers = orderers
        self.addresses = try (0..<3).map { _ in NodeAddress(host: "127.0.0.1", port: try FreePorts.inRow(1)) }
        let consenters = zip(orderers, self.addresses).enumerated().map { index, pair in
            Consenter(
                id: UInt32(index + 1), host: pair.1.host, port: UInt32(pair.1.port), mspID: "ClinicMSP", identity: pair.0.certificate.pem)
        }
        self.genesis = try GenesisProfile(
            channelID: "records", applicationOrganizations: [.init(msp: hospital.mspConfiguration())],
            ordererOrganizations: [.init(msp: clinic.mspConfiguration(), endpoints: self.addresses.map(\.description))],
            consenters: consenters, batch: batch, ordering: .etcd, createdAt: environment.now()
        ).genesisBlock()
        self.folder = try TemporaryFolder("selvage-etcd-nodes")
    }

    /// A signed envelope whose transaction id follows from the number, with the text in it.
    func envelope(_ number: Int, text: String = "", bytes: Int = 100) throws -> Envelope {
        let nonce = Array(SHA256.hash(Array("nonce \(number)".utf8)).prefix(24))
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.environment.now(), channelID: "records",
            transactionID: Formulas.transactionID(nonce: nonce, creator: self.client.serialized))
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.client.serialized, nonce: nonce).serialized(),
            data: Array(text.utf8) + [UInt8](repeating: UInt8(ascii: "."), count: bytes)
        ).serialized()
        return Envelope(payload: payload, signature: try self.client.sign(payload))
    }

    func settings(_ index: Int, _ endpoints: [NodeAddress], change: (inout EtcdSettings) -> Void = { _ in }) -> EtcdSettings {
        var settings = EtcdSettings(endpoints: endpoints, address: self.addresses[index].description, leaseSeconds: 3, callSeconds: 3)
        change(&settings)
        return settings
    }

    func node(_ index: Int, _ settings: EtcdSettings) throws -> BenchNode { try BenchNode(self, index, settings) }

    /// All blocks of a node, as their bytes.
    func chain(of node: BenchNode) throws -> [[UInt8]] {
        try (0..<node.ordering.deliverableHeight).compactMap { try node.ordering.blockBytes($0) }
    }

    /// How often each envelope is in a chain.
    func counts(in chain: [[UInt8]]) throws -> [[UInt8]: Int] {
        var counts: [[UInt8]: Int] = [:]
        for block in try chain.map({ try OrderedBlock(serialized: $0) }) { for envelope in block.envelopes { counts[envelope, default: 0] += 1 } }
        return counts
    }
}

/// One ordering node of the bench, with its port.
final class BenchNode: Sendable {
    let ordering: EtcdOrdering
    let reports = Reports()
    private let server: WireServer
    private let task: Mutex<Task<Void, any Error>?>

    init(_ bench: EtcdBench, _ index: Int, _ settings: EtcdSettings) throws {
        let reports = self.reports
        let ordering = try EtcdOrdering(
            name: "orderer\(index + 1)", identity: bench.orderers[index], folder: bench.folder.path(of: "orderer\(index + 1)"),
            genesis: bench.genesis, etcd: settings, tls: nil, environment: bench.environment, report: { reports.add($0) })
        self.ordering = ordering
        let address = bench.addresses[index]
        let environment = bench.environment
        let server = try WireServer(listen: WireEndpoint(host: address.host, port: address.port), tls: nil, clock: { environment.now() }) { context in
            [AtomicBroadcastService(context, orderer: ordering) { $0 == "records" ? ordering : nil }]
        }
        self.server = server
        self.task = Mutex(
            Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await server.run() }
                    group.addTask { try await ordering.run() }
                    defer { group.cancelAll() }
                    try await group.next()
                    server.stop()
                    ordering.stop()
                }
            })
    }

    /// Ends the node, with its lease or without.
    func stop(givingUpLease: Bool = true) async {
        if givingUpLease { self.ordering.stop() } else { self.ordering.end(because: "the test ended it") }
        self.server.stop()
        _ = await self.task.withLock { $0 }?.result
        self.ordering.store.close()
    }

    final class Reports: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { self.lines.withLock { $0.append(line) } }

        var all: [String] { self.lines.withLock { $0 } }
    }
}
