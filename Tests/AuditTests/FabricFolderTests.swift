import FabricMessages
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Audit

/// The ledger of a stock network as a folder of files, whole and spoiled. The blocks are those that the validation tests keep.
@Suite struct FabricFolderTests {
    private static let resources = PackageRoot.path + "/Tests/ValidationTests/Resources/fabric"

    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder("fabric-audit")
    }

    private static func name(_ number: Int) -> String {
        "block_" + String(repeating: "0", count: 3 - String(number).count) + String(number) + ".pb"
    }

    private static func bytes(_ number: Int) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: self.resources + "/blocks/" + self.name(number))))
    }

    /// Writes the blocks of a range, changed or left out by `change`, into a folder.
    private func write(_ numbers: some Sequence<Int>, to name: String, _ change: (OrderedBlock) throws -> OrderedBlock? = { $0 }) throws {
        for number in numbers {
            guard let block = try change(OrderedBlock(serialized: Self.bytes(number))) else { continue }
            try self.folder.write(block.serialized(), to: name + "/" + Self.name(number))
        }
    }

    private static func asOrdered(_ block: OrderedBlock) -> OrderedBlock { block.with(.transactionsFilter, []).with(.commitHash, []) }

    private func copies(_ path: String) throws -> FabricCopies {
        guard case .fabric(let copies) = try AuditSubject.find(at: path) else {
            throw MessageError(part: path, reason: "is no folder of Fabric blocks")
        }
        return copies
    }

    private func audit(_ name: String = "", state: String? = nil, options: AuditOptions = AuditOptions()) async throws -> FabricReport {
        try await FabricAuditor(options: options, namedState: state).audit(self.copies(self.folder.path(of: name)))
    }

    @Test func `a peer's folder is confirmed to the last code, hash and entry, and its transactions are handed on one by one`() async throws {
        var rows: [AuditReport.Transaction] = []
        var progress: [AuditProgress] = []
        let report = try await FabricAuditor().audit(self.copies(Self.resources), progress: { progress.append($0) }, each: { rows.append($0) })
        #expect(report.isGood)
        #expect(report.copies.map(\.name) == ["blocks"] && report.comparison == nil)
        let copy = try #require(report.copies.first).report
        #expect(copy.findings == [])
        let expected = AuditReport.Agreement(
            headerHashes: 74, dataHashes: 74, codesRecorded: 112, codesEqual: 112, commitHashesRecorded: 74, commitHashesEqual: 74)
        #expect(copy.agreement == expected)
        #expect(copy.state == .equal(entries: 168, height: 74))
        #expect(copy.knownStates.first?.detail == " (112 public, 37 hashed, 19 private, against their hashes)")
        #expect(copy.transactionCount == 112 && copy.transactions.isEmpty)
        #expect(copy.codes.first == AuditReport.Tally(name: "VALID", count: 64) && copy.codes.count == 15)
        // Every signature that was asked for is right but those that the network was given wrong.
        let orderers = copy.signatures.orderers
        #expect(orderers == SignatureCounts.Kind(present: 73, checked: 73, right: 73))
        #expect(copy.signatures.administrators.right > 0)
        #expect(copy.obstacles.contains { $0.name == "chaincode kvand is not among ours" })
        #expect(progress.last == AuditProgress(blocksDone: 74, blocksTotal: 74))
        #expect(rows.count == 112)
        let row = try #require(rows.first { $0.block == 42 && $0.index == 2 })
        #expect(row.recordedName == "BAD_COMMON_HEADER" && row.code == .badCommonHeader && row.type == "MESSAGE" && row.reason != nil)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(row.json().utf8)) as? [String: Any])
        #expect(json["recorded"] as? String == "BAD_COMMON_HEADER" && json["derived"] as? String == "BAD_COMMON_HEADER")
        #expect(json["txid"] as? String == row.id?.text && json["block"] as? Int == 42 && json["index"] as? Int == 2)
    }

    @Test func `an orderer's folder gives the same codes and commit hash, computed`() async throws {
        try self.write(0..<74, to: "blocks", Self.asOrdered)
        let report = try #require(try await self.audit("blocks").copies.first).report
        #expect(report.findings == [])
        #expect(report.agreement.codesRecorded == 0 && report.agreement.commitHashesRecorded == 0)
        let last = try OrderedBlock(serialized: Self.bytes(73))
        #expect(try report.commitHash == last.storedCommitHash())
        #expect(report.codes.map(\.count).reduce(0, +) == 112)
        #expect(report.transactions.allSatisfy { $0.recorded == nil })
        #expect(report.text.contains("as an orderer gives them"))
        guard case .notCompared = report.state else {
            Issue.record("there is no state beside these blocks")
            return
        }
    }

    @Test func `a code, a commit hash or a missing record is found where it is`() async throws {
        try self.write(0..<12, to: "code") { $0.number == 9 ? $0.with(.transactionsFilter, [11]) : $0 }
        let code = try #require(try await self.audit("code").copies.first).report
        #expect(code.firstFailure?.block == 9 && code.firstFailure?.transaction == 0 && code.firstFailure?.rule == .reads)
        #expect(code.agreement.codesEqual + 1 == code.agreement.codesRecorded)
        #expect(code.transactions.first { $0.block == 9 }?.recordedName == "MVCC_READ_CONFLICT")

        try self.write(0..<12, to: "unknown") { $0.number == 9 ? $0.with(.transactionsFilter, [99]) : $0 }
        let unknown = try #require(try await self.audit("unknown").copies.first).report
        #expect(unknown.firstFailure?.rule == .validation)
        #expect(unknown.transactions.first { $0.block == 9 }?.recordedName == "unknown code 99")

        try self.write(0..<12, to: "none") { $0.number == 9 ? Self.asOrdered($0) : $0 }
        let none = try #require(try await self.audit("none").copies.first).report
        #expect(none.findings.map(\.rule) == [.validation, .commitHash] && none.findings.allSatisfy { $0.block == 9 })

        try self.write(0..<12, to: "hash") { block in
            guard block.number == 9 else { return block }
            var message = Common_Metadata()
            message.value = [UInt8](repeating: 7, count: 32).data
            return block.with(.commitHash, message.encoded())
        }
        let hash = try #require(try await self.audit("hash").copies.first).report
        #expect(hash.findings.map(\.rule) == [.commitHash] && hash.firstFailure?.block == 9)
        #expect(hash.agreement.commitHashesEqual == 11 && hash.agreement.commitHashesRecorded == 12)

        try self.write(0..<12, to: "genesis") {
            $0.number == 0 ? try $0.with(.commitHash, OrderedBlock(serialized: Self.bytes(5)).metadata(.commitHash)) : $0
        }
        #expect(try #require(try await self.audit("genesis").copies.first).report.firstFailure?.block == 0)
    }

    @Test func `gaps, doubles and files that hold no block are told`() async throws {
        try self.write(0..<12, to: "gap") { $0.number == 7 ? nil : $0 }
        let gap = try #require(try await self.audit("gap").copies.first).report
        #expect(gap.replayedBlocks == 7 && gap.storedBlocks == 11)
        #expect(gap.firstFailure?.expected == "a file with block 7" && gap.firstFailure?.found == "none; the next one holds block 8")

        try self.write(0..<12, to: "double")
        try self.folder.write(Self.bytes(5), to: "double/again.block")
        try self.folder.write(Self.asOrdered(OrderedBlock(serialized: Self.bytes(6))).serialized(), to: "double/other.pb")
        let double = try #require(try await self.audit("double").copies.first).report
        #expect(double.replayedBlocks == 12 && double.findingCount == 2)
        #expect(double.findings.map(\.block).sorted { ($0 ?? 0) < ($1 ?? 0) } == [5, 6])
        #expect(
            double.findings.contains { $0.found.hasSuffix("with the same bytes") }
                && double.findings.contains { $0.found.hasSuffix("with different bytes") })

        try self.write(0..<3, to: "garbage")
        try self.folder.write(Array("no block".utf8), to: "garbage/x.pb")
        try self.folder.write([], to: "garbage/empty.block")
        try self.folder.write(Array("read me".utf8), to: "garbage/README.txt")
        let garbage = try #require(try await self.audit("garbage").copies.first).report
        #expect(garbage.replayedBlocks == 3 && garbage.findingCount == 2)
        #expect(garbage.findings.map(\.expected) == ["a block in the file empty.block", "a block in the file x.pb"])
        #expect(garbage.findings.allSatisfy { $0.rule == .blockFile })
    }

    @Test func `a block cut anywhere ends in a finding or an error, never in a crash`() async throws {
        let whole = try Self.bytes(3)
        try self.write(0..<3, to: "cut")
        for length in stride(from: 0, to: whole.count, by: 97) {
            try self.folder.write(Array(whole[..<length]), to: "cut/" + Self.name(3))
            let report = try await self.audit("cut")
            #expect(!report.isGood, "\(length) bytes")
            #expect(report.copies.first?.report.replayedBlocks == 3)
        }
    }

    @Test func `copies are audited each and compared, shorter ones are told, and what is no copy is set aside`() async throws {
        try self.write(0..<20, to: "peer")
        try self.write(0..<20, to: "orderer", Self.asOrdered)
        try self.write(0..<15, to: "removed", Self.asOrdered)
        try self.folder.write(Self.bytes(0), to: "genesis_block.pb")
        try self.folder.write(Self.bytes(0), to: "configtx/genesis.block")
        try self.write(30..<33, to: "part")
        try self.folder.write(Array("no block".utf8), to: "other/x.pb")
        var header = try Common_Block.decode(Self.bytes(1), as: "block")
        header.clearData()
        try self.folder.write(Self.bytes(0), to: "headers/0.pb")
        try self.folder.write(header.encoded(), to: "headers/1.pb")
        let report = try await self.audit()
        #expect(report.isGood)
        #expect(report.copies.map(\.name) == ["orderer", "peer", "removed"])
        #expect(report.comparison?.blocks == 20 && report.comparison?.differentSignatures == 0)
        #expect(report.comparison?.shorter == [FabricReport.Comparison.ShorterCopy(name: "removed", blocks: 15, longest: 20)])
        #expect(report.setAside.map(\.name) == ["genesis_block.pb", "configtx", "headers", "part"])
        #expect(report.comparisonText.contains("removed ends after block 14 of 0-19"))
        #expect(report.verdict == "Good: 3 copies verified, equal where they must be")
    }

    @Test func `copies that differ are found even where each alone could pass for whole`() async throws {
        try self.write(0..<12, to: "one")
        // Slot 1 is no part of what must be equal; another selection of signatures neither, but here it also breaks the policy.
        try self.write(0..<12, to: "two") { $0.number == 9 ? $0.with(.lastConfig, [1]) : $0 }
        #expect(try await self.audit().isGood)
        try self.write(0..<12, to: "three") { block in
            guard block.number == 9 else { return block }
            return OrderedBlock(
                number: 9, previousHash: block.previousHash, dataHash: block.dataHash, envelopes: block.envelopes + block.envelopes,
                metadata: block.metadata)
        }
        let report = try await self.audit()
        #expect(!report.isGood)
        #expect(report.findings.map(\.block) == [9])
        #expect(report.findings[0].found == "other data under the same header in three" || report.findings[0].expected.contains("three"))
        #expect(report.copies.first { $0.name == "three" }?.report.firstFailure?.rule == .chain)
        #expect(report.comparisonText.hasPrefix("Copies differ at block 9"))
        #expect(report.verdict.contains("2 of 3"))
    }

    @Test func `a single file is judged: block 0 as a chain of one, any other as what can be said without its chain`() async throws {
        let genesis = try await self.auditFile(Self.bytes(0))
        #expect(genesis.isGood)
        #expect(genesis.copies[0].report.replayedBlocks == 1)
        let later = try #require(try await self.auditFile(Self.bytes(5)).copies.first).report
        #expect(!later.isGood && later.replayedBlocks == 0)
        #expect(later.findings.map(\.expected) == ["block 0, with which a replay begins"])
        // An envelope without a signature is what peers refuse as a whole.
        let block = try OrderedBlock(serialized: Self.bytes(36))
        var envelope = try Envelope(serialized: block.envelopes[2])
        envelope.signature = []
        var envelopes = block.envelopes
        envelopes[2] = envelope.serialized()
        let refused = OrderedBlock(
            number: 36, previousHash: block.previousHash, dataHash: Formulas.dataHash(of: envelopes), envelopes: envelopes, metadata: block.metadata)
        let report = try #require(try await self.auditFile(refused.serialized()).copies.first).report
        #expect(report.firstFailure?.transaction == 2 && report.firstFailure?.found == "an envelope that has no signature")
        #expect(report.firstFailure?.expected.contains("refuse this one as a whole") == true)
        try self.folder.write([1, 2, 3], to: "file.pb")
        #expect(throws: AuditError.noBlockInFile(self.folder.path(of: "file.pb"))) { try AuditSubject.find(at: self.folder.path(of: "file.pb")) }
    }

    private func auditFile(_ bytes: [UInt8]) async throws -> FabricReport {
        try self.folder.write(bytes, to: "single.pb")
        return try await self.audit("single.pb")
    }

    @Test func `another genesis block than the pinned one, and too few blocks, are findings`() async throws {
        try self.write(0..<3, to: "blocks")
        var options = AuditOptions()
        options.expectedGenesisHash = [UInt8](repeating: 1, count: 32)
        #expect(try #require(try await self.audit("blocks", options: options).copies.first).report.firstFailure?.rule == .genesis)
        options.expectedGenesisHash = try OrderedBlock(serialized: Self.bytes(0)).headerHash
        options.minimumHeight = 3
        #expect(try await self.audit("blocks", options: options).isGood)
        options.minimumHeight = 4
        #expect(try #require(try await self.audit("blocks", options: options).copies.first).report.firstFailure?.rule == .height)
    }

    @Test func `what is no Fabric ledger is left to the audit of ours`() throws {
        for path in [self.folder.path, self.folder.path(of: "missing")] {
            guard case .ledger(let folder) = try AuditSubject.find(at: path + "/") else {
                Issue.record("\(path) holds no Fabric blocks")
                continue
            }
            #expect(folder == path)
        }
    }
}
