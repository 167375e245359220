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
        lines += self.agreementLines
        if !self.signaturesText.isEmpty { lines.append("Signatures: " + self.signaturesText) }
        lines.append("Transactions: \(self.transactionCount) (\(self.countsText))")
        lines += self.committeeLines
        if !self.obstacles.isEmpty { lines.append("Not re-executable: " + Self.list(self.obstacles)) }
        if !self.codes.isEmpty { lines.append("Codes: " + Self.list(self.codes)) }
        lines += self.stateLines
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
        var checks = ["chain ok", self.signatures.orderers.right > 0 ? "quorum ok" : "quorum not checked (no signed block)"]
        if self.signatures.creators.right > 0 {
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

    /// What was derived again beside what the blocks say, in numbers.
    private var agreementLines: [String] {
        let agreement = self.agreement
        var lines = [
            "Hashes: \(agreement.headerHashes) of \(self.storedBlocks) header hashes, \(agreement.dataHashes) of \(self.storedBlocks) data hashes"
        ]
        if agreement.codesRecorded > 0 {
            lines.append(
                "Validation: \(agreement.codesEqual) of \(agreement.codesRecorded) codes and \(agreement.commitHashesEqual) of "
                    + "\(agreement.commitHashesRecorded) commit hashes as recorded (block 0 counts: its slot must be empty)")
        } else if self.transactionCount > 0 {
            lines.append("Validation: the blocks record no codes and no commit hashes, as an orderer gives them; what follows was computed")
        }
        if !self.commitHash.isEmpty { lines.append("Commit hash after block \(max(self.replayedBlocks, 1) - 1): \(Base16.encode(self.commitHash))") }
        return lines
    }

    /// Right ones of those checked, by kind; what stands in the blocks and was not asked for comes behind.
    private var signaturesText: String {
        let kinds = [
            ("orderers", self.signatures.orderers), ("clients", self.signatures.creators), ("endorsers", self.signatures.endorsers),
            ("administrators", self.signatures.administrators),
        ]
        return kinds.filter { $0.1.present > 0 || $0.1.checked > 0 }.map { name, kind in
            let unchecked = max(0, kind.present - kind.checked)
            return "\(kind.right) of \(kind.checked) right of \(name)" + (unchecked > 0 ? " (\(unchecked) more not asked for)" : "")
        }.joined(separator: ", ")
    }

    private var stateLines: [String] {
        if self.knownStates.isEmpty {
            switch self.state {
            case .equal(let entries, let height): return ["State: \(entries) entries equal those after block \(height - 1)"]
            case .different: return []
            case .notCompared(let reason): return ["State: not compared: \(reason)"]
            }
        }
        return self.knownStates.compactMap { known in
            switch known.result {
            case .equal(let entries, let height):
                "State: \(entries) of \(entries) entries of \(known.source) equal those after block \(height - 1)\(known.detail)"
            case .different: nil
            case .notCompared(let reason): "State: \(known.source) not compared: \(reason)"
            }
        }
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
