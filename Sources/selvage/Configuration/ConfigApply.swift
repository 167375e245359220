import ArgumentParser
import ChannelConfiguration
import ConfigurationText
import CryptoPrimitives
import FabricMessages
import Foundation
import Identity
import LedgerModel
import Node

/// Makes an update out of an edited configuration.
struct ConfigApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make the update that leads to an edited configuration, check it, sign it, and write its envelope.",
        discussion: """
            EDITED is the text of 'config show', changed; SOURCE is the configuration in force. Versions need not be touched: the update \
            gets the ones that it must have. The envelope of type CONFIG_UPDATE is what 'peer channel update' and ordering nodes take. The \
            command says which policies guard the change, which are satisfied by the signatures, and who is missing.
            --sign takes a folder with 'signcerts' and 'keystore', or MSPID=FOLDER, and can be given several times; the last one also signs \
            the envelope as its sender.
            Example:
              selvage config show ledger > channel.yaml      # then edit channel.yaml
              selvage config apply channel.yaml --on ledger --sign users/Admin@org1/msp --output update.pb --result result.yaml
            Exit codes: 0 the update is written (and says whether signatures are missing), 1 refused, with the path and the line, \
            2 wrong usage, 3 something cannot be read or written.
            """)

    @Argument(help: "The edited configuration, or the text of an update.")
    var edited: String

    @Option(help: "The configuration in force: a block, a ledger, a Config, or its text.")
    var on: String

    @Option(help: "The channel's name, for a Config that does not say it.")
    var channel: String?

    @Option(help: ArgumentHelp("Sign with the identity in this folder.", valueName: "folder"))
    var sign: [String] = []

    @Option(help: "Where the envelope is written.")
    var output: String

    @Option(help: "Where the resulting configuration is written as YAML.")
    var result: String?

    @Option(name: .customShort("O"), help: "Print the report as text or as json (nothing else goes to standard output).")
    var format: OutputFormat = .text

    func run() throws {
        do {
            let source = try ConfigurationSource(self.on, channel: self.channel)
            let bundle = try source.bundle()
            let edited = try ConfigurationSource(self.edited, channel: bundle.channelID.text)
            let plan = try UpdatePlan(edited: edited, on: bundle, signers: self.sign)
            try Self.write(plan.envelope(), to: self.output)
            if let result = self.result { try Self.write(Array(plan.result.yaml.utf8), to: result) }
            switch self.format {
            case .text: for line in plan.lines(output: self.output) { Console.line(line) }
            case .json: Console.line(try plan.json())
            }
        } catch let error as HostFileError {
            Console.error("config: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        } catch {
            throw ConfigCommand.fail(error)
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(HostFileError) { try HostFiles.write(bytes, to: path) }
}

/// Adds signatures to an update.
struct ConfigSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Add signatures to an update's envelope, in place.",
        discussion: """
            With --on the command also says which policies are satisfied then, and it finds the organisation of a folder itself; without, \
            write --sign MSPID=FOLDER.
            Example:
              selvage config sign update.pb --sign Org2MSP=users/Admin@org2/msp
            Exit codes: 0 signed, 1 refused, 2 wrong usage, 3 something cannot be read or written.
            """)

    @Argument(help: "The envelope that 'config apply' wrote.")
    var update: String

    @Option(help: ArgumentHelp("Sign with the identity in this folder.", valueName: "folder"))
    var sign: [String] = []

    @Option(help: "The configuration in force, to see whether the update is complete.")
    var on: String?

    @Option(help: "Write the envelope here instead of in place.")
    var output: String?

    @Option(name: .customShort("O"), help: "Print the report as text or as json (nothing else goes to standard output).")
    var format: OutputFormat = .text

    func validate() throws {
        if self.sign.isEmpty { throw ValidationError("give at least one --sign FOLDER") }
    }

    func run() throws {
        do {
            let source = try ConfigurationSource(self.update)
            guard case .update(let message, let signatures) = source.document.body else {
                throw ConfigurationSource.Problem(path: self.update, reason: "holds no update")
            }
            let bundle = try self.on.map { try ConfigurationSource($0, channel: message.channelID).bundle() }
            let received = try Self.updateBytes(self.update) ?? message.encoded()
            let update = ConfigurationUpdate(updateBytes: received, signatures: signatures)
            let plan = try UpdatePlan(update, channel: ChannelID(message.channelID), on: bundle, signers: self.sign)
            let path = self.output ?? self.update
            try ConfigApply.write(plan.envelope(), to: path)
            switch self.format {
            case .text: for line in plan.lines(output: path) { Console.line(line) }
            case .json: Console.line(try plan.json())
            }
        } catch let error as HostFileError {
            Console.error("config: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        } catch {
            throw ConfigCommand.fail(error)
        }
    }

    /// The bytes of the update in an envelope as they are: signatures cover exactly these.
    private static func updateBytes(_ path: String) throws -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: path), let envelope = try? Envelope(serialized: [UInt8](data)) else { return nil }
        return (try? ConfigurationUpdate(envelope: envelope))?.updateBytes
    }
}
