import Audit
import CryptoPrimitives
import Foundation
import Ledger
import TestSupport
import Testing

@testable import Demonstration

/// One run of everything on two small records, looked at from all sides.
@Suite(.timeLimit(.minutes(2))) struct WholeRunTests {
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
        let account = try await Demonstration(records: records, directory: directory) {
            lines.texts.append($0)
        } progress: {
            lines.progress.append($0)
        }.run()

        self.checkStages(account)
        self.checkFigures(account)
        try self.checkJSON(account)
        self.checkLines(lines.texts, account)
        try self.checkPrivacy(records, directory, lines.texts + lines.progress + [try account.json()])
        try self.checkPlantedLeaks(records, directory)
    }

    private func checkStages(_ account: Account) {
        #expect(account.isGood)
        #expect(account.stages.map(\.number) == Array(1...7))
        #expect(account.stages.allSatisfy { !$0.entries.isEmpty && $0.milliseconds > 0 })
        guard account.stages.count == 7 else { return }
        let refusals = account.stages[5].entries
        #expect(refusals.count == 7)
        #expect(refusals.allSatisfy { $0.outcome == .refused && $0.reason?.isEmpty == false }, "\(refusals)")
        // A share altered and four custodians gone in stage 5, the flipped bit in stage 7.
        #expect(account.stages[4].entries.map(\.outcome) == [.done, .refused, .refused])
        #expect(account.stages[6].entries.filter { $0.outcome == .refused }.count == 1)
        for stage in account.stages.prefix(4) { #expect(stage.entries.allSatisfy { $0.outcome == .done }, "stage \(stage.number)") }
    }

    private func checkFigures(_ account: Account) {
        let obstacles = account.stages.last?.entries.map(\.what).filter { $0.hasPrefix("not re-executable:") } ?? []
        #expect(obstacles.count == 2, "\(obstacles)")
        let figures = account.figures
        #expect(figures["reexecutedDifferent"] == 0)
        #expect((figures["reexecutedEqual"] ?? 0) > 0)
        // Two writers of one key, and an endorsement of one organisation.
        #expect(figures["invalid"] == 2)
        // The configuration in block 0, and each record's reconstruction, which is logged with fragments that only the endorsers have seen.
        #expect(figures["notReexecutable"] == 3)
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
        // Eleven peers, an orderer, shares and receipts of seven custodians.
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
