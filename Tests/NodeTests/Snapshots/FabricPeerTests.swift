import CommitteeTestSupport
import ContractVM
import Identity
import Ledger
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Our peer on the ledger that a stock ordering service made, from its first block and from a snapshot.
@Suite(.enabled(if: SharedData.contains("vectors/fabric/blocks"), SharedData.reason), .timeLimit(.minutes(2)))
struct FabricPeerTests {
    private static let height = 74

    private let folder: TemporaryFolder
    private let blocks: [OrderedBlock]
    private let members: CommitteeMembers
    private let signatures = SignatureMemory(capacity: NodeLimits.rememberedSignatures)

    init() throws {
        self.folder = try TemporaryFolder("selvage-fabric-peer")
        self.members = try CommitteeMembers()
        self.blocks = try (0..<Self.height).map { number in
            let bytes = try #require(SharedData.read("vectors/fabric/blocks/\(Self.name(number))"))
            return try OrderedBlock(serialized: bytes)
        }
    }

    private static func name(_ number: Int) -> String {
        let digits = String(number)
        return "block_" + String(repeating: "0", count: 3 - digits.count) + digits + ".pb"
    }

    private var machine: ContractMachine {
        let environment = SystemEnvironment()
        return ContractMachine(catalogue: SystemContracts.catalogue(contracts: [])) { environment.monotonicNanoseconds() }
    }

    private func joined(_ name: String, from sources: [any BlockSource]) async throws -> PeerNode {
        try await PeerNode(
            name: name, identity: self.members.peer, snapshotLedger: self.folder.path(of: name), sources: sources, machine: self.machine,
            environment: SystemEnvironment(), form: .fabric, signatures: self.signatures)
    }

    /// As an ordering node has it: what peers write into the metadata is taken out.
    private static func ordered(_ block: OrderedBlock) -> OrderedBlock { block.with(.transactionsFilter, []).with(.commitHash, []) }

    @Test func `a peer that joined with a snapshot gives the codes and commit hashes of the stock peer, like one from block 0`() async throws {
        let full = try PeerNode(
            name: "full", identity: self.members.peer, folder: self.folder.path(of: "full"), genesis: Self.ordered(self.blocks[0]),
            machine: self.machine, environment: SystemEnvironment(), form: .fabric, signatures: self.signatures)
        // Block 64 brings a configuration: the committee below block 65 is the one before it.
        let starts = [40, 64]
        for block in self.blocks.dropFirst() {
            try await full.receive(Self.ordered(block))
            let number = Int(block.number.rawValue)
            if starts.contains(number) { _ = try full.snapshot().writeSnapshot(to: self.folder.path(of: "snapshot\(number)")) }
        }
        for block in self.blocks { #expect(try full.block(block.number)?.storedCodes == block.storedCodes, "block \(block.number)") }
        #expect(try full.snapshot().head.commitHash == self.blocks[73].storedCommitHash())
        for start in starts {
            let name = "at\(start)"
            _ = try Ledger.join(snapshot: self.folder.path(of: "snapshot\(start)"), folder: self.folder.path(of: name))
            let middle = start + 4
            do {
                let peer = try await self.joined(name, from: [PlantedSource(self.blocks.map(Self.ordered))])
                for block in self.blocks[(start + 1)..<middle] { try await peer.receive(Self.ordered(block)) }
            }
            // Opened again in between, with nobody to ask.
            let peer = try await self.joined(name, from: [])
            for block in self.blocks[middle...] { try await peer.receive(Self.ordered(block)) }
            for block in self.blocks[(start + 1)...] {
                let mine = try #require(try peer.block(block.number))
                #expect(mine.storedCodes == block.storedCodes)
                #expect(try mine.storedCommitHash() == block.storedCommitHash())
            }
            #expect(peer.snapshot().head.commitHash == full.snapshot().head.commitHash)
            let (ours, theirs) = (self.folder.path(of: name + ".again"), self.folder.path(of: name + ".full"))
            let again = try peer.snapshot().writeSnapshot(to: ours)
            let whole = try full.snapshot().writeSnapshot(to: theirs)
            #expect(again.snapshotHash == whole.snapshotHash)
        }
    }

    @Test func `the snapshot that the stock peer made itself is begun with, and another block or a changed one is refused`() async throws {
        _ = try Ledger.join(snapshot: SharedData.path(of: "vectors/fabric/snapshot"), folder: self.folder.path(of: "stock"))
        let last = self.blocks[73]
        let other = PlantedSource([OrderedBlock(number: 73, previousHash: last.previousHash, envelopes: last.envelopes + [[1]])])
        let signatures = try BlockSignatures(slot: last.metadata(.signatures))
        let unsigned = last.with(.signatures, BlockSignatures(value: signatures.value, entries: []).slot())
        for (source, isOther) in [(other, true), (PlantedSource([unsigned]), false)] {
            do {
                _ = try await self.joined("stock", from: [source])
                Issue.record("taken")
            } catch NodeError.notStarted(_, .refused(73, let refusals)) {
                #expect((refusals.first?.problem == .wrongHash) == isOther, "\(refusals)")
            }
        }
        let peer = try await self.joined("stock", from: [PlantedSource([last])])
        #expect(peer.height == 74 && peer.channel == "labch")
        // Whoever delivers from the beginning sends blocks that the peer passes over; another last block is a fork.
        for block in self.blocks { try await peer.receive(Self.ordered(block)) }
        #expect(peer.height == 74)
        let fork = OrderedBlock(number: 73, previousHash: last.previousHash, envelopes: last.envelopes + [[1]])
        await #expect(throws: NodeError.self) { try await peer.receive(fork) }
    }
}
