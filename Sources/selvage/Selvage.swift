import ArgumentParser
import Glibc
import Node

/// The command line: parse, call, print.
@main
struct Selvage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selvage",
        abstract: "A smart-contract engine that speaks Hyperledger Fabric's protocol.",
        discussion: """
            Exit codes: 0 good, 1 refused by the ledger or by a check of the run, 2 wrong usage, 3 something cannot be reached or read, \
            4 verification failed.
            """,
        version: "selvage 0.1.0",
        subcommands: [
            DemoCommand.self, AuditCommand.self, ConformanceCommand.self, ElectionCommand.self, CommitteeCommand.self, SimulateCommand.self,
            ConfigCommand.self, PolicyCommand.self, LedgerCommand.self, NodeCommand.self, NetworkCommand.self, DevCommand.self,
            PeerCommand.self,
        ])

    static func main() async {
        HostMemory.keepsNothingLarge()
        do {
            var command = try Self.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Self.leave(code.rawValue)
        } catch {
            let usage = Self.exitCode(for: error)
            let text = Self.fullMessage(for: error)
            if usage.isSuccess {
                print(text)
                Self.leave(0)
            }
            Console.error(text)
            Self.leave(usage == .validationFailure ? CommandExit.usage.rawValue : CommandExit.unreachable.rawValue)
        }
    }

    private static func leave(_ code: Int32) -> Never {
        fflush(nil)
        Glibc.exit(code)
    }
}

/// What the exit code says.
enum CommandExit: Int32 {
    case good = 0
    case refused = 1
    case usage = 2
    case unreachable = 3
    case verificationFailed = 4

    /// Ends the command with this code unless all is good.
    func finish() throws {
        if self != .good { throw ExitCode(self.rawValue) }
    }
}

/// How a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// The option that every command has.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("O"), .customLong("output")], help: "Print the result as text or as json (nothing else goes to standard output).")
    var format: OutputFormat = .text
}
