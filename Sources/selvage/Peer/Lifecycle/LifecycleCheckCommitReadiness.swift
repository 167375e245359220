import ArgumentParser
import FabricMessages
import LedgerModel
import SelvageClient

/// Shows which organisations have approved a definition.
struct LifecycleCheckCommitReadiness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkcommitreadiness", abstract: "Show which organisations have approved exactly this definition, and in what others differ.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode checkcommitreadiness -C mychannel -n notes -v 2.0 --sequence 2 -O json
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var approvals: [String: Bool]
        /// In what the approval of an organisation differs.
        var mismatches: [String: [String]]?
    }

    @OptionGroup var definition: DefinitionOptions
    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode checkcommitreadiness") {
            let call = try self.definition.definition().readiness()
            let name = self.definition.name
            try await PeerSession.open(self.targets, channel: self.definition.channel) { [output] session in
                let payload = try await session.query(call.chaincode, call.arguments)
                let result = try Lifecycle_CheckCommitReadinessResult.decode(payload, as: "readiness")
                let document = Document(
                    approvals: result.approvals, mismatches: result.mismatches.isEmpty ? nil : result.mismatches.mapValues(\.items))
                try output.show(document) {
                    ["Chaincode definition for chaincode '\(name)', by organization:"]
                        + document.approvals.sorted { $0.key < $1.key }.map { organization, isApproved in
                            let items = document.mismatches?[organization] ?? []
                            return "\(organization): \(isApproved)" + (items.isEmpty ? "" : " (mismatch: [\(items.joined(separator: ", "))])")
                        }
                }
            }
        }
    }
}
