import ArgumentParser
import FabricMessages
import LedgerModel

/// Lists the channels of a peer.
struct ChannelList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the channels that the peer has joined.",
        discussion: """
            Example:
              selvage peer channel list -O json
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var channels: [String]
    }

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer channel list") {
            try await PeerSession.open(self.targets) { [output] session in
                let payload = try await session.query("cscc", "GetChannels", isOfNode: true)
                let names = try Protos_ChannelQueryResponse.decode(payload, as: "channels").channels.map(\.channelID)
                try output.show(Document(channels: names)) { ["Channels peers has joined:"] + names }
            }
        }
    }
}
