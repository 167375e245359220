import ArgumentParser
import LedgerModel

/// Has a call endorsed and ordered.
struct ChaincodeInvoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke", abstract: "Have a call endorsed by the peers that are named, and ordered.",
        discussion: """
            Name as many peers as the chaincode's policy asks for. With --waitForEvent the command returns when all of them have committed the \
            transaction, and says whether it counts; without, as soon as the ordering service has taken it.
            Example:
              selvage peer chaincode invoke -C mychannel -n notes -c '{"Args":["put","a","hello"]}' --waitForEvent \\
                --peerAddresses localhost:7051 --tlsRootCertFiles org1-ca.pem --peerAddresses localhost:7052 --tlsRootCertFiles org2-ca.pem
            \(PeerCommand.exitCodes)
            """)

    /// More peers than any policy names.
    static let mostPeers = 64

    @OptionGroup var call: ChaincodeCallOptions

    @Flag(name: [.customShort("I"), .customLong("isInit")], help: "Call the chaincode's initialisation.")
    var isInit = false

    @Flag(name: .customLong("waitForEvent"), help: "Wait until all peers that are named have committed the transaction.")
    var waits = false

    @OptionGroup var wait: WaitOptions
    @OptionGroup var orderer: OrdererOptions
    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer chaincode invoke") {
            _ = try self.orderer.endpoint()
            try await PeerSession.open(self.targets, channel: self.call.channel, limit: Self.mostPeers) { [self] session in
                let invocation = PeerInvocation(
                    session: session, orderer: self.orderer, waitMilliseconds: self.waits ? self.wait.timeout.milliseconds : nil)
                let outcome = try await invocation.run(self.call.call(isInit: self.isInit), transient: self.call.transient?.entries ?? [])
                try outcome.finish(self.output)
            }
        }
    }
}
