extension CommitteeReport {
    /// The report for people.
    package var lines: [String] {
        var lines = [
            "Channel '\(self.channel)', genesis block \(self.genesis), \(self.blocks) blocks",
            "Epoch \(self.epoch), since block \(self.epochBegan); \(self.quorum) of \(self.members.count { $0.office == "producer" }) producers sign a block",
            "",
        ]
        lines += Self.table(
            ["rank", "institution", "office", "consenter", "blocks", "missed", "late", "strikes", "offences"],
            self.members.map { member in
                [
                    member.rank.map { "\($0)" } ?? "-", member.institution, member.office ?? (member.barred.map { "barred \($0)" } ?? "-"),
                    member.consenter.map { "\($0)" } ?? "-", "\(member.produced)", "\(member.missedSignatures)", "\(member.missedProposals)",
                    "\(member.strikes)", "\(member.offences)",
                ]
            })
        lines += ["", "missed: blocks of others that it did not sign in time; late: turns that passed without its block", ""]
        lines.append(self.offences.isEmpty ? "Evidence: none" : "Evidence:")
        for offence in self.offences {
            lines.append(
                "  block \(offence.block): \(offence.code) against \(offence.institution ?? "a forgotten key") (consenter \(offence.consenter)), "
                    + "committed at height \(offence.height), round \(offence.round)")
        }
        lines.append("Next:")
        lines += self.next.map { "  " + $0 }
        lines.append("So far:")
        lines += self.happenings.map { "  block \($0.block): \($0.what)" }
        return lines
    }

    /// Columns as wide as their widest cell; numbers to the right.
    private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                let isText = column == 1 || column == 2
                return isText ? row[column] + space : space + row[column]
            }
            let text = cells.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }
}
