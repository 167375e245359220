import ArgumentParser

/// The tools that look at a ledger as files and mend it.
struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Look at a peer's ledger, check every byte of it, mend it, cut it, or carry its state elsewhere.",
        discussion: """
            Each tool takes the ledger for itself: while a node has it open, they refuse. Nothing is destroyed before what takes its place is \
            durable. What 'verify' checks needs no keys; signatures and verdicts are checked by 'selvage audit'.
            Example: selvage ledger verify --ledger ~/peer0/ledger
            """,
        subcommands: [
            LedgerInfoCommand.self, LedgerVerifyCommand.self, LedgerRepairCommand.self, LedgerRebuildCommand.self, LedgerRollbackCommand.self,
            LedgerResetCommand.self, LedgerSnapshotCommand.self, LedgerJoinCommand.self,
        ])
}

/// The option that names the ledger.
struct LedgerOptions: ParsableArguments {
    @Option(name: .customLong("ledger"), help: ArgumentHelp("The folder of the ledger, which holds 'blocks' and 'state'.", valueName: "dir"))
    var path: String
}
