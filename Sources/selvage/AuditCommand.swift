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
        abstract: "Replay a ledger from its block files: chain, quorum, signatures, policies, reads, contracts, state.",
        discussion: """
            PATH is the folder of a peer's ledger, which holds 'blocks' and 'state'. Nothing in it is changed. The stored state is compared \
            only while no node has the ledger open; it is copied to the folder for temporary files (TMPDIR) for that.
            Example: selvage audit ~/peer0/ledger --genesis-hash 1f3a...9c -O json
            Without --genesis-hash the genesis block in the ledger is trusted, which the report says. A ledger whose end was cut off together \
            with its state is noticed only with --height.
            Exit codes: 0 good, 2 wrong usage, 3 the ledger cannot be read, 4 verification failed.
            """)

    @Argument(help: "The folder that holds 'blocks' and 'state'.")
    var path: String

    @Option(help: "The header hash of the genesis block that you trust, 64 hexadecimal digits.")
    var genesisHash: String?

    @Option(help: "The ledger must hold at least so many blocks.")
    var height: UInt64?

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
        // Definitions are judged by what the contract does: whether organisations approved them is not on the ledger.
        let catalogue = SystemContracts.catalogue(approvals: ApproveAll(organization: MSPID("auditor")))
        let report: AuditReport
        do {
            var bar = ProgressBar(title: "audit")
            report = try await Auditor(catalogue: catalogue, options: options).audit(ledger: self.path) { progress in
                bar.show(progress.blocksDone, of: progress.blocksTotal, unit: "blocks")
            }
            bar.clear()
        } catch {
            Console.error("audit: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
        switch self.output.format {
        case .text: Console.line(report.text)
        case .json: Console.line(try report.json())
        }
        try (report.isGood ? CommandExit.good : .verificationFailed).finish()
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
