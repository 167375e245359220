import CryptoPrimitives

extension AuditReport {
    /// The verdict in one line.
    package var verdict: String {
        if let failure = self.firstFailure {
            let more = self.findingCount > 1 ? " (\(self.findingCount - 1) more)" : ""
            return "Verification failed at \(failure)\(more)"
        }
        let last = max(self.replayedBlocks, 1) - 1
        let blocks = last == 0 ? "Block 0" : "Blocks 0-\(last)"
        return "\(blocks) verified: " + self.checks.joined(separator: ", ")
    }

    /// The verdict first, then what it rests on, a line each.
    package var text: String {
        var lines = [self.verdict]
        if let failure = self.firstFailure { lines.append("What to do: \(failure.advice)") }
        for finding in self.findings.dropFirst() { lines.append("Also: \(finding)") }
        if self.findingCount > self.findings.count { lines.append("And \(self.findingCount - self.findings.count) more findings") }
        if self.replayedBlocks < self.storedBlocks || !self.isGood {
            lines.append("Replayed: \(self.replayedBlocks) of \(self.storedBlocks) readable blocks")
        }
        lines.append(self.anchorText)
        lines.append(
            "Signatures checked: \(self.signatures.orderers) of orderers, \(self.signatures.creators) of clients, "
                + "\(self.signatures.endorsers) of endorsers" + (self.signatures.wrong > 0 ? "; \(self.signatures.wrong) wrong ones ignored" : ""))
        lines.append("Transactions: \(self.transactions.count) (\(self.countsText))")
        lines += self.committeeLines
        if !self.obstacles.isEmpty { lines.append("Not re-executable: " + Self.list(self.obstacles)) }
        if !self.invalidCodes.isEmpty { lines.append("Invalid: " + Self.list(self.invalidCodes)) }
        switch self.state {
        case .equal(let entries, let height): lines.append("State: \(entries) entries equal those after block \(height - 1)")
        case .different: break
        case .notCompared(let reason): lines.append("State: not compared: \(reason)")
        }
        if self.unfinishedBytes > 0 {
            lines.append("The block files end with \(self.unfinishedBytes) bytes of a write that was never finished; no block is in them")
        }
        return lines.joined(separator: "\n")
    }

    private var anchorText: String {
        if self.replayedBlocks == 0 { return "Trust anchor: none, the replay did not begin" }
        let hash = Base16.encode(self.genesisHash)
        switch self.anchor {
        case .pinned: return "Trust anchor: genesis block \(hash), given by you"
        case .ledger: return "Trust anchor: genesis block \(hash), taken from the ledger itself (pin it with --genesis-hash)"
        }
    }

    /// What was checked and is right, each in few words.
    private var checks: [String] {
        var checks = ["chain ok", self.signatures.orderers > 0 ? "quorum ok" : "quorum not checked (no signed block)"]
        if self.signatures.creators > 0 {
            checks += ["signatures ok", "policies ok", "reads ok"]
        } else {
            checks.append("no transactions")
        }
        checks.append(self.isReexecuted ? "re-execution ok (\(self.countsText))" : "re-execution not run")
        switch self.state {
        case .equal: checks.append("state ok")
        case .different: checks.append("state different")
        case .notCompared: checks.append("state not compared")
        }
        return checks
    }

    private var countsText: String {
        let counts = self.counts
        return "\(counts.equal) equal, \(counts.different) different, \(counts.notReexecutable) not re-executable, \(counts.invalid) invalid"
            + (counts.governance > 0 ? ", \(counts.governance) governance" : "")
    }

    /// The first committee, then each change of it.
    private var committeeLines: [String] {
        var lines: [String] = []
        var former: Committee?
        for committee in self.committees {
            let size = "\(committee.members.count) \(committee.members.count == 1 ? "member" : "members"), \(committee.quorum) of them sign"
            if let former {
                let joined = committee.members.filter { !former.members.contains($0) }
                let left = former.members.filter { !committee.members.contains($0) }
                let changes = [("in", joined), ("out", left)].filter { !$0.1.isEmpty }.map { "\($0.0) \(Self.list($0.1))" }
                let how = changes.isEmpty ? "in another order" : changes.joined(separator: ", ")
                lines.append("Committee from block \(committee.firstBlock): \(size); \(how)")
            } else {
                lines.append("Committee from block \(committee.firstBlock): \(size)")
            }
            former = committee
        }
        return lines
    }

    private static func list(_ members: [Committee.Member]) -> String {
        members.map { "\($0.consenter) (\($0.mspID))" }.joined(separator: ", ")
    }

    private static func list(_ tallies: [Tally]) -> String {
        tallies.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
    }
}
