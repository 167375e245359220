import ArgumentParser
import FabricMessages
import LedgerModel

/// Shows what the caller's organisation has approved.
struct LifecycleQueryApproved: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queryapproved", abstract: "Show the definition of a chaincode that the peer's organisation has approved.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode queryapproved -C mychannel -n notes
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var sequence: Int64
        var version: String
        var init_required: Bool
        /// Nil when the organisation's peers run no package of their own.
        var package_id: String?
        var endorsement_plugin: String
        var validation_plugin: String
        /// Base64 of a `protos.ApplicationPolicy`.
        var validation_parameter: String
    }

    @Option(name: [.customShort("C"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @Option(name: [.customShort("n"), .customLong("name")], help: "The chaincode.")
    var name: String

    @Option(help: "The number of the definition; the newest without it.")
    var sequence: Int64 = 0

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode queryapproved") {
            let (channel, name) = (self.channel, self.name)
            var arguments = Lifecycle_QueryApprovedChaincodeDefinitionArgs()
            arguments.name = name
            arguments.sequence = self.sequence
            let bytes = arguments.encoded()
            try await PeerSession.open(self.targets, channel: channel) { [output] session in
                let payload = try await session.query(ChaincodeDefinition.lifecycleNamespace, "QueryApprovedChaincodeDefinition", bytes)
                let result = try Lifecycle_QueryApprovedChaincodeDefinitionResult.decode(payload, as: "approved definition")
                var package: String?
                if case .localPackage(let local) = result.source.type { package = local.packageID }
                let document = Document(
                    sequence: result.sequence, version: result.version, init_required: result.initRequired, package_id: package,
                    endorsement_plugin: result.endorsementPlugin, validation_plugin: result.validationPlugin,
                    validation_parameter: ChaincodeInput.base64(result.validationParameter.byteArray))
                try output.show(document) {
                    [
                        "Approved chaincode definition for chaincode '\(name)' on channel '\(channel)':",
                        "sequence: \(document.sequence), version: \(document.version), init-required: \(document.init_required), "
                            + "package-id: \(document.package_id ?? ""), endorsement plugin: \(document.endorsement_plugin), "
                            + "validation plugin: \(document.validation_plugin)",
                    ]
                }
            }
        }
    }
}
