import ArgumentParser
import ChannelConfiguration
import ConfigurationText
import Foundation

/// Channel configurations as text.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "A channel's configuration as text: show it, compare two, change it, sign a change.",
        discussion: """
            SOURCE is a configuration block, a folder of blocks or of a ledger (its newest configuration counts), a serialised Config or \
            ConfigUpdate, a CONFIG_UPDATE envelope, or the YAML or JSON that 'config show' prints.
            """,
        subcommands: [ConfigShow.self, ConfigDiff.self, ConfigApply.self, ConfigSign.self, ConfigOnEtcd.self])

    /// Tells a person what is wrong, and ends the command.
    static func fail(_ problem: any Error) -> ExitCode {
        Console.error("config: \(problem)")
        if let problem = problem as? ConfigurationSource.Problem, problem.isContent { return ExitCode(CommandExit.refused.rawValue) }
        if problem is ConfigurationSource.Problem || problem is MSPFolder.Problem { return ExitCode(CommandExit.unreachable.rawValue) }
        return ExitCode(CommandExit.refused.rawValue)
    }
}

/// Prints a configuration.
struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a configuration or an update as YAML, complete and in one way only.",
        discussion: """
            Reading the text gives back every byte of every value. What is not written has its default: version 0, and the modification \
            policy in 'default_mod_policy'. Certificates are PEM with a comment; policies are text; 'bytes' and 'base64' hold what has no \
            readable form.
            Example:
              selvage config show genesis.block > channel.yaml
              selvage config show ~/peer0/ledger -O json
            Exit codes: 0 good, 1 the source says something impossible, 2 wrong usage, 3 it cannot be read.
            """)

    @Argument(help: "A block, a folder of blocks or of a ledger, a Config, a ConfigUpdate, an envelope, or YAML.")
    var source: String

    @Option(help: "The channel's name, for a Config that does not say it.")
    var channel: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            let document = try ConfigurationSource(self.source, channel: self.channel).document
            switch self.output.format {
            case .text: Console.text(document.yaml)
            case .json: Console.line(document.json)
            }
        } catch {
            throw ConfigCommand.fail(error)
        }
    }
}

/// Compares two configurations.
struct ConfigDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say what differs between two configurations, place by place.",
        discussion: """
            Versions and modification policies count; comments do not.
            Example:
              selvage config diff genesis.block channel.yaml
              selvage config diff blocks/block_000.pb blocks/block_064.pb -O json
            Exit codes: 0 equal, 1 different, 2 wrong usage, 3 one of them cannot be read.
            """)

    @Argument(help: "The older one.")
    var old: String

    @Argument(help: "The newer one.")
    var new: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let difference: ConfigurationDifference
        do {
            let before = try ConfigurationSource(self.old)
            var after = try ConfigurationSource(self.new, channel: before.document.channelID.text).document
            if after.channelID.text.isEmpty { after.channelID = before.document.channelID }
            difference = ConfigurationDifference(from: before.document, to: after)
        } catch {
            Console.error("config: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
        switch self.output.format {
        case .text:
            for change in difference.changes { Console.line(change.description) }
            if difference.isEmpty { Console.line("equal") }
        case .json: Console.line(difference.json)
        }
        try (difference.isEmpty ? CommandExit.good : .refused).finish()
    }
}
