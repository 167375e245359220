import ArgumentParser
import CryptoPrimitives
import Foundation
import Ledger
import Synchronization

/// What the ledger's tools have in common: how they fail, and how they print.
enum LedgerTool {
    /// Where copies for a check are put.
    static var temporaryFolder: String { FileManager.default.temporaryDirectory.path }

    /// Runs a tool; its failure is told on standard error and ends the command with the code that fits.
    static func run<Result>(_ name: String, _ body: (LedgerProgressLine) throws -> Result) throws -> Result {
        let line = LedgerProgressLine(title: "ledger \(name)")
        defer { line.clear() }
        do { return try body(line) } catch {
            line.clear()
            Console.error("ledger \(name): \(error)")
            throw ExitCode(self.exit(for: error).rawValue)
        }
    }

    private static func exit(for error: any Error) -> CommandExit {
        switch error {
        case let error as LedgerToolError:
            switch error {
            case .locked, .noSuchBlock, .beganFromSnapshot, .blocksNeeded, .foreignBlock, .privateDataDamaged: .refused
            case .baseDamaged(let error): self.exit(for: error)
            case .ledger(let error): self.exit(for: error)
            case .file, .notALedger, .unexpected: .unreachable
            }
        case LedgerError.snapshot(let error): self.exit(for: error)
        case LedgerError.locked: .refused
        case let error as SnapshotError:
            switch error {
            case .exists, .emptyLedger: .refused
            case .damaged, .wrongHash, .missing: .verificationFailed
            case .file, .ledger: .unreachable
            }
        default: .unreachable
        }
    }

    /// Prints a result.
    static func show(_ document: some Encodable, as format: OutputFormat, text: () -> [String]) throws {
        switch format {
        case .text: for line in text() { Console.line(line) }
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Console.line(String(decoding: try encoder.encode(document), as: UTF8.self))
        }
    }

    static func hex(_ bytes: [UInt8]) -> String? { bytes.isEmpty ? nil : Base16.encode(bytes) }
}

/// A line of progress on standard error, for work that takes longer than two seconds.
final class LedgerProgressLine: Sendable {
    private struct Shown: Sendable {
        var last: ContinuousClock.Instant?
    }

    private let title: String
    private let started = ContinuousClock().now
    private let shown = Mutex(Shown())

    init(title: String) { self.title = title }

    /// Shows how far the work is, at most ten times a second.
    func show(_ progress: LedgerProgress) {
        let now = ContinuousClock().now
        guard now - self.started > .seconds(2) else { return }
        let isDue = self.shown.withLock { shown in
            if let last = shown.last, now - last < .milliseconds(100) { return false }
            shown.last = now
            return true
        }
        guard isDue else { return }
        let total = progress.total > 0 ? " of \(progress.total)" : ""
        Console.progress("\(self.title): \(progress.work), \(progress.done)\(total) \(progress.unit)")
    }

    /// Takes the line away.
    func clear() {
        let wasShown = self.shown.withLock { shown in
            defer { shown.last = nil }
            return shown.last != nil
        }
        if wasShown { Console.progress("") }
    }
}

/// A finding as JSON has it.
struct LedgerFindingDocument: Encodable {
    var kind: String
    var file: String?
    var offset: UInt64?
    var block: UInt64?
    var key: String?
    var text: String
    var isDamage: Bool

    init(_ finding: LedgerFinding) {
        self.kind = finding.kind.rawValue
        self.file = finding.file
        self.offset = finding.offset
        self.block = finding.block
        self.key = finding.key?.description
        self.text = finding.text
        self.isDamage = !finding.kind.isOfCrash
    }
}
