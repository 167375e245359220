import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization
import TestSupport
import Validation

@testable import Node

/// A channel that four ordering organisations order, with everybody's keys.
struct CommitteeWorld: Sendable {
    static let shared = Result { try CommitteeWorld() }

    let orderers: [SigningIdentity]
    let client: SigningIdentity
    let stranger: SigningIdentity
    let genesis: OrderedBlock
    let bundle: ChannelBundle
    let environment = SystemEnvironment()

    private init() throws {
        var random = SeededRandomSource(seed: 20)
        let now = SystemEnvironment().now()
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random, validity: .decade(from: now))
        }
        var hospital = try authority("HospitalMSP", "hospital.example", .peer)
        var elsewhere = try authority("ElsewhereMSP", "elsewhere.example", .peer)
        self.client = try hospital.issue(commonName: "User1@hospital.example", role: .client, random: &random)
        self.stranger = try elsewhere.issue(commonName: "User1@elsewhere.example", role: .client, random: &random)
        var orderers: [SigningIdentity] = []
        var organizations: [GenesisProfile.Organization] = []
        var consenters: [Consenter] = []
        for number in 1...4 {
            var own = try authority(MSPID("Orderer\(number)MSP"), "orderer\(number).example", .orderer)
            let identity = try own.issue(commonName: "orderer.orderer\(number).example", role: .orderer, random: &random)
            orderers.append(identity)
            organizations.append(.init(msp: own.mspConfiguration(), endpoints: ["localhost:\(7050 + number)"]))
            consenters.append(
                Consenter(
                    id: UInt32(number), host: "localhost", port: UInt32(7050 + number), mspID: MSPID("Orderer\(number)MSP"),
                    identity: identity.certificate.pem))
        }
        self.orderers = orderers
        let profile = GenesisProfile(
            channelID: "records", applicationOrganizations: [.init(msp: hospital.mspConfiguration())], ordererOrganizations: organizations,
            consenters: consenters, batch: BatchConfiguration(maxMessageCount: 10, timeoutMilliseconds: 200), createdAt: now)
        self.genesis = try profile.genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis)
    }

    var settings: CommitteeSettings {
        CommitteeSettings(
            timeouts: ConsensusTimeouts(propose: 400, proposeGrowth: 300, vote: 200, voteGrowth: 200), tickMilliseconds: 100,
            timelinessMilliseconds: 60_000)
    }

    /// A committee in a folder of its own; `absent` members are not run.
    func committee(
        in folder: TemporaryFolder, absent: Set<Int> = [], files: [Int: any BlockFileIO] = [:],
        transport: LocalCommitteeTransport = LocalCommitteeTransport(), settings: CommitteeSettings? = nil
    ) throws -> OrderingCommittee {
        let seats = (1...4).filter { !absent.contains($0) }.map { number in
            OrderingCommittee.Seat(
                name: "orderer\(number)", identity: self.orderers[number - 1], folder: folder.path(of: "orderer\(number)"),
                files: files[number] ?? SystemFiles())
        }
        return try OrderingCommittee(
            seats: seats, genesis: self.genesis, settings: settings ?? self.settings, environment: self.environment, transport: transport)
    }

    /// A signed envelope; the number makes the nonce, so equal numbers are one transaction.
    func envelope(_ number: Int, by creator: SigningIdentity? = nil) throws -> Envelope {
        let creator = creator ?? self.client
        let nonce = SHA256.hash(Array("nonce \(number)".utf8))
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.environment.now(), channelID: "records",
            transactionID: Formulas.transactionID(nonce: nonce, creator: creator.serialized))
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: creator.serialized, nonce: nonce).serialized(), data: Array("content \(number)".utf8)
        ).serialized()
        return Envelope(payload: payload, signature: try creator.sign(payload))
    }

    /// The blocks from 1 on that a member has stored.
    func chain(of consenter: UInt32, in committee: OrderingCommittee) throws -> [OrderedBlock] {
        guard let member = committee.member(consenter) else { return [] }
        var blocks: [OrderedBlock] = []
        while let block = try member.block(UInt64(blocks.count) + 1) { blocks.append(block) }
        return blocks
    }

    /// What is wrong with a chain; nil when every block is canonical, signed by exactly a quorum, and no envelope comes twice.
    func fault(in chain: [OrderedBlock]) -> String? {
        var position = ChainPosition(genesis: self.genesis)
        var seen: Set<[UInt8]> = []
        for block in chain {
            do {
                try BlockVerifier(bundle: self.bundle, form: .canonical).verify(block, after: position)
                guard try BlockSignatures(slot: block.metadata(.signatures)).entries.count == 3 else { return "block \(block.number): signatures" }
                position = try ChainPosition(after: block, chain: self.genesis.headerHash)
            } catch {
                return "block \(block.number): \(error)"
            }
            for envelope in block.envelopes where !seen.insert(envelope).inserted { return "block \(block.number): an envelope comes again" }
        }
        return nil
    }

    /// Runs a committee around a story; its folder lives as long.
    func running(_ committee: OrderingCommittee, in folder: TemporaryFolder, _ story: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await committee.run() }
            defer { committee.stop() }
            try await story()
        }
        withExtendedLifetime(folder) {}
    }
}

