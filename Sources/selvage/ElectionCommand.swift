import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

/// Holds an election by hand, with the paper's two agencies, on a folder of plain files.
struct ElectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "election",
        abstract: "Elect the ordering committee: two agencies, secret ballots, a count that anybody repeats.",
        discussion: """
            The legitimation authority (CLA) gives every member one validation number and cannot know which; the tabulating facility (CTF) counts \
            ballots and cannot know whose. All public acts are in transcript.json; cla-1, ctf and members/NAME hold what belongs to one owner. \
            The commands play every role, so that one person can hold a whole election; with separate people, each keeps only its own folder.
            Elections here run beside a chain: the hash of all acts takes the place of the closing block.
            Example:
              selvage election open --preset dev --directory e
              selvage election issue --directory e --all
              selvage election vote --directory e --member member-001 --approve member-002,member-003
              selvage election reveal --directory e --all --end-phase
              selvage election tally --directory e
              selvage election recount --directory e
            A whole election at once: selvage election rehearse --preset paper --directory e
            \(Self.exitCodes)
            """,
        subcommands: [Open.self, Issue.self, Vote.self, Reveal.self, Tally.self, Recount.self, Rehearse.self])

    static let exitCodes =
        "Exit codes: 0 good, 1 an act is refused, 2 wrong usage, 3 a file cannot be read or written, 4 the record or the result does not hold."
}

/// What every command on an election's folder has.
struct ElectionOptions: ParsableArguments {
    @Option(help: "The folder of the election.")
    var directory: String

    @OptionGroup var output: OutputOptions

    /// Runs a command's work and prints what it gives; errors end with their exit code.
    func run<Report: Encodable>(_ work: () throws -> (report: Report, lines: [String])) throws {
        do {
            let (report, lines) = try work()
            switch self.output.format {
            case .text: for line in lines { Console.line(line) }
            case .json: Console.line(try ElectionFile.text(report))
            }
        } catch let error as ElectionCommandError {
            Console.error("election: \(error)")
            throw ExitCode(error.exit.rawValue)
        } catch let error as ExitCode {
            throw error
        } catch {
            Console.error("election: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
    }
}

extension ElectionSizes.Preset: ExpressibleByArgument {}

/// How far an election is, after a command.
struct ElectionProgress: Encodable {
    let election: String
    let phase: String
    let candidates: Int
    let issued: Int
    let committed: Int
    let revealed: Int
    let void: String?

    init(_ session: ElectionSession) {
        self.election = Base16.encode(session.parameters.id)
        self.phase = "\(session.phase)"
        self.candidates = session.election.candidates.count
        self.issued = session.election.numbered.count
        self.committed = session.election.ballotCount
        self.revealed = session.election.revealedCount
        self.void = session.election.void.map { "\($0)" }
    }

    var line: String {
        let counts = "candidates \(self.candidates), numbers \(self.issued), ballots \(self.committed), opened \(self.revealed)"
        return "\(self.phase): \(counts)" + (self.void.map { "; void: \($0)" } ?? "")
    }
}
