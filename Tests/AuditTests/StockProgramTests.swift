import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Audit

/// What programs of Fabric v3.1.5 did to a network of ours, and what their peer and ours made of it (`Resources/stock-programs`).
@Suite struct StockProgramTests {
    private static let folder = PackageRoot.path + "/Tests/AuditTests/Resources/stock-programs"

    private static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: self.folder + "/" + name)), as: UTF8.self)
    }

    @Test func `a peer of Fabric that followed our committee wrote the codes and commit hashes that our peer did, and that an audit computes`()
        async throws
    {
        guard case .fabric(let copies) = try AuditSubject.find(at: Self.folder) else {
            Issue.record("the folder holds no blocks")
            return
        }
        let report = try await FabricAuditor().audit(copies)
        #expect(report.isGood)
        #expect(report.copies.map(\.name) == ["selvage-peer", "stock-peer"])
        for copy in report.copies {
            #expect(copy.report.findings == [])
            #expect(
                copy.report.agreement
                    == AuditReport.Agreement(
                        headerHashes: 33, dataHashes: 33, codesRecorded: 46, codesEqual: 46, commitHashesRecorded: 33, commitHashesEqual: 33))
        }
        for number in 0..<33 {
            let name = "block_" + String(repeating: "0", count: 3 - String(number).count) + String(number) + ".pb"
            let pair = try ["selvage-peer", "stock-peer"].map { copy in
                try OrderedBlock(serialized: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(copy)/\(name)"))))
            }
            #expect(pair[0].headerHash == pair[1].headerHash)
            #expect(pair[0].metadata(.commitHash) == pair[1].metadata(.commitHash))
            #expect(pair[0].metadata(.transactionsFilter) == pair[1].metadata(.transactionsFilter))
        }
    }

    @Test func `every command ended as it should: two were to be refused`() throws {
        let lines = try Self.text("commands.txt").split(separator: "\n")
        let codes = lines.filter { $0.hasPrefix("exit code ") }
        #expect(codes.count == 33)
        #expect(codes.filter { $0 != "exit code 0" } == ["exit code 1", "exit code 1"])
        #expect(lines.contains { $0.contains("the note does not exist") } && lines.contains { $0.contains("exists") })
        for verb in [
            "channel list", "channel getinfo", "channel fetch oldest", "channel fetch newest", "channel fetch config", "channel update",
            "lifecycle chaincode install", "lifecycle chaincode queryinstalled", "lifecycle chaincode getinstalledpackage",
            "lifecycle chaincode approveformyorg", "lifecycle chaincode checkcommitreadiness", "lifecycle chaincode queryapproved",
            "lifecycle chaincode commit", "lifecycle chaincode querycommitted", "chaincode invoke", "chaincode query",
        ] { #expect(lines.contains { $0.hasPrefix("$") && $0.contains("peer \(verb)") }, "\(verb)") }
        #expect(try Self.text("gateway.txt").hasSuffix("done\nexit code 0\n"))
    }
}