extension OrderingCommittee {
    /// Waits until members hold blocks with so many envelopes together; returns the chains.
    ///
    /// A block is on the disk a moment before its member's door knows it, so what counts is what the member has said of itself.
    func waitForEnvelopes(_ count: Int, at members: [UInt32], in world: CommitteeWorld) async throws -> [[OrderedBlock]] {
        try await self.progress.wait { snapshot in
            members.allSatisfy { id in
                let head = snapshot.members[id]?.head ?? 0
                let known = ((try? world.chain(of: id, in: self)) ?? []).prefix { $0.number.rawValue <= head }
                return known.reduce(0) { $0 + $1.envelopes.count } >= count
            }
        }
        return try members.map { try world.chain(of: $0, in: self) }
    }
}

/// Blocks as a receiver gets them.
final class CollectingReceiver: BlockReceiver {
    let name = "collector"
    private let numbers = Mutex<[UInt64]>([])
    private let end = Mutex<String?>(nil)

    var received: [UInt64] { self.numbers.withLock { $0 } }
    var reason: String? { self.end.withLock { $0 } }
    var height: UInt64 { UInt64(self.received.count) + 1 }

    func receive(_ block: OrderedBlock) async throws(NodeError) { self.numbers.withLock { $0.append(block.number.rawValue) } }
    func endOfBlocks(because reason: String) { self.end.withLock { $0 = reason } }
}

/// A file system that fails right after the safety record was written and synced so many times: a process killed before it could send.
final class CrashingFiles: BlockFileIO {
    struct Crash: Error {}
    private let files = SystemFiles()
    private let left: Mutex<Int>

    /// The first sync is that of the start, which makes durable what it has read.
    init(afterRecords count: Int) { self.left = Mutex(count + 1) }

    func makeFolder(_ path: String) throws(FileError) { try self.files.makeFolder(path) }
    func list(_ path: String) throws(FileError) -> [String] { try self.files.list(path) }
    func create(_ path: String) throws(FileError) -> any BlockFile { try self.files.create(path) }
    func syncFolder(_ path: String) throws(FileError) { try self.files.syncFolder(path) }
    func lock(_ path: String) throws(FileError) -> (any FolderLock)? { try self.files.lock(path) }
    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        let file = try self.files.open(path, for: access)
        guard path.hasSuffix("safety-record") else { return file }
        return Record(file: file, path: path) {
            self.left.withLock { left in
                left -= 1; return left <= 0
            }
        }
    }

    private final class Record: BlockFile {
        let file: any BlockFile
        let path: String
        let isLast: @Sendable () -> Bool

        init(file: any BlockFile, path: String, isLast: @escaping @Sendable () -> Bool) {
            (self.file, self.path, self.isLast) = (file, path, isLast)
        }

        func sizeBytes() throws(FileError) -> UInt64 { try self.file.sizeBytes() }
        func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] { try self.file.read(count, at: offset) }
        func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) { try self.file.write(bytes, at: offset) }
        func truncate(to sizeBytes: UInt64) throws(FileError) { try self.file.truncate(to: sizeBytes) }
        func sync() throws(FileError) {
            try self.file.sync()
            if self.isLast() { throw FileError(operation: "simulated crash after sync of", path: self.path, code: 5) }
        }
    }
}
