import ArgumentParser
import Ledger

/// Mends what a check finds.
struct LedgerRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Mend a ledger: damaged blocks with those of another ledger, the state by building it anew.",
        discussion: """
            Checks as 'verify' does, mends, and checks again. A block is taken from the other ledger only if its hashes hold and it fits between \
            its neighbours. Each file is replaced when what takes its place is durable.
            Example: selvage ledger repair --ledger ~/peer0/ledger --from ~/peer1/ledger
            Exit codes: 0 good now, 1 it is open elsewhere or needs blocks that are not there, 2 wrong usage, 3 it cannot be read or written, \
            4 the snapshot from which it began is damaged.
            """)

    @OptionGroup var ledger: LedgerOptions

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("The folder of another ledger of the channel, or of files with one block each.", valueName: "dir"))
    var source: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = try LedgerTool.run("repair") { line in
            try LedgerFolder(self.ledger.path).repair(from: self.source, temporary: LedgerTool.temporaryFolder, progress: line.show)
        }
        try LedgerRepairText.show(report, as: self.output.format)
    }
}

/// Builds the state database anew.
struct LedgerRebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Build the state, the history and the indexes anew from the blocks.",
        discussion: """
            The verdicts are those in the blocks, and each commit hash is compared. The old database is removed when the new one is in its place.
            Example: selvage ledger rebuild --ledger ~/peer0/ledger
            Exit codes: 0 good, 1 the ledger is open elsewhere, 2 wrong usage, 3 the blocks cannot be read or replayed, \
            4 the snapshot from which it began is damaged.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = try LedgerTool.run("rebuild") { line in try LedgerFolder(self.ledger.path).rebuild(progress: line.show) }
        try LedgerRepairText.show(report, as: self.output.format)
    }
}

/// What was mended, as text and as JSON.
private enum LedgerRepairText {
    private struct Document: Encodable {
        var changed: Bool
        var height: UInt64
        var found: [LedgerFindingDocument]
        var fetchedBlocks: [UInt64]
        var rewrittenFiles: [String]
        var rebuiltState: Bool
        var droppedBytes: UInt64
        var replayedBlocks: UInt64
    }

    static func show(_ report: LedgerRepairReport, as format: OutputFormat) throws {
        let document = Document(
            changed: report.didChange, height: report.height, found: report.before.map(LedgerFindingDocument.init),
            fetchedBlocks: report.fetchedBlocks, rewrittenFiles: report.rewrittenFiles, rebuiltState: report.didRebuildState,
            droppedBytes: report.droppedBytes, replayedBlocks: report.replayedBlocks)
        try LedgerTool.show(document, as: format) {
            var lines = report.before.map { "found    \($0)" }
            if !report.fetchedBlocks.isEmpty {
                lines.append(
                    "fetched  block\(report.fetchedBlocks.count == 1 ? "" : "s") " + report.fetchedBlocks.map { "\($0)" }.joined(separator: ", "))
            }
            lines += report.rewrittenFiles.map { "written  \($0)" }
            if report.droppedBytes > 0 { lines.append("removed  \(report.droppedBytes) bytes of an unfinished block") }
            if report.replayedBlocks > 0 { lines.append("replayed \(report.replayedBlocks) blocks into the state") }
            if report.didRebuildState { lines.append("rebuilt  the state database") }
            lines.append("\(report.didChange ? "mended" : "nothing to mend"): the ledger has \(report.height) blocks and is good")
            return lines
        }
    }
}
