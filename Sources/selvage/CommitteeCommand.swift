import ArgumentParser
import Foundation
import Node

/// Shows the ordering committee, from the blocks of a ledger alone.
struct CommitteeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "committee", abstract: "The elected ordering committee: who is in office, and what each has done.",
        subcommands: [Show.self])

    /// Who is in office.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who is in office, who produced what, missed slots, strikes, evidence, next election.",
            discussion: """
                The directory is that of a peer's ledger, which holds 'blocks', or one above: then it is the first ledger in it by name. Its blocks are followed from the first to the last: each must continue \
                the chain and be signed by the committee in office, and every act of governance in it is judged again. Nothing is changed, and no \
                node has to be asked. What contracts did is the business of 'selvage audit'.
                Example:
                  selvage demo --directory d
                  selvage committee show --directory d
                  selvage committee show --directory d/peer0.insurer.example -O json
                Exit codes: 0 good, 2 wrong usage, 3 there are no blocks that can be read or the channel elects no committee, 4 a block does not hold.
                """)

        @Option(help: "The folder that holds 'blocks', or one with such folders in it; where you are by default.")
        var directory = "."

        @OptionGroup var output: OutputOptions

        func run() throws {
            let ledger = self.ledger
            let report: CommitteeReport
            do {
                report = try CommitteeReport(ledger: ledger)
            } catch {
                Console.error("committee: \(error)")
                if case .broken = error { throw ExitCode(CommandExit.verificationFailed.rawValue) }
                throw ExitCode(CommandExit.unreachable.rawValue)
            }
            switch self.output.format {
            case .text:
                Console.line("Ledger \(ledger)")
                for line in report.lines { Console.line(line) }
            case .json:
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                Console.line(String(decoding: try encoder.encode(report), as: UTF8.self))
            }
        }

        /// The directory itself when it holds blocks; else the first folder in it that does.
        private var ledger: String {
            let files = FileManager.default
            let path = self.directory.count > 1 && self.directory.hasSuffix("/") ? String(self.directory.dropLast()) : self.directory
            if files.fileExists(atPath: path + "/blocks") { return path }
            let inside = ((try? files.contentsOfDirectory(atPath: path)) ?? []).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            return inside.first { files.fileExists(atPath: "\(path)/\($0)/blocks") }.map { "\(path)/\($0)" } ?? path
        }
    }
}
