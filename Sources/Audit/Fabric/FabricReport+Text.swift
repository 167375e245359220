extension FabricReport {
    /// What comparing the copies gave and what was left aside, a line each; empty for a single copy without company.
    package var comparisonText: String {
        var lines: [String] = []
        if let comparison = self.comparison {
            let what = "header, data and signed value"
            let count = "\(comparison.blocks) blocks in \(self.copies.count) copies"
            if let finding = self.findings.first {
                let more = self.findings.count > 1 ? " (\(self.findings.count - 1) more)" : ""
                lines.append("Copies differ at \(finding)\(more)")
            } else {
                lines.append("Copies: \(count): \(what) equal" + (comparison.differentSignatures > 0 ? Self.signatures(comparison) : ""))
            }
            for copy in comparison.shorter { lines.append("Copies: \(copy.name) ends after block \(copy.blocks - 1) of 0-\(copy.longest - 1)") }
        }
        for entry in self.setAside { lines.append("Set aside: \(entry.name): \(entry.reason)") }
        return lines.joined(separator: "\n")
    }

    private static func signatures(_ comparison: Comparison) -> String {
        "; \(comparison.differentSignatures) of them with signatures of another selection of orderers, as a committee gives them"
    }

    /// The verdict on all copies in one line.
    package var verdict: String {
        let good = self.copies.count { $0.report.isGood }
        let copies = self.copies.count == 1 ? "copy" : "copies"
        if self.isGood { return "Good: \(self.copies.count) \(copies) verified" + (self.comparison == nil ? "" : ", equal where they must be") }
        return "Not good: \(good) of \(self.copies.count) \(copies) verified" + (self.findings.isEmpty ? "" : ", and they differ")
    }
}
