import ArgumentParser
import Audit
import CryptoPrimitives
import Foundation
import LedgerModel
import SystemContracts

/// Replays a ledger from its bytes and judges it.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Replay a ledger from its blocks: chain, quorum, signatures, policies, reads, contracts, state.",
        discussion: """
            PATH is one of these; which one is found out. Nothing there is changed.
              the folder of a peer's ledger of ours, which holds 'blocks' and 'state';
              a folder of Fabric blocks, one serialised common.Block in each file (*.pb, *.block), or one such file;
              a folder that holds several such folders: each copy is audited, and the copies are compared.
            A ledger of ours: contracts are run again. The stored state is compared only while no node has the ledger open; it is copied to the \
            folder for temporary files (TMPDIR) for that. One that began from a snapshot is refused: the blocks before it are not there.
            Fabric blocks, as a peer or as an orderer delivers them: hashes, signatures, every validation code, commit hashes and the final \
            state are derived again and compared with what the blocks record; an orderer's blocks record no codes, they are computed. A \
            state.json or a peer's snapshot beside the blocks is compared with the final state. Chaincode of others is not run again, but counted and named.
            Examples:
              selvage audit ~/peer0/ledger --genesis-hash 1f3a...9c -O json
              selvage audit fetched-blocks --state exported/state.json
            Without --genesis-hash the genesis block in the ledger is trusted, which the report says. A ledger whose end was cut off together \
            with its state is noticed only with --height.
            Exit codes: 0 all that was checked agrees with what the blocks record, 2 wrong usage, 3 the ledger cannot be read or began from a \
            snapshot, 4 verification failed: a block, signature, code, hash or entry is not as it must be.
            """)

    @Argument(help: "A ledger's folder, a folder of Fabric blocks or of several copies of them, or a file with one block.")
    var path: String

    @Option(help: "The header hash of the genesis block that you trust, 64 hexadecimal digits.")
    var genesisHash: String?

    @Option(help: "The ledger must hold at least so many blocks.")
    var height: UInt64?

    @Option(help: "The state of Fabric blocks at some block: a list of entries (state.json), or the folder of a peer's snapshot.")
    var state: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let text = self.genesisHash, Self.hash(text) == nil {
            throw ValidationError("--genesis-hash must be 64 hexadecimal digits")
        }
    }

    func run() async throws {
        var options = AuditOptions()
        options.expectedGenesisHash = self.genesisHash.flatMap(Self.hash)
        options.minimumHeight = self.height
        options.temporaryFolder = FileManager.default.temporaryDirectory.path
        let output = AuditOutput(self.output.format)
        do {
            let isGood =
                switch try AuditSubject.find(at: self.path) {
                case .ledger(let folder): try await self.audit(ledger: folder, options, output)
                case .fabric(let copies): try await self.audit(copies, options, output)
                }
            try (isGood ? CommandExit.good : .verificationFailed).finish()
        } catch let error as AuditError {
            output.fail("\(error)")
            Console.error("audit: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
    }

    private func audit(ledger folder: String, _ options: AuditOptions, _ output: AuditOutput) async throws -> Bool {
        if self.state != nil {
            Console.error("audit: --state is for Fabric blocks; the state of a ledger of ours lies in its own folder")
            throw ExitCode(CommandExit.usage.rawValue)
        }
        let catalogue = SystemContracts.catalogue()
        var bar = ProgressBar(title: "audit")
        var rowError: (any Error)?
        let report = try await Auditor(catalogue: catalogue, options: options).audit(ledger: folder) { progress in
            bar.show(progress.blocksDone, of: progress.blocksTotal, unit: "blocks")
        } each: { transaction in
            guard output.takesRows, rowError == nil else { return }
            do { try output.row(transaction) } catch { rowError = error }
        }
        bar.clear()
        if let rowError { throw rowError }
        try output.finish(report)
        return report.isGood
    }

    private func audit(_ copies: FabricCopies, _ options: AuditOptions, _ output: AuditOutput) async throws -> Bool {
        let auditor = FabricAuditor(options: options, namedState: self.state)
        var bar = ProgressBar(title: "audit")
        var rowError: (any Error)?
        let report = try await auditor.audit(copies) { progress in
            bar.show(progress.blocksDone, of: progress.blocksTotal, unit: "blocks")
        } begin: { name in
            output.begin(copy: name)
        } each: { transaction in
            guard output.takesRows, rowError == nil else { return }
            do { try output.rowOfCopy(transaction) } catch { rowError = error }
        } end: { copy in
            bar.clear()
            guard rowError == nil else { return }
            do { try output.end(copy: copy, isOnly: copies.copies.count == 1) } catch { rowError = error }
        }
        if let rowError { throw rowError }
        try output.finish(report)
        return report.isGood
    }

    private static func hash(_ text: String) -> [UInt8]? {
        guard let bytes = Base16.decode(text), bytes.count == SHA256.digestLength else { return nil }
        return bytes
    }
}

/// A line of progress on standard error, for work that takes longer than two seconds.
struct ProgressBar {
    private static let width: UInt64 = 30

    private let title: String
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant?

    init(title: String) {
        self.title = title
        self.started = self.clock.now
    }

    /// Shows how far the work is, at most ten times a second.
    mutating func show(_ done: UInt64, of total: UInt64, unit: String) {
        let now = self.clock.now
        guard now - self.started > .seconds(2) else { return }
        if let last = self.lastShown, now - last < .milliseconds(100), done < total { return }
        self.lastShown = now
        let filled = total > 0 ? Int(clamping: min(done, total).multipliedReportingOverflow(by: Self.width).partialValue / total) : 0
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Int(Self.width) - filled)
        Console.progress("\(self.title) [\(bar)] \(done) of \(total) \(unit)")
    }

    /// Takes the line away.
    func clear() {
        if self.lastShown != nil { Console.progress("") }
    }
}
