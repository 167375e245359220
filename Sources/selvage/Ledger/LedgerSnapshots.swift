import ArgumentParser
import CryptoPrimitives
import Ledger

/// Writes a snapshot of a ledger.
struct LedgerSnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Write a snapshot of a ledger at its present height, in Fabric's format.",
        discussion: """
            The folder appears under its name when all of it is durable. Two peers of a channel write the same bytes at the same height, whether \
            they run this program or Fabric with LevelDB: compare their snapshot hashes. Private data is not in a snapshot, its hashes are.
            Example: selvage ledger snapshot --ledger ~/peer0/ledger --output ~/snapshot-1200
            Exit codes: 0 done, 1 the ledger is open elsewhere, has no block, or the folder exists, 2 wrong usage, 3 it cannot be read or written.
            """)

    @OptionGroup var ledger: LedgerOptions

    @Option(name: .customLong("output"), help: ArgumentHelp("The folder to write, which must not exist.", valueName: "dir"))
    var folder: String

    @Option(name: .customShort("O"), help: "Print the result as text or as json (nothing else goes to standard output).")
    var format: OutputFormat = .text

    func run() throws {
        let metadata = try LedgerTool.run("snapshot") { line in
            try LedgerFolder(self.ledger.path).open(progress: line.show).snapshot().writeSnapshot(to: self.folder, progress: line.show)
        }
        try LedgerSnapshotText.show(metadata, verb: "wrote a snapshot of", as: self.format)
    }
}

/// Begins a ledger from a snapshot.
struct LedgerJoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join-from-snapshot",
        abstract: "Begin a ledger from a snapshot, a peer of Fabric's or one of ours.",
        discussion: """
            All hashes of the snapshot are verified, and a copy of it stays in the ledger's folder, so that the state can be rebuilt. Whether it is \
            the right snapshot is for you to know: compare the snapshot hash with what peers you trust say. The ledger goes on with the block \
            behind the snapshot; what came before it is not here.
            Example: selvage ledger join-from-snapshot ~/snapshot-1200 --ledger ~/peer2/ledger
            Exit codes: 0 done, 1 there is a ledger already, 2 wrong usage, 3 something cannot be read or written, 4 the snapshot is damaged.
            """)

    @Argument(help: "The folder of the snapshot.")
    var snapshot: String

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let metadata = try LedgerTool.run("join-from-snapshot") { line in
            let metadata = try SnapshotFolder(self.snapshot).metadata
            _ = try Ledger.join(snapshot: self.snapshot, folder: self.ledger.path, progress: line.show)
            return metadata
        }
        try LedgerSnapshotText.show(metadata, verb: "began a ledger from the snapshot of", as: self.output.format)
    }
}

private enum LedgerSnapshotText {
    private struct Document: Encodable {
        var channel: String
        var lastBlock: UInt64
        var lastBlockHash: String
        var commitHash: String?
        var snapshotHash: String
        var files: [String: String]
    }

    static func show(_ metadata: SnapshotMetadata, verb: String, as format: OutputFormat) throws {
        var files: [String: String] = [:]
        for entry in metadata.fileHashes { files[entry.file.rawValue] = Base16.encode(entry.hash) }
        let document = Document(
            channel: metadata.channelName, lastBlock: metadata.lastBlockNumber, lastBlockHash: Base16.encode(metadata.lastBlockHash),
            commitHash: LedgerTool.hex(metadata.commitHash), snapshotHash: Base16.encode(metadata.snapshotHash), files: files)
        try LedgerTool.show(document, as: format) {
            [
                "\(verb) channel \(document.channel) at block \(document.lastBlock)",
                "last block     \(document.lastBlockHash)",
                "commit hash    \(document.commitHash ?? "-")",
                "snapshot hash  \(document.snapshotHash)",
            ]
        }
    }
}
