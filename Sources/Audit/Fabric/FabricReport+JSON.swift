import Foundation

/// All but the copies, which are written one by one.
extension FabricReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case good, verdict, comparison, findings, setAside, summary
    }

    /// The counts of all copies together.
    private struct Summary: Encodable {
        let copies: Int
        let goodCopies: Int
        let blocks: UInt64
        let transactions: Int
        let agreement: AuditReport.Agreement
        let findings: Int

        init(_ report: FabricReport) {
            self.copies = report.copies.count
            self.goodCopies = report.copies.count { $0.report.isGood }
            self.blocks = report.copies.reduce(0) { $0 + $1.report.replayedBlocks }
            self.transactions = report.copies.reduce(0) { $0 + $1.report.transactionCount }
            self.findings = report.copies.reduce(report.findings.count) { $0 + $1.report.findingCount }
            var agreement = AuditReport.Agreement()
            for copy in report.copies {
                let part = copy.report.agreement
                agreement.headerHashes += part.headerHashes
                agreement.dataHashes += part.dataHashes
                agreement.codesRecorded += part.codesRecorded
                agreement.codesEqual += part.codesEqual
                agreement.commitHashesRecorded += part.commitHashesRecorded
                agreement.commitHashesEqual += part.commitHashesEqual
            }
            self.agreement = agreement
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.isGood, forKey: .good)
        try container.encode(self.verdict, forKey: .verdict)
        try container.encodeIfPresent(self.comparison, forKey: .comparison)
        try container.encode(self.findings, forKey: .findings)
        try container.encode(self.setAside, forKey: .setAside)
        try container.encode(Summary(self), forKey: .summary)
    }

    /// All but the copies, as JSON with sorted keys.
    package func json() throws -> String {
        String(decoding: try AuditReport.encoder([.prettyPrinted]).encode(self), as: UTF8.self)
    }
}

extension FabricCopies.SetAside: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, reason
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.name, forKey: .name)
        try container.encode(self.reason, forKey: .reason)
    }
}
