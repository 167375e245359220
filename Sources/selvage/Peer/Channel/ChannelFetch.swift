import ArgumentParser
import FabricMessages
import LedgerModel
import Node
import SelvageClient
import Synchronization

/// Fetches a block into a file.
struct ChannelFetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Fetch a block into a file: the oldest, the newest, the last configuration, or one by its number.",
        discussion: """
            From the ordering node that -o names, else from the peer.
            Example:
              selvage peer channel fetch config config.block -c mychannel
              selvage peer channel fetch 3 -c mychannel -o localhost:7050 --tls --cafile "$ORDERER_CA"
            \(PeerCommand.exitCodes)
            """)

    /// Which block is meant.
    enum Position: ExpressibleByArgument, Equatable {
        case oldest
        case newest
        case config
        case number(UInt64)

        init?(argument: String) {
            switch argument {
            case "oldest": self = .oldest
            case "newest": self = .newest
            case "config": self = .config
            default:
                guard let number = UInt64(argument) else { return nil }
                self = .number(number)
            }
        }

        var name: String {
            switch self {
            case .oldest: "oldest"
            case .newest: "newest"
            case .config: "config"
            case .number(let number): "\(number)"
            }
        }
    }

    struct Document: Encodable {
        var block: UInt64
        var bytes: Int
        var file: String
    }

    @Argument(help: "oldest, newest, config, or a number.")
    var position: Position

    @Argument(help: "The file; CHANNEL_POSITION.block without it.")
    var file: String?

    @Option(name: [.customShort("c"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @OptionGroup var orderer: OrdererOptions
    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let file = self.file ?? "\(self.channel)_\(self.position.name).block"
        try await PeerCommandRun.run("peer channel fetch") {
            let endpoint = try self.orderer.endpoint()
            try await PeerSession.open(self.targets, channel: self.channel) { [position, output, orderer] session in
                let found: (number: UInt64, bytes: [UInt8])
                if endpoint != nil {
                    found = try await session.withOrderer(orderer) { connection in
                        try await Self.fetch(position, GRPCDeliver(connection, .ordered), session)
                    }
                } else {
                    found = try await Self.fetch(position, GRPCDeliver(session.peers[0].connection, .block), session)
                }
                try HostFiles.write(found.bytes, to: file)
                try output.show(Document(block: found.number, bytes: found.bytes.count, file: file)) {
                    ["block \(found.number), \(found.bytes.count) bytes, is in \(file)"]
                }
            }
        }
    }

    private static func fetch(_ position: Position, _ deliver: GRPCDeliver, _ session: PeerSession) async throws -> (UInt64, [UInt8]) {
        switch position {
        case .oldest: return try await self.block(at: .oldest, deliver, session)
        case .newest: return try await self.block(at: .newest, deliver, session)
        case .number(let number): return try await self.block(at: .number(number), deliver, session)
        case .config:
            let newest = try OrderedBlock(serialized: try await self.block(at: .newest, deliver, session).1)
            return try await self.block(at: .number(try self.lastConfiguration(newest)), deliver, session)
        }
    }

    private static func block(at place: SeekRequest.Place, _ deliver: GRPCDeliver, _ session: PeerSession) async throws -> (UInt64, [UInt8]) {
        let found = Mutex<[UInt8]?>(nil)
        try await deliver.read(
            SeekRequest(from: place, to: place, waits: false), of: session.channel, by: session.identity, host: session.environment
        ) { item in
            switch item {
            case .block(let bytes):
                found.withLock { $0 = bytes }
                return .enough
            case .ended(let status): throw PeerProblem.refused(Self.words(of: status, session.channel))
            case .filtered: return .more
            }
        }
        guard let bytes = found.withLock({ $0 }) else { throw PeerProblem.unreachable("the node ended the stream without a block") }
        return (try OrderedBlock(serialized: bytes).number.rawValue, bytes)
    }

    private static func words(of status: Int, _ channel: ChannelID) -> String {
        switch status {
        case 403: "status 403: this identity may not read channel \(channel); check \(PeerEnvironment.mspID) and \(PeerEnvironment.mspFolder)"
        case 404: "status 404: the node does not know channel \(channel), or does not have this block"
        default: "status \(status): the node gives no block of channel \(channel)"
        }
    }

    /// The number of the last configuration, which every block names: in the signed part of its metadata, or, in those of old, beside it.
    private static func lastConfiguration(_ block: OrderedBlock) throws -> UInt64 {
        if block.number == 0 { return 0 }
        do {
            if let signed = try? BlockSignatures(slot: block.metadata(.signatures)), !signed.value.isEmpty {
                return try OrdererBlockMetadata(serialized: signed.value).lastConfig
            }
            let slot = try Common_Metadata.decode(block.metadata(.lastConfig), as: "last configuration")
            return try Common_LastConfig.decode(slot.value, as: "last configuration").index
        } catch {
            throw PeerProblem.refused("block \(block.number) does not say which configuration is in force: \(error)")
        }
    }
}
