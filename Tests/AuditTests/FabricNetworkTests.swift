import CryptoPrimitives
import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Audit

/// The folders of real networks as they were collected: every peer's and orderer's copy beside each other.
@Suite struct FabricNetworkTests {
    private func copies(_ path: String) throws -> FabricCopies {
        guard case .fabric(let copies) = try AuditSubject.find(at: SharedData.path(of: path)) else {
            throw MessageError(part: path, reason: "holds no Fabric blocks")
        }
        return copies
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric/blocks_orderer"), SharedData.reason))
    func `a network behind one orderer agrees in both copies`() async throws {
        let report = try await FabricAuditor().audit(self.copies("vectors/fabric"))
        #expect(report.isGood)
        #expect(report.copies.map(\.name) == ["blocks", "blocks_orderer"])
        #expect(report.setAside.map(\.name).contains("negative"))
        let (peer, orderer) = (report.copies[0].report, report.copies[1].report)
        #expect(
            peer.agreement
                == AuditReport.Agreement(
                    headerHashes: 74, dataHashes: 74, codesRecorded: 112, codesEqual: 112, commitHashesRecorded: 74, commitHashesEqual: 74))
        #expect(orderer.agreement == AuditReport.Agreement(headerHashes: 74, dataHashes: 74))
        #expect(peer.commitHash == orderer.commitHash && !peer.commitHash.isEmpty)
        #expect(peer.state == .equal(entries: 168, height: 74) && orderer.state == peer.state)
        // The state written down by hand, and the peer's own snapshot: all entries but plain private data, and every transaction id.
        #expect(peer.knownStates.map(\.source) == ["state.json", "snapshot"] && peer.knownStates == orderer.knownStates)
        #expect(peer.knownStates.last?.result == .equal(entries: 149, height: 74))
        #expect(peer.knownStates.last?.detail.hasPrefix(" (112 public, 37 hashed); and ") == true)
        #expect(peer.codes == orderer.codes && peer.codes.count == 15)
        #expect(peer.signatures == orderer.signatures)
        #expect(report.comparison == FabricReport.Comparison(blocks: 74))
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric-bft/blocks_orderer5"), SharedData.reason))
    func `a network behind a changing committee agrees in all copies, whatever signatures each has`() async throws {
        let report = try await FabricAuditor().audit(self.copies("vectors/fabric-bft"))
        #expect(report.isGood)
        #expect(report.copies.map(\.name) == (1...5).map { "blocks_orderer\($0)" } + ["blocks_peer1", "blocks_peer2"])
        #expect(report.setAside.map(\.name) == ["configtx", "headers_orderer1", "mutated"])
        for copy in report.copies {
            #expect(copy.report.findings == [])
            #expect(copy.report.replayedBlocks == (copy.name == "blocks_orderer2" ? 45 : 56), "\(copy.name)")
            // All signatures that stand in the blocks, and nothing but right ones.
            #expect(copy.report.signatures.orderers.present == copy.report.signatures.orderers.right, "\(copy.name)")
            #expect(copy.report.committees.map(\.quorum) == [3, 2, 3, 4, 3])
            let isPeer = copy.name.hasPrefix("blocks_peer")
            #expect(copy.report.agreement.commitHashesEqual == (isPeer ? 56 : 0))
            #expect(copy.report.agreement.codesEqual == (isPeer ? copy.report.transactionCount : 0))
        }
        let comparison = try #require(report.comparison)
        #expect(comparison.blocks == 56 && comparison.differentSignatures > 40)
        #expect(comparison.shorter == [FabricReport.Comparison.ShorterCopy(name: "blocks_orderer2", blocks: 45, longest: 56)])
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric/negative"), SharedData.reason))
    func `a block that peers refuse is refused as a whole, with the reason`() async throws {
        let report = try #require(try await FabricAuditor().audit(self.copies("vectors/fabric/negative")).copies.first).report
        #expect(!report.isGood && report.transactionCount == 0)
        let failure = try #require(report.firstFailure)
        #expect(failure.found == "an envelope that has no signature" && failure.transaction != nil)
        #expect(failure.expected.contains("they refuse this one as a whole"))
    }
}

/// A peer's own snapshot beside its blocks, whole and spoiled.
@Suite(.enabled(if: SharedData.contains("vectors/fabric/snapshot"), SharedData.reason)) struct SnapshotStateTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder("snapshot-state")
        for name in SharedData.list("vectors/fabric/snapshot") {
            try self.folder.write(#require(SharedData.read("vectors/fabric/snapshot/" + name)), to: name)
        }
    }

    private func report(blocks: String = "blocks") async throws -> AuditReport {
        guard case .fabric(let copies) = try AuditSubject.find(at: SharedData.path(of: "vectors/fabric/" + blocks)) else {
            throw MessageError(part: blocks, reason: "holds no Fabric blocks")
        }
        return try #require(try await FabricAuditor(namedState: self.folder.path).audit(copies).copies.first).report
    }

    @Test func `a named snapshot is compared alone`() async throws {
        let report = try await self.report()
        #expect(report.isGood && report.state == .equal(entries: 149, height: 74))
        #expect(report.knownStates.map(\.source) == [self.folder.path])
        #expect(report.text.contains("149 of 149 entries of"))
    }

    @Test(arguments: ["public_state.data", "private_state_hashes.data", "txids.data", "_snapshot_signable_metadata.json"])
    func `a snapshot with one changed byte is a finding`(_ name: String) async throws {
        var bytes = try #require(self.folder.read(name))
        bytes[bytes.count / 2] ^= 1
        try self.folder.write(bytes, to: name)
        let report = try await self.report()
        #expect(report.firstFailure?.rule == .state)
        #expect(report.firstFailure?.found.contains(name) == true, "\(report.findings)")
    }

    @Test func `a snapshot of another moment than the state at its block is a finding`() async throws {
        // The same content, said to be of the block before: its hashes and the newest entries are not of that block.
        let name = SnapshotFile.signableMetadata.rawValue
        let text = String(decoding: try #require(self.folder.read(name)), as: UTF8.self)
        let changed = Array(text.replacingOccurrences(of: "\"last_block_number\": 73", with: "\"last_block_number\": 72").utf8)
        try self.folder.write(changed, to: name)
        let additional = SnapshotFile.additionalMetadata.rawValue
        let old = String(decoding: try #require(self.folder.read(additional)), as: UTF8.self)
        let hash = Base16.encode(SHA256.hash(Array(text.utf8)))
        try self.folder.write(Array(old.replacingOccurrences(of: hash, with: Base16.encode(SHA256.hash(changed))).utf8), to: additional)
        let report = try await self.report()
        #expect(!report.isGood && report.firstFailure?.rule == .state && report.firstFailure?.block == 72)
    }
}
