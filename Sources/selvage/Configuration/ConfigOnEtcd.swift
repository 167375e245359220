import ArgumentParser
import ChannelConfiguration
import CryptoPrimitives
import Foundation
import LedgerModel
import Node

/// Makes a Raft channel's genesis block that of a channel on etcd.
struct ConfigOnEtcd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on-etcd", abstract: "Mark the genesis block of a Raft channel as one that is ordered on an etcd cluster.",
        discussion: """
            GENESIS is a genesis block with consensus type etcdraft, such as Fabric's configtxgen makes. The block that is written has one \
            more field in its consensus metadata, which Fabric's nodes skip, and is another channel: all nodes join with the new one.
            Example:
              configtxgen -profile MyRaftChannel -channelID mychannel -outputBlock raft.block
              selvage config on-etcd raft.block --output mychannel.block
            Exit codes: 0 written, 1 refused, with the reason, 2 wrong usage, 3 something cannot be read or written.
            """)

    @Argument(help: "The genesis block.")
    var genesis: String

    @Option(help: "Where the marked block is written.")
    var output: String

    @Option(name: .customShort("O"), help: "Print the report as text or as json (nothing else goes to standard output).")
    var format: OutputFormat = .text

    /// What was made.
    private struct Report: Encodable {
        let channel: String
        let chain: String
        let output: String
    }

    func run() throws {
        do {
            guard let bytes = try HostFiles.read(self.genesis, limit: NodeLimits.genesisBytes) else {
                throw HostFileError(path: self.genesis, reason: "there is no such file")
            }
            let block = try EtcdGenesis.marked(OrderedBlock(serialized: bytes))
            try HostFiles.write(block.serialized(), to: self.output)
            let report = Report(
                channel: try ChannelBundle(block: block).channelID.text, chain: Base16.encode(block.headerHash), output: self.output)
            switch self.format {
            case .text: Console.line("Wrote \(report.output): channel \(report.channel), keys in etcd below ROOT/\(report.chain)/")
            case .json:
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                Console.line(String(decoding: try encoder.encode(report), as: UTF8.self))
            }
        } catch let error as HostFileError {
            Console.error("config: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        } catch {
            throw ConfigCommand.fail(error)
        }
    }
}
