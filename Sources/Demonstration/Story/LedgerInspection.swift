import Audit
import Ledger
import Node
import SystemContracts

/// Stage 7: the auditor's work on the ledgers that the run has left on disk; no node is running any more.
struct LedgerInspection {
    let narrator: Narrator
    let directory: String
    /// The folder names of the peers; the first is audited in full, the others must hold the same chain.
    let peers: [String]
    let genesisHash: [UInt8]
    let progress: (String) -> Void

    /// Audits, then flips one bit in a copy and audits that.
    func run() async throws {
        let report = try await self.audit(self.directory + "/\(self.peers[0])")
        self.tell(report)
        try await self.compare(report)
        try await self.flipOneBit()
    }

    private func audit(_ folder: String) async throws -> AuditReport {
        var options = AuditOptions()
        options.expectedGenesisHash = self.genesisHash
        let auditor = Auditor(catalogue: SystemContracts.catalogue(), options: options)
        return try await auditor.audit(ledger: folder) { self.progress("audited \($0.blocksDone) of \($0.blocksTotal) blocks") }
    }

    private func tell(_ report: AuditReport) {
        if report.isGood {
            self.narrator.done(report.verdict)
        } else {
            self.narrator.failed("the audit of \(self.peers[0])", reason: report.verdict)
        }
        let counts = report.counts
        self.narrator.done(
            "\(report.transactions.count) transactions: \(counts.equal) re-executed equal, \(counts.different) different, "
                + "\(counts.notReexecutable) not re-executable, \(counts.invalid) invalid, \(counts.governance) governance")
        for obstacle in report.obstacles { self.narrator.done("not re-executable: \(obstacle.count) for \(obstacle.name)") }
        for code in report.invalidCodes { self.narrator.done("invalid, without effect: \(code.count) with \(code.name)") }
        self.narrator.done(
            "signatures checked: \(report.signatures.orderers.right) of orderers, \(report.signatures.creators.right) of creators, "
                + "\(report.signatures.endorsers.right) of endorsers")
        self.narrator.figure("auditedBlocks", Double(report.replayedBlocks))
        self.narrator.figure("auditedTransactions", Double(report.transactions.count))
        self.narrator.figure("reexecutedEqual", Double(counts.equal))
        self.narrator.figure("reexecutedDifferent", Double(counts.different))
        self.narrator.figure("notReexecutable", Double(counts.notReexecutable))
        self.narrator.figure("invalid", Double(counts.invalid))
        self.narrator.figure("governance", Double(counts.governance))
    }

    /// The other ledgers must be the same chain, byte for byte.
    private func compare(_ report: AuditReport) async throws {
        let first = try self.blockFile(of: self.peers[0])
        var different: [String] = []
        for peer in self.peers.dropFirst() where try self.blockFile(of: peer) != first { different.append(peer) }
        if different.isEmpty {
            self.narrator.done("the block files of all \(self.peers.count) peers are equal, byte for byte")
        } else {
            self.narrator.failed("the peers' block files", reason: "differ at \(different.joined(separator: ", "))")
        }
    }

    private func flipOneBit() async throws {
        var bytes = try self.blockFile(of: self.peers[0])
        let offset = bytes.count * 2 / 3
        bytes[offset] ^= 0x10
        let copy = self.directory + "/tampered"
        try HostFiles.makeFolders(copy + "/blocks")
        try HostFiles.write(bytes, to: copy + "/blocks/" + Self.firstSegment)
        let report = try await self.audit(copy)
        if let finding = report.firstFailure {
            self.narrator.refused("one bit flipped at byte \(offset) of a copy of the block file", reason: "\(finding)")
        } else {
            self.narrator.failed("one bit flipped at byte \(offset) of a copy of the block file", reason: "the audit did not find it")
        }
    }

    private static let firstSegment = BlockFileFormat.fileName(segment: 0)

    private func blockFile(of peer: String) throws -> [UInt8] {
        let path = "\(self.directory)/\(peer)/blocks/\(Self.firstSegment)"
        guard let bytes = try HostFiles.read(path, limit: 1 << 30) else { throw HostFileError(path: path, reason: "is missing") }
        return bytes
    }
}
