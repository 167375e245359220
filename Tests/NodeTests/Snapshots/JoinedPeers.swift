import CommitteeTestSupport
import ContractVM
import CryptoPrimitives
import Identity
import Ledger
import LedgerModel
import Synchronization
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// A chain of an elected committee, a peer that has all of it, and peers that join with snapshots of it.
struct JoinedPeers {
    let folder: TemporaryFolder
    let members: CommitteeMembers
    let chain: CommitteeChain
    let full: PeerNode
    /// The ledger of the full peer after each block.
    let views: [LedgerSnapshot]
    /// Each signature is computed once for all peers.
    private let signatures = SignatureMemory(capacity: NodeLimits.rememberedSignatures)

    /// - Parameter grow: Adds the blocks after block 0.
    init(_ grow: (inout CommitteeChain) throws -> Void) async throws {
        self.folder = try TemporaryFolder("selvage-joined")
        self.members = try CommitteeMembers()
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        try grow(&chain)
        self.chain = chain
        let environment = SystemEnvironment()
        let full = try PeerNode(
            name: "full", identity: self.members.peer, folder: self.folder.path(of: "full"), genesis: chain.blocks[0],
            machine: ContractMachine(catalogue: SystemContracts.catalogue(contracts: [])) { environment.monotonicNanoseconds() },
            environment: environment, signatures: self.signatures)
        var views = [full.snapshot()]
        for block in chain.blocks.dropFirst() {
            try await full.receive(block)
            views.append(full.snapshot())
        }
        self.full = full
        self.views = views
    }

    /// Plain blocks, a change, two changes in a row with a new epoch, and plain blocks again.
    static func grown(_ chain: inout CommitteeChain) throws {
        try chain.append()
        try chain.change(to: [1, 2, 3, 5])
        try chain.append()
        try chain.change(to: [1, 3, 5, 6], isNewEpoch: true)
        try chain.change(to: [3, 4, 5, 6])
        try chain.append()
        try chain.append()
    }

    /// Writes the snapshot after a block, and begins a ledger from it in a new folder of that name.
    func join(at block: Int, name: String, _ alter: (String) throws -> Void = { _ in }) throws {
        let path = self.folder.path(of: name + ".snapshot")
        _ = try self.views[block].writeSnapshot(to: path)
        try alter(path)
        _ = try Ledger.join(snapshot: path, folder: self.folder.path(of: name))
    }

    func open(_ name: String, from sources: [any BlockSource], knowsGenesis: Bool = false) async throws -> PeerNode {
        let environment = SystemEnvironment()
        return try await PeerNode(
            name: name, identity: self.members.peer, snapshotLedger: self.folder.path(of: name),
            genesis: knowsGenesis ? self.chain.blocks[0] : nil, sources: sources,
            machine: ContractMachine(catalogue: SystemContracts.catalogue(contracts: [])) { environment.monotonicNanoseconds() },
            environment: environment, signatures: self.signatures)
    }

    /// What opening is refused with.
    func refusal(_ name: String, from sources: [any BlockSource], knowsGenesis: Bool = false) async -> SnapshotStartError? {
        do {
            _ = try await self.open(name, from: sources, knowsGenesis: knowsGenesis)
        } catch NodeError.notStarted(_, let error) {
            return error
        } catch {
            Issue.record("another error: \(error)")
        }
        return nil
    }

    /// The first difference of a ledger that joined to the full peer's, in all that both hold; nil when there is none.
    func difference(of peer: PeerNode) throws -> String? {
        let ours = peer.snapshot()
        let theirs = self.views[Int(ours.height) - 1]
        guard ours.head.blockHash == theirs.head.blockHash else { return "the last block" }
        guard ours.head.commitHash == theirs.head.commitHash else { return "the commit hash" }
        for number in (try ours.base()?.height ?? 0)..<ours.height
        where try ours.blockBytes(BlockNumber(number)) != theirs.blockBytes(BlockNumber(number)) {
            return "block \(number) with its codes"
        }
        for name in ["", "_lifecycle", ChaincodeDefinition.governanceNamespace] as [Namespace] {
            let scans = (try ours.scan(name, from: "", to: nil), try theirs.scan(name, from: "", to: nil))
            while true {
                let (mine, other) = (try scans.0.next(), try scans.1.next())
                guard mine?.key == other?.key, mine?.value == other?.value else { return "the state of '\(name)'" }
                if mine == nil { break }
            }
        }
        return nil
    }
}

/// Gives what a test puts into it, and counts how often it is asked.
final class PlantedSource: BlockSource {
    let name: String
    private let blocks: [BlockNumber: OrderedBlock]
    private let count = Mutex(0)

    init(_ blocks: [OrderedBlock], name: String = "planted") {
        self.name = name
        self.blocks = Dictionary(blocks.map { ($0.number, $0) }) { $1 }
    }

    var asked: Int { self.count.withLock { $0 } }

    func block(_ number: BlockNumber) -> OrderedBlock? {
        self.count.withLock { $0 += 1 }
        return self.blocks[number]
    }
}

/// Cannot be asked.
struct DeadSource: BlockSource {
    struct Unreachable: Error, CustomStringConvertible { let description = "nobody answers" }
    let name = "dead"

    func block(_ number: BlockNumber) throws -> OrderedBlock? { throw Unreachable() }
}

extension JoinedPeers {
    /// Changes what a snapshot says of itself and makes its hash right again, as whoever plants a false one would.
    static func alter(_ path: String, _ change: (inout SnapshotMetadata) -> Void) throws {
        let files = SystemFiles()
        var metadata = try SnapshotFolder(path).metadata
        change(&metadata)
        let signable = SnapshotMetadataFormat.encodeSignable(metadata)
        metadata.snapshotHash = SHA256.hash(signable)
        let written: [(SnapshotFile, [UInt8])] = [
            (.signableMetadata, signable),
            (.additionalMetadata, SnapshotMetadataFormat.encodeAdditional(snapshotHash: metadata.snapshotHash, commitHash: metadata.commitHash)),
        ]
        for (file, bytes) in written {
            let opened = try files.open(path + "/" + file.rawValue, for: .writing)
            try opened.truncate(to: 0)
            try opened.write(bytes, at: 0)
        }
    }
}
