import ContractVM
import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Audit

@Suite struct GoodLedgerTests {
    @Test func `a good ledger is good, with the right counts`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        #expect(try await channel.commit([channel.endorse("write", "b", "one"), channel.endorse("write", "c", "two")]) == [.valid, .valid])
        // In one block: the second appends to what the first appends, the third meets an unmet policy, the last is a replay.
        let first = try channel.endorse("append", "b", "x")
        let codes = try await channel.commit([
            first, channel.endorse("append", "b", "y"), channel.endorse(channel.call("write", "d", "three"), peers: 1),
            channel.endorse("erase", "c"), first,
        ])
        #expect(codes == [.valid, .mvccReadConflict, .endorsementPolicyFailure, .valid, .duplicateTransactionID])
        #expect(try await channel.commit([channel.endorse("count", "z")]) == [.valid])
        channel.close()

        var options = AuditOptions()
        options.expectedGenesisHash = channel.genesis.headerHash
        options.minimumHeight = 6
        var progress: [AuditProgress] = []
        let report = try await Auditor(catalogue: TestChannel.auditorContracts, options: options).audit(ledger: channel.path) { progress.append($0) }
        #expect(report.findings == [])
        #expect(report.isGood)
        #expect(report.replayedBlocks == 6 && report.storedBlocks == 6)
        #expect(report.form == .canonical)
        #expect(report.anchor == .pinned)
        #expect(report.channel == TestChannel.name)
        #expect(report.counts == AuditReport.Counts(equal: 8, different: 0, notReexecutable: 1, invalid: 3))
        #expect(report.obstacles == [AuditReport.Tally(name: "configuration", count: 1)])
        #expect(report.invalidCodes.map(\.name) == ["DUPLICATE_TXID", "ENDORSEMENT_POLICY_FAILURE", "MVCC_READ_CONFLICT"])
        #expect(report.signatures.creators == SignatureCounts.Kind(present: 11, checked: 11, right: 11))
        #expect(report.signatures.endorsers.right == 19)
        // Five blocks, and four certificates of parents.
        #expect(report.signatures.orderers == SignatureCounts.Kind(present: 9, checked: 9, right: 9))
        #expect(report.signatures.wrong == 0)
        guard case .equal(let entries, 6) = report.state else {
            Issue.record("the state is \(report.state)")
            return
        }
        #expect(entries > 5)
        #expect(
            report.verdict == "Blocks 0-5 verified: chain ok, quorum ok, signatures ok, policies ok, reads ok, "
                + "re-execution ok (8 equal, 0 different, 1 not re-executable, 3 invalid), state ok")
        #expect(progress == (1...6).map { AuditProgress(blocksDone: $0, blocksTotal: 6) })
    }

    @Test func `a ledger that began from a snapshot is refused with the first block that it has, and a damaged snapshot in it too`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        channel.close()
        let folder = try TemporaryFolder("selvage-audit")
        let path = folder.path(of: "joined")
        let height: UInt64
        do {
            let ledger = try Ledger.open(folder: channel.path)
            height = ledger.height
            _ = try ledger.snapshot().writeSnapshot(to: folder.path(of: "snapshot"))
            _ = try Ledger.join(snapshot: folder.path(of: "snapshot"), folder: path)
        }
        let auditor = Auditor(catalogue: TestChannel.auditorContracts)
        let error = await #expect(throws: AuditError.self) { try await auditor.audit(ledger: path) }
        #expect(error == .beganFromSnapshot(folder: path, lastBlock: height - 1))
        let text = try #require(error?.description)
        #expect(text.contains("its first block is \(height)") && text.contains("no signature, verdict or read was checked"), "\(text)")
        try folder.write([0x7B], to: "joined/base/_snapshot_signable_metadata.json")
        let damaged = await #expect(throws: AuditError.self) { try await auditor.audit(ledger: path) }
        guard case .unreadableSnapshot(path, _)? = damaged else {
            Issue.record("\(String(describing: damaged))")
            return
        }
    }

    @Test func `a range query is run again on what earlier transactions of the block left`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        try await channel.commit([channel.endorse("write", "b", "one")])
        // The count does not see the new note, and is a phantom; the count of a block of its own is not.
        let codes = try await channel.commit([
            channel.endorse("write", "c", "two"), channel.endorse("count", "z"), channel.endorse("write", "q", "out of range"),
        ])
        #expect(codes == [.valid, .phantomReadConflict, .valid])
        let late = try await channel.commit([channel.endorse("write", "zz", "out of range"), channel.endorse("count", "z")])
        #expect(late == [.valid, .valid])
        channel.close()
        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        #expect(report.findings == [])
        #expect(report.counts == AuditReport.Counts(equal: 8, different: 0, notReexecutable: 1, invalid: 1))
        #expect(report.anchor == .ledger)
        #expect(report.text.contains("taken from the ledger itself"))
    }

    @Test func `what the ledger alone does not allow is named with its reason, and an equal result counts all the same`() async throws {
        let channel = try TestChannel()
        try await channel.define(["notebook", "oracle"])
        try await channel.commit([channel.endorse("write", "b", "one")])
        let secret = [TransientEntry(name: "secret", value: [1, 2, 3])]
        #expect(try await channel.commit([channel.endorse(channel.call("seal", "s"), transient: secret)]) == [.valid])
        #expect(try await channel.commit([channel.endorse(channel.call("seal-if-any", "t"), transient: secret)]) == [.valid])
        // The history seen when endorsing is shorter than that before the block.
        let changes = try channel.endorse("changes", "b", "h")
        #expect(try await channel.commit([channel.endorse("changes", "b", "g")]) == [.valid])
        #expect(try await channel.commit([channel.endorse("write", "b", "two")]) == [.valid])
        #expect(try await channel.commit([changes]) == [.valid])
        #expect(
            try await channel.commit([channel.endorse("ask", "o"), channel.endorse(channel.call("answer", chaincode: "oracle"))]) == [.valid, .valid])
        channel.close()

        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        #expect(report.findings == [])
        #expect(report.obstacles.map(\.name) == ["chaincode oracle is not among ours", "configuration", "history query", "transient input"])
        #expect(report.obstacles.map(\.count) == [2, 1, 1, 1])
        #expect(report.counts == AuditReport.Counts(equal: 10, different: 0, notReexecutable: 5, invalid: 0))
        let full = try await Auditor(catalogue: TestChannel.contracts).audit(ledger: channel.path)
        #expect(full.counts.equal == 12 && full.counts.different == 0)
        let none = try await Auditor(catalogue: ContractCatalogue()).audit(ledger: channel.path)
        #expect(none.counts.equal == 0 && none.counts.notReexecutable == 15)
        #expect(none.isGood)
    }

    @Test func `an audit changes nothing in the folder`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        channel.close()
        let before = try LedgerFiles.fingerprint(channel.path)
        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        #expect(report.state != .different && report.isGood)
        #expect(try LedgerFiles.fingerprint(channel.path) == before)
    }

    @Test func `the state of a ledger in use is not compared, and the verdict does not claim it`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        guard case .notCompared(let reason) = report.state else {
            Issue.record("the state is \(report.state)")
            return
        }
        #expect(reason.contains("in use"))
        #expect(report.isGood)
        #expect(report.verdict.hasSuffix("state not compared"))
        #expect(report.text.contains("stop its node"))
        // The node goes on.
        #expect(try await channel.commit([channel.endorse("write", "b", "one")]) == [.valid])
    }

    @Test func `a folder without a ledger is an error, not a finding`() async throws {
        let folder = try TemporaryFolder("audit-test")
        let auditor = Auditor(catalogue: ContractCatalogue())
        await #expect(throws: AuditError.self) { try await auditor.audit(ledger: folder.path) }
        try FileManager.default.createDirectory(atPath: folder.path(of: "blocks"), withIntermediateDirectories: true)
        await #expect(throws: AuditError.noBlocks(folder: folder.path)) { try await auditor.audit(ledger: folder.path) }
    }

    @Test func `the report as JSON holds the verdict, the counts and every transaction`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        channel.close()
        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
        #expect(json["good"] as? Bool == true)
        #expect(json["verdict"] as? String == report.verdict)
        #expect((json["transactions"] as? [[String: Any]])?.count == 4)
        #expect((json["counts"] as? [String: Int])?["equal"] == 3)
        #expect((json["state"] as? [String: Any])?["result"] as? String == "equal")
        #expect(json["firstFailure"] == nil)
    }
}
