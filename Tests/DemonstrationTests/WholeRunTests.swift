import Audit
import CryptoPrimitives
import Foundation
import Ledger
import Node
import TestSupport
import Testing

@testable import Demonstration

/// One run of everything on two small records, looked at from all sides.
@Suite(.timeLimit(.minutes(20))) struct WholeRunTests {
    /// Lines as they come; one task writes them.
    private final class Lines {
        var texts: [String] = []
        var progress: [String] = []
    }

    @Test func `the whole run is good, its JSON says the same, and nothing of the records is outside of the shares`() async throws {
        let records = try MarkedRecords.make()
        let folder = try TemporaryFolder("selvage-run")
        let directory = folder.path(of: "run")
        let lines = Lines()
        var demonstration = Demonstration(records: records, directory: directory) {
            lines.texts.append($0)
        } progress: {
            lines.progress.append($0)
        }
        // However slow the machine is.
        demonstration.patience = .seconds(1_200)
        let account = try await demonstration.run()

        self.checkStages(account)
        try self.checkElection(account)
        try self.checkCommittee(directory)
        self.checkFigures(account)
        try self.checkJSON(account)
        self.checkLines(lines.texts, account)
        try self.checkPrivacy(records, directory, lines.texts + lines.progress + [try account.json()])
        try self.checkPlantedLeaks(records, directory)
    }

    private func checkStages(_ account: Account) {
        #expect(account.isGood)
        #expect(account.stages.map(\.number) == Array(1...9))
        #expect(account.stages.allSatisfy { !$0.entries.isEmpty && $0.milliseconds > 0 })
        guard account.stages.count == 9 else { return }
        let refusals = account.stages[6].entries
        #expect(refusals.count == 7)
        #expect(refusals.allSatisfy { $0.outcome == .refused && $0.reason?.isEmpty == false }, "\(refusals)")
        // A share altered and four custodians gone in stage 6, the flipped bit in stage 9.
        #expect(account.stages[5].entries.map(\.outcome) == [.done, .refused, .refused])
        #expect(account.stages[8].entries.filter { $0.outcome == .refused }.count == 1)
        for stage in account.stages.prefix(5) where stage.number != 2 {
            #expect(stage.entries.allSatisfy { $0.outcome == .done }, "stage \(stage.number)")
        }
    }

    /// What is told of the election is what the ballots must give; what is told of the liar is what was done to it.
    private func checkElection(_ account: Account) throws {
        guard account.stages.count == 9 else { return }
        let election = account.stages[1].entries
        #expect(election.filter { $0.outcome == .refused }.map(\.what) == ["a second ballot under the same validation number"])
        let count = try #require(election.first { $0.what.contains("the count:") }?.what)
        #expect(
            count.hasSuffix("votes: 1. HospitalNorthMSP (6), 2. Custodian1MSP (5), 3. HospitalSouthMSP (4), 4. RegulatorMSP (3), 5. InsurerMSP (2)"))
        #expect(election.contains { $0.what.contains("the same 5 ranks; 6 of 6 voters find their own ballot") })
        let liar = account.stages[7].entries
        #expect(liar.filter { $0.outcome == .refused }.count == 2, "the conviction, and a second ballot in the by-election")
        #expect(liar.contains { $0.reason?.hasPrefix("Custodian1MSP is convicted of E2") == true })
        #expect(liar.contains { $0.what.contains("InsurerMSP moves up from audit node to producer") })
    }

    /// The blocks alone say the same, to anybody who follows them.
    private func checkCommittee(_ directory: String) throws {
        let report = try CommitteeReport(ledger: directory + "/peer0.custodian7.example")
        #expect(report.epoch == 1)
        #expect(report.quorum == 3)
        let offices = report.members.map { "\($0.institution): \($0.office ?? "none")" }
        #expect(
            offices == [
                "HospitalNorthMSP: producer", "InsurerMSP: producer", "HospitalSouthMSP: producer", "RegulatorMSP: producer",
                "Custodian2MSP: audit node", "Custodian1MSP: none",
            ])
        #expect(report.members.last?.barred == "through epoch 1")
        #expect(report.members.last?.offences == 1)
        #expect(report.members.reduce(0) { $0 + $1.produced } == report.blocks - 1, "every block after block 0 has one proposer")
        #expect(report.offences.map { "\($0.code) \($0.institution ?? "")" } == ["E2 Custodian1MSP"])
        let configurations = report.happenings.filter { $0.what.hasPrefix("configuration:") }
        #expect(configurations.count == 2)
        #expect(try JSONDecoder().decode(CommitteeReport.self, from: JSONEncoder().encode(report)) == report)
        let text = report.lines.joined(separator: "\n")
        for member in report.members { #expect(text.contains(member.institution)) }
        #expect(text.contains("E2 against Custodian1MSP"))

        // The flipped bit in the copy, and blocks whose end is missing: the first is noticed, the second is a write that never ended.
        #expect { try CommitteeReport(ledger: directory + "/tampered") } throws: { error in
            guard case .broken = error as? CommitteeReportError else { return false }
            return true
        }
        #expect { try CommitteeReport(ledger: directory + "/missing") } throws: { error in
            guard case .unreadable = error as? CommitteeReportError else { return false }
            return true
        }
    }

    private func checkFigures(_ account: Account) {
        let obstacles = account.stages.last?.entries.map(\.what).filter { $0.hasPrefix("not re-executable:") } ?? []
        #expect(obstacles.count == 2, "\(obstacles)")
        let figures = account.figures
        #expect(figures["reexecutedDifferent"] == 0)
        #expect((figures["reexecutedEqual"] ?? 0) > 0)
        // Two writers of one key, and an endorsement of one organisation.
        #expect(figures["invalid"] == 2)
        // The configuration in block 0 and two of the committee, and each record's reconstruction, which is logged with fragments that only the endorsers have seen.
        #expect(figures["notReexecutable"] == 5)
        let counts = ["reexecutedEqual", "reexecutedDifferent", "notReexecutable", "invalid", "governance"].compactMap { figures[$0] }
        #expect(counts.reduce(0, +) == figures["auditedTransactions"], "\(figures)")
    }

    private func checkJSON(_ account: Account) throws {
        let root = try #require(try JSONSerialization.jsonObject(with: Data(try account.json().utf8)) as? [String: Any])
        #expect(root["good"] as? Bool == true)
        #expect(root["directory"] as? String == account.directory)
        #expect(root["figures"] as? [String: Double] == account.figures)
        let stages = try #require(root["stages"] as? [[String: Any]])
        #expect(stages.count == account.stages.count)
        for (json, stage) in zip(stages, account.stages) {
            #expect(json["number"] as? Int == stage.number)
            #expect(json["title"] as? String == stage.title)
            let entries = try #require(json["entries"] as? [[String: Any]])
            #expect(entries.map { $0["what"] as? String } == stage.entries.map(\.what))
            #expect(entries.map { $0["outcome"] as? String } == stage.entries.map(\.outcome.rawValue))
            #expect(entries.map { $0["reason"] as? String } == stage.entries.map(\.reason))
        }
    }

    private func checkLines(_ lines: [String], _ account: Account) {
        let text = lines.joined(separator: "\n")
        for stage in account.stages {
            #expect(lines.contains("\(stage.number). \(stage.title)"))
            for entry in stage.entries {
                #expect(text.contains(entry.what))
                if let reason = entry.reason { #expect(text.contains(reason)) }
            }
        }
        #expect(!text.contains("FAILED"))
    }

    private func checkPrivacy(_ records: [MedicalRecord], _ directory: String, _ texts: [String]) throws {
        let search = MarkedRecords.search(records)
        // The search finds the records themselves, so it would find what leaked.
        for record in records { #expect(!search.findings(in: String(decoding: record.bytes, as: UTF8.self), called: record.name).isEmpty) }
        let found = try search.search(folder: directory)
        #expect(found.findings == [])
        // Eleven peers, the committee's members, shares and receipts of seven custodians.
        #expect(found.files > 100)
        #expect(found.bytes > 1_000_000)
        for text in texts { #expect(search.findings(in: text, called: "the account") == []) }
    }

    /// The same search on copies into which something was put on purpose.
    private func checkPlantedLeaks(_ records: [MedicalRecord], _ directory: String) throws {
        let search = MarkedRecords.search(records)
        let copy = directory + "-leaking"
        let files = FileManager.default
        try files.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try files.copyItem(atPath: directory + "/peer0.insurer.example", toPath: copy + "/peer")
        #expect(try search.search(folder: copy).findings == [])

        var batch = WriteBatch()
        batch.put(Array("transient".utf8), Array("{\"name\":\"\(MarkedRecords.markers[0])\"}".utf8))
        try LevelDBStore(folder: copy + "/peer/state").write(batch)
        #expect(try search.search(folder: copy).findings.contains { $0.hasPrefix("the marker is in a value in") })

        try Data(SHA256.hash(records[1].bytes)).write(to: URL(fileURLWithPath: copy + "/receipt"))
        #expect(try search.search(folder: copy).findings.contains { $0.hasPrefix("the record's digest") && $0.hasSuffix("in receipt") })

        try Data([1]).write(to: URL(fileURLWithPath: copy + "/\(MarkedRecords.markers[1]).share"))
        #expect(try search.search(folder: copy).findings.contains { $0.hasPrefix("the marker is in the name of") })
    }
}
