import ArgumentParser
import LedgerModel

/// Joins a peer to a channel.
struct ChannelJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Join the peer to a channel, by its first block.",
        discussion: """
            Only an administrator of the peer's organisation may.
            Example:
              selvage peer channel fetch 0 first.block -c second -o localhost:7050 --tls --cafile "$ORDERER_CA"
              selvage peer channel join -b first.block
            \(PeerCommand.exitCodes)
            """)

    /// No first block is larger.
    static let blockBytes = 16 << 20

    struct Document: Encodable {
        var joined: Bool
    }

    @Option(name: [.customShort("b"), .customLong("blockpath")], help: ArgumentHelp("The channel's first block.", valueName: "file"))
    var block: String

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer channel join") {
            let block = try PeerTargetOptions.bytes(self.block, limit: Self.blockBytes)
            guard (try? OrderedBlock(serialized: block)) != nil else {
                throw PeerProblem.unreadable("\(self.block): it is no block; give the channel's first block, as 'peer channel fetch 0' writes it")
            }
            try await PeerSession.open(self.targets) { [output] session in
                _ = try await session.query("cscc", "JoinChain", block, isOfNode: true)
                try output.show(Document(joined: true)) { ["the peer has joined the channel"] }
            }
        }
    }
}
