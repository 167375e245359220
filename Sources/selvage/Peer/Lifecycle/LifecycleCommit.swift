import ArgumentParser
import LedgerModel
import SelvageClient

/// Commits a definition that enough organisations have approved.
struct LifecycleCommit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Commit a chaincode definition that enough organisations have approved.",
        discussion: """
            Name peers of as many organisations as the channel's policy for definitions asks for, usually a majority.
            Example:
              selvage peer lifecycle chaincode commit -C mychannel -n notes -v 2.0 --sequence 2 \\
                --peerAddresses localhost:7051 --tlsRootCertFiles org1-ca.pem --peerAddresses localhost:7052 --tlsRootCertFiles org2-ca.pem
            \(PeerCommand.exitCodes)
            """)

    @OptionGroup var definition: DefinitionOptions

    @Flag(name: .customLong("waitForEvent"), inversion: .prefixedNo, help: "Wait until all peers that are named have committed the transaction.")
    var waits = true

    @OptionGroup var wait: WaitOptions
    @OptionGroup var orderer: OrdererOptions
    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode commit") {
            let call = try self.definition.definition().commit()
            _ = try self.orderer.endpoint()
            try await PeerSession.open(self.targets, channel: self.definition.channel, limit: ChaincodeInvoke.mostPeers) { [self] session in
                try await PeerInvocation(
                    session: session, orderer: self.orderer, waitMilliseconds: self.waits ? self.wait.timeout.milliseconds : nil
                ).run(call).finish(self.output)
            }
        }
    }
}
