import ArgumentParser
import FuzzTargets

/// Offers made-up and broken inputs to everything that reads bytes from outside.
struct FuzzingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Fuzzing",
        abstract: "Offers changed inputs to the decoders of blocks, envelopes, read-write sets, configurations and identities.",
        discussion: """
            Documentation/how-to/fuzzing.md says how a finding becomes a test. For a run that is guided by coverage see scripts/fuzz.
            Exit codes: 0 nothing found, 1 a property or the memory budget was broken, 3 the corpus cannot be read, 64 wrong usage,
            70 a case trapped, 71 a case did not come to an end. After 1, 70 and 71 the input is kept in the folder of --artifacts.

            Example: Fuzzing run --target block --cases 10000 --seed 7
            """,
        subcommands: [RunCommand.self, ReplayCommand.self, CorpusCommand.self, SeedsCommand.self], defaultSubcommand: RunCommand.self)
}

@main
enum Fuzzing {
    static func main() async {
        // Under the name of a target the program is what libFuzzer drives; libFuzzer calls it again under the same name.
        if let target = GuidedRun.target(ofProgram: CommandLine.arguments[0]) {
            GuidedRun.start(target)
        } else {
            await FuzzingCommand.main()
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

extension FuzzTarget: ExpressibleByArgument {}
