import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Audit

/// The state that a peer's database held, written down beside its blocks.
@Suite struct KnownStateTests {
    private static let resources = PackageRoot.path + "/Tests/ValidationTests/Resources/fabric"

    private typealias Entries = [[String: Any]]

    /// Audits the whole ledger against a changed state.
    private func report(savepoint: UInt64 = 73, _ change: (inout [[String: Any]]) -> Void = { _ in }) async throws -> AuditReport {
        let folder = try TemporaryFolder("known-state")
        let json = try Data(contentsOf: URL(fileURLWithPath: Self.resources + "/state.json"))
        var document = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        var entries = try #require(document["entries"] as? [[String: Any]])
        change(&entries)
        document["entries"] = entries
        document["savepoint"] = [savepoint, 0]
        try folder.write([UInt8](try JSONSerialization.data(withJSONObject: document)), to: "state.json")
        return try await self.audit(named: folder.path(of: "state.json"))
    }

    private func audit(named path: String) async throws -> AuditReport {
        guard case .fabric(let copies) = try AuditSubject.find(at: Self.resources + "/blocks") else {
            throw MessageError(part: "resources", reason: "hold no blocks")
        }
        return try #require(try await FabricAuditor(namedState: path).audit(copies).copies.first).report
    }

    private static func index(of entries: Entries, _ namespace: String, metadata: Bool = false) throws -> Int {
        try #require(entries.firstIndex { $0["namespace"] as? String == namespace && ($0["metadata_hex"] != nil) == metadata })
    }

    @Test(arguments: ["value", "version", "metadata", "missing", "added", "twice", "private value", "private key", "hashed"])
    func `an altered entry is named`(_ kind: String) async throws {
        var problem: (any Error)?
        let report = try await self.report { entries in
            do {
                switch kind {
                case "value": entries[try Self.index(of: entries, "kvand")]["value"] = "altered"
                case "version": entries[try Self.index(of: entries, "kvor")]["version"] = [1, 1]
                case "metadata": entries[try Self.index(of: entries, "kvand", metadata: true)]["metadata_hex"] = "1200"
                case "missing": entries.remove(at: try Self.index(of: entries, "kvor"))
                case "added": entries.append(["namespace": "kvor", "key": "added", "value": "x", "version": [3, 0]])
                case "twice": entries.append(entries[try Self.index(of: entries, "kvor")])
                case "private value": entries[try Self.index(of: entries, "kvand$$pcollA")]["value"] = "altered"
                case "private key": entries[try Self.index(of: entries, "kvand$$pcollA")]["key"] = "altered"
                default: entries.remove(at: try Self.index(of: entries, "kvand$$hcollA"))
                }
            } catch {
                problem = error
            }
        }
        #expect(problem == nil)
        #expect(report.state == .different)
        #expect(report.findingCount == 1)
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .state && failure.block == 73)
        let place = kind.hasPrefix("private") || kind == "hashed" ? "kvand/collA#" : kind == "value" || kind == "metadata" ? "kvand/" : "kvor/"
        #expect(failure.expected.hasPrefix(place), "\(failure)")
        #expect(!failure.description.contains("altered"))
    }

    @Test func `a state of an earlier block is compared at that block, one of a later block is not`() async throws {
        let early = try await self.report(savepoint: 72)
        // Block 73 wrote something, so the states differ; that they were compared at block 72 is what counts here.
        #expect(early.state == .different && early.firstFailure?.block == 72)
        let late = try await self.report(savepoint: 74)
        guard case .notCompared(let reason) = late.state else {
            Issue.record("the state is \(late.state)")
            return
        }
        #expect(reason.contains("75 blocks"))
        #expect(late.isGood)
    }

    @Test func `what was named and is no state is a finding`() async throws {
        let folder = try TemporaryFolder("known-state")
        for (name, content) in [
            ("a.json", "[]"), ("b.json", "{"), ("c.json", "{\"savepoint\":[],\"entries\":[]}"),
            ("d.json", "{\"savepoint\":[73,0],\"entries\":[{\"namespace\":\"n\",\"key\":\"k\",\"version\":[1,2]}]}"),
            ("e.json", "{\"savepoint\":[73,0],\"entries\":[{\"namespace\":\"n\",\"key\":\"k\",\"value\":\"v\",\"version\":[1]}]}"),
            ("f.json", "{\"savepoint\":[73,0],\"entries\":[{\"namespace\":\"n\",\"key_hex\":\"xx\",\"value\":\"v\",\"version\":[1,2]}]}"),
            ("g.json", "{\"savepoint\":[18446744073709551615,0],\"entries\":[]}"),
        ] {
            try folder.write(Array(content.utf8), to: name)
            #expect(throws: MessageError.self, "\(name)") { try StateDocument(json: Array(content.utf8)) }
        }
        for name in ["a.json", "missing.json"] {
            let report = try await self.audit(named: folder.path(of: name))
            #expect(report.firstFailure?.rule == .state)
            guard case .notCompared = report.state else {
                Issue.record("the state is \(report.state)")
                continue
            }
        }
    }
}
