import ArgumentParser
import FabricMessages
import LedgerModel

/// Shows the committed definitions of a channel.
struct LifecycleQueryCommitted: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "querycommitted", abstract: "Show the committed definition of a chaincode, or all of a channel.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode querycommitted -C mychannel -n notes -O json
            \(PeerCommand.exitCodes)
            """)

    /// Keys as Fabric's command writes them.
    struct Definition: Encodable {
        var name: String
        var sequence: Int64
        var version: String
        var endorsement_plugin: String
        var validation_plugin: String
        var init_required: Bool
        /// Base64 of a `protos.ApplicationPolicy`.
        var validation_parameter: String
        var approvals: [String: Bool]?

        var text: String {
            var text =
                "Version: \(self.version), Sequence: \(self.sequence), Endorsement Plugin: \(self.endorsement_plugin), "
                + "Validation Plugin: \(self.validation_plugin)"
            if let approvals {
                text += ", Approvals: [" + approvals.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "]"
            }
            return text
        }
    }

    struct Document: Encodable {
        var chaincode_definitions: [Definition]
    }

    @Option(name: [.customShort("C"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @Option(name: [.customShort("n"), .customLong("name")], help: "The chaincode; all of the channel without it.")
    var name: String?

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (channel, name) = (self.channel, self.name)
        try await PeerCommandRun.run("peer lifecycle chaincode querycommitted") {
            try await PeerSession.open(self.targets, channel: channel) { [output] session in
                if let name {
                    let one = try await Self.one(name, session)
                    try output.show(one) { ["Committed chaincode definition for chaincode '\(name)' on channel '\(channel)':", one.text] }
                } else {
                    let all = try await Self.all(session)
                    try output.show(Document(chaincode_definitions: all)) {
                        ["Committed chaincode definitions on channel '\(channel)':"] + all.map { "Name: \($0.name), \($0.text)" }
                    }
                }
            }
        }
    }

    private static func one(_ name: String, _ session: PeerSession) async throws -> Definition {
        var arguments = Lifecycle_QueryChaincodeDefinitionArgs()
        arguments.name = name
        let payload = try await session.query(ChaincodeDefinition.lifecycleNamespace, "QueryChaincodeDefinition", arguments.encoded())
        let result = try Lifecycle_QueryChaincodeDefinitionResult.decode(payload, as: "definition")
        return Definition(
            name: name, sequence: result.sequence, version: result.version, endorsement_plugin: result.endorsementPlugin,
            validation_plugin: result.validationPlugin, init_required: result.initRequired,
            validation_parameter: ChaincodeInput.base64(result.validationParameter.byteArray), approvals: result.approvals)
    }

    private static func all(_ session: PeerSession) async throws -> [Definition] {
        let payload = try await session.query(
            ChaincodeDefinition.lifecycleNamespace, "QueryChaincodeDefinitions", Lifecycle_QueryChaincodeDefinitionsArgs().encoded())
        return try Lifecycle_QueryChaincodeDefinitionsResult.decode(payload, as: "definitions").chaincodeDefinitions.map {
            Definition(
                name: $0.name, sequence: $0.sequence, version: $0.version, endorsement_plugin: $0.endorsementPlugin,
                validation_plugin: $0.validationPlugin, init_required: $0.initRequired,
                validation_parameter: ChaincodeInput.base64($0.validationParameter.byteArray))
        }
    }
}
