import ArgumentParser
import ChannelConfiguration
import FabricMessages
import LedgerModel
import Node
import SelvageClient

/// Has a change of a channel's configuration ordered.
struct ChannelUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Sign a change of the configuration and hand it to the ordering service.",
        discussion: """
            Example:
              selvage config apply channel.yaml --on config.block --output update.pb
              selvage peer channel update -f update.pb -c mychannel -o localhost:7050 --tls --cafile "$ORDERER_CA"
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var signatures: Int
        var status: Int32
    }

    @Option(name: [.customShort("f"), .customLong("file")], help: ArgumentHelp("The envelope of the change.", valueName: "file"))
    var file: String

    @Option(name: [.customShort("c"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @OptionGroup var orderer: OrdererOptions
    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer channel update") {
            let received = try ChannelSignConfigTx.read(self.file)
            try await PeerSession.open(self.targets, channel: self.channel) { [output, orderer] session in
                let environment = session.environment
                var update = received
                try update.sign(by: session.signer, nonce: environment.randomBytes(count: 24))
                let envelope = try update.envelope(
                    channel: session.channel, sender: session.signer, nonce: environment.randomBytes(count: 24), timestamp: environment.now())
                let reply = try await session.withOrderer(orderer) { try await GRPCOrderer($0).broadcast(envelope) }
                guard reply.isSuccess else {
                    throw PeerProblem.refused("the ordering service answers status \(reply.status): \(reply.info)")
                }
                try output.show(Document(signatures: update.signatures.count, status: reply.status)) {
                    ["the ordering service has taken the change, with \(update.signatures.count) signatures"]
                }
            }
        }
    }
}

/// Adds a signature to a change of a channel's configuration.
struct ChannelSignConfigTx: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signconfigtx", abstract: "Add the caller's signature to a change of the configuration, in place.",
        discussion: """
            Example:
              selvage peer channel signconfigtx -f update.pb
            \(PeerCommand.exitCodes)
            """)

    /// No change is larger.
    private static let updateBytes = 16 << 20

    struct Document: Encodable {
        var signatures: Int
    }

    @Option(name: [.customShort("f"), .customLong("file")], help: ArgumentHelp("The envelope of the change.", valueName: "file"))
    var file: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer channel signconfigtx") {
            var update = try Self.read(self.file)
            let identity = try PeerSession.identity(PeerEnvironment())
            guard let signer = identity.signer else { throw ClientIdentityError.cannotSign(identity.description) }
            let environment = SystemEnvironment()
            try update.sign(by: signer, nonce: environment.randomBytes(count: 24))
            let envelope = try update.envelope(
                channel: ChannelID(try Common_ConfigUpdate.decode(update.updateBytes, as: "configuration update").channelID), sender: signer,
                nonce: environment.randomBytes(count: 24), timestamp: environment.now())
            try HostFiles.write(envelope.serialized(), to: self.file)
            try self.output.show(Document(signatures: update.signatures.count)) { ["\(self.file) has \(update.signatures.count) signatures"] }
        }
    }

    static func read(_ path: String) throws -> ConfigurationUpdate {
        let bytes = try PeerTargetOptions.bytes(path, limit: self.updateBytes)
        do {
            return try ConfigurationUpdate(envelope: Envelope(serialized: bytes))
        } catch {
            throw PeerProblem.unreadable("\(path): it is no envelope of a configuration update: \(error)")
        }
    }
}
