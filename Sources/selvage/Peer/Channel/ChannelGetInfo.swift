import ArgumentParser
import FabricMessages
import LedgerModel

/// Shows how high a channel is.
struct ChannelGetInfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "getinfo", abstract: "Show the height of a channel and the hashes of its last blocks.",
        discussion: """
            Example:
              selvage peer channel getinfo -c mychannel
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var height: UInt64
        var currentBlockHash: String
        var previousBlockHash: String
    }

    @Option(name: [.customShort("c"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer channel getinfo") {
            try await PeerSession.open(self.targets, channel: self.channel) { [output] session in
                let payload = try await session.query("qscc", "GetChainInfo", session.channel.utf8)
                let info = try Common_BlockchainInfo.decode(payload, as: "chain info")
                let document = Document(
                    height: info.height, currentBlockHash: ChaincodeInput.base64(info.currentBlockHash.byteArray),
                    previousBlockHash: ChaincodeInput.base64(info.previousBlockHash.byteArray))
                try output.show(document) {
                    [
                        "Blockchain info: {\"height\":\(document.height),\"currentBlockHash\":\"\(document.currentBlockHash)\","
                            + "\"previousBlockHash\":\"\(document.previousBlockHash)\"}"
                    ]
                }
            }
        }
    }
}
