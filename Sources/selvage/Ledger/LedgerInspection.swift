import ArgumentParser
import CryptoPrimitives
import Ledger

/// Tells what a ledger is.
struct LedgerInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Tell a ledger's channel, height, hashes and size.",
        discussion: """
            The ledger is opened as its node would open it, which ends what a crash left unfinished; what was mended is told.
            Example: selvage ledger info --ledger ~/peer0/ledger -O json
            Exit codes: 0 good, 1 the ledger is open elsewhere, 2 wrong usage, 3 it cannot be opened.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    private struct Document: Encodable {
        struct Files: Encodable {
            var count: Int
            var bytes: UInt64

            init(_ files: LedgerInfo.Files) { (self.count, self.bytes) = (files.count, files.sizeBytes) }
        }
        var channel: String?
        var height: UInt64
        var firstBlock: UInt64
        var lastBlockHash: String?
        var previousBlockHash: String?
        var commitHash: String?
        var snapshotBlock: UInt64?
        var replayedBlocks: UInt64
        var droppedBytes: UInt64
        var blockFiles: Files
        var stateFiles: Files
        var snapshotFiles: Files?
    }

    func run() throws {
        let info = try LedgerTool.run("info") { line in try LedgerFolder(self.ledger.path).info(progress: line.show) }
        let document = Document(
            channel: info.channelName, height: info.height, firstBlock: info.base?.height ?? 0, lastBlockHash: LedgerTool.hex(info.lastBlockHash),
            previousBlockHash: LedgerTool.hex(info.previousBlockHash), commitHash: LedgerTool.hex(info.commitHash),
            snapshotBlock: info.base?.lastBlock, replayedBlocks: info.recovery.replayedBlocks, droppedBytes: info.recovery.droppedBytes,
            blockFiles: Document.Files(info.blockFiles), stateFiles: Document.Files(info.stateFiles),
            snapshotFiles: info.baseFiles.map(Document.Files.init))
        try LedgerTool.show(document, as: self.output.format) {
            var lines = [
                "channel         \(document.channel ?? "none yet")",
                "height          \(document.height) blocks",
            ]
            if let block = document.snapshotBlock { lines.append("begins with     block \(document.firstBlock), after a snapshot at block \(block)") }
            lines += [
                "last block      \(document.lastBlockHash ?? "-")",
                "block before    \(document.previousBlockHash ?? "-")",
                "commit hash     \(document.commitHash ?? "-")",
                "block files     \(document.blockFiles.count), \(document.blockFiles.bytes) bytes",
                "state database  \(document.stateFiles.count) files, \(document.stateFiles.bytes) bytes",
            ]
            if let files = document.snapshotFiles { lines.append("snapshot        \(files.count) files, \(files.bytes) bytes") }
            if document.replayedBlocks > 0 { lines.append("mended          \(document.replayedBlocks) blocks were replayed into the state") }
            if document.droppedBytes > 0 { lines.append("mended          \(document.droppedBytes) bytes of an unfinished block were removed") }
            return lines
        }
    }
}

/// Checks every byte of a ledger that has a meaning.
struct LedgerVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every byte of a ledger: block files, chain, database files, and the whole state against a replay.",
        discussion: """
            Every frame and checksum of the block files; each block's number, links, data hash and commit hash; every checksum of LevelDB's \
            files; and every entry of the state, the history and the indexes against a replay of the blocks. What is wrong is named with file, \
            offset, block or key. Nothing is changed. The state database is copied to the folder for temporary files (TMPDIR) for that.
            What an interrupted write leaves is told and is no damage: opening the ledger mends it.
            Example: selvage ledger verify --ledger ~/peer0/ledger
            Exit codes: 0 good, 1 the ledger is open elsewhere, 2 wrong usage, 3 it cannot be checked, 4 something is damaged.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    private struct Document: Encodable {
        var good: Bool
        var firstBlock: UInt64
        var height: UInt64
        var goodBlocks: UInt64
        var blockBytes: UInt64
        var databaseBytes: UInt64
        var stateHeight: UInt64?
        var comparedEntries: UInt64?
        var notComparedBecause: String?
        var findings: [LedgerFindingDocument]
        var furtherFindings: UInt64
    }

    func run() throws {
        let report = try LedgerTool.run("verify") { line in
            try LedgerFolder(self.ledger.path).check(temporary: LedgerTool.temporaryFolder, progress: line.show)
        }
        let document = Document(
            good: report.isGood, firstBlock: report.firstBlock, height: report.height, goodBlocks: report.goodBlocks, blockBytes: report.blockBytes,
            databaseBytes: report.databaseBytes, stateHeight: report.stateHeight, comparedEntries: report.comparedEntries,
            notComparedBecause: report.notComparedBecause, findings: report.findings.map(LedgerFindingDocument.init),
            furtherFindings: report.furtherFindings)
        try LedgerTool.show(document, as: self.output.format) {
            var lines = report.findings.map { "\($0.kind.isOfCrash ? "unfinished" : "damaged   ")  \($0)" }
            if report.furtherFindings > 0 { lines.append("... and \(report.furtherFindings) more") }
            let first = report.firstBlock > 0 ? ", from block \(report.firstBlock) on" : ""
            lines.append(
                "blocks    \(report.goodBlocks) of \(report.height - min(report.firstBlock, report.height)) good\(first), \(report.blockBytes) bytes")
            lines.append("database  \(report.databaseBytes) bytes checked")
            if let count = report.comparedEntries {
                lines.append("entries   \(count) compared with a replay of the blocks up to block \((report.stateHeight ?? 1) - 1)")
            } else {
                lines.append("entries   not compared: \(report.notComparedBecause ?? "-")")
            }
            lines.append(report.isGood ? "the ledger is good" : "the ledger is damaged; 'selvage ledger repair' mends it")
            return lines
        }
        try (report.isGood ? CommandExit.good : .verificationFailed).finish()
    }
}
