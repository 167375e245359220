import ArgumentParser
import Ledger

/// Takes a ledger back to an earlier block.
struct LedgerRollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Take a ledger back to an earlier block, which becomes the last one.",
        discussion: """
            The state is built anew first, then the blocks behind are removed, the last ones first: whenever it is interrupted, the ledger opens, \
            at its old height or one in between, and the command can be given again. The node fetches the blocks again when it runs.
            Example: selvage ledger rollback --ledger ~/peer0/ledger -b 1200
            Exit codes: 0 done, 1 the ledger is open elsewhere or has no such block before its last, 2 wrong usage, 3 it cannot be read or written, \
            4 the snapshot from which it began is damaged.
            """)

    @OptionGroup var ledger: LedgerOptions

    @Option(name: [.customShort("b"), .customLong("block")], help: "The number of the block that is to be the last.")
    var block: UInt64

    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = try LedgerTool.run("rollback") { line in
            try LedgerFolder(self.ledger.path).rollback(toBlock: self.block, progress: line.show)
        }
        try LedgerRollbackText.show(report, as: self.output.format)
    }
}

/// Takes a ledger back to its genesis block.
struct LedgerResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Take a ledger back to its genesis block.",
        discussion: """
            Like 'rollback --block 0', and the state is built anew in any case. The node fetches the other blocks again when it runs.
            Example: selvage ledger reset --ledger ~/peer0/ledger
            Exit codes: 0 done, 1 the ledger is open elsewhere or began from a snapshot, 2 wrong usage, 3 it cannot be read or written.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = try LedgerTool.run("reset") { line in try LedgerFolder(self.ledger.path).reset(progress: line.show) }
        try LedgerRollbackText.show(report, as: self.output.format)
    }
}

private enum LedgerRollbackText {
    private struct Document: Encodable {
        var height: UInt64
        var removedBlocks: UInt64
        var removedBytes: UInt64
    }

    static func show(_ report: LedgerRollbackReport, as format: OutputFormat) throws {
        let document = Document(height: report.height, removedBlocks: report.removedBlocks, removedBytes: report.removedBytes)
        try LedgerTool.show(document, as: format) {
            ["removed \(report.removedBlocks) blocks (\(report.removedBytes) bytes); block \(report.height - min(report.height, 1)) is the last now"]
        }
    }
}
