import ArgumentParser
import LedgerModel
import SelvageClient

/// Approves a definition for the caller's organisation.
struct LifecycleApproveForMyOrg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approveformyorg", abstract: "Approve a chaincode definition for the caller's organisation.",
        discussion: """
            A peer of the organisation endorses it. Without --package-id its peers run no package of their own for it.
            Example:
              selvage peer lifecycle chaincode approveformyorg -C mychannel -n notes -v 2.0 --sequence 2 --package-id notes_2:b55b...
            \(PeerCommand.exitCodes)
            """)

    @OptionGroup var definition: DefinitionOptions

    @Option(name: .customLong("package-id"), help: ArgumentHelp("The installed package that the organisation runs.", valueName: "id"))
    var packageID = ""

    @Flag(name: .customLong("waitForEvent"), inversion: .prefixedNo, help: "Wait until the peer has committed the transaction.")
    var waits = true

    @OptionGroup var wait: WaitOptions
    @OptionGroup var orderer: OrdererOptions
    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode approveformyorg") {
            let call = try self.definition.definition().approval(packageID: self.packageID)
            _ = try self.orderer.endpoint()
            try await PeerSession.open(self.targets, channel: self.definition.channel, limit: ChaincodeInvoke.mostPeers) { [self] session in
                try await PeerInvocation(
                    session: session, orderer: self.orderer, waitMilliseconds: self.waits ? self.wait.timeout.milliseconds : nil
                ).run(call).finish(self.output)
            }
        }
    }
}
