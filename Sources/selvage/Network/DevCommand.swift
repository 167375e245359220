import ArgumentParser
import CryptoPrimitives
import Demonstration
import Glibc
import Node

/// Runs a whole network in one process.
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "Run a whole network in one process: two organisations with a peer each, and a committee of four.",
        discussion: """
            Every node has its own port and TLS, so any client of Fabric can be pointed at it. The contracts that come with selvage are approved and \
            committed. When that is done, one line with "ready" and the endpoints goes to standard output; SIGINT or SIGTERM ends it.
            Example:
              selvage dev --directory net
              source net/peer-org1.env && peer channel list
            With a directory of an earlier run the same network goes on.
            Exit codes: 0 it was asked to end and did, 2 wrong usage, 3 it cannot start or go on: the folder, a port or the disk.
            """)

    @Option(help: "Keep keys and ledgers here; a fresh folder for temporary files by default.")
    var directory: String?

    @Option(help: "The ports are this one and those after it.")
    var port = 7050

    @Option(
        help: """
            How large the network is: solo (one organisation, one ordering node), dev, medium (a committee of seven) or paper (30 of a pool of 101).
            """)
    var preset: NetworkPlan.Preset = .dev

    @Flag(help: "Each ordering node is an institution of a pool: some audit at first, and take the place of a member that cheats or stays away.")
    var pool = false

    @Option(help: "The name of the channel.")
    var channel = "mychannel"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let signals = StopSignals()
        do {
            let network = try NetworkFolder(self.directory ?? DemonstrationFolder.make(nil))
            let plan = try NetworkPlan(
                preset: self.preset, channel: .init(self.channel), firstPort: self.port, governance: self.pool ? .pool : .fixed)
            if !network.isMade { try network.make(plan) }
            let host = try DevelopmentHost(plan, folder: network.path) { event in Console.error(event.description) }
            let format = self.output.format
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await host.run { endpoints, first in
                        let line = ReadyLine(
                            directory: network.path, channel: plan.channel.text, nodes: Array(zip(host.servers.map(\.configuration), endpoints)),
                            firstTransactionMilliseconds: first?.milliseconds)
                        Console.line(try line.text(as: format))
                        if let first { Console.error("first transaction in block \(first.block) after \(first.milliseconds) ms") }
                    }
                }
                group.addTask {
                    await signals.wait()
                    host.stop()
                }
                // The nodes only end when they are told to, or with an error: calls under way have a moment to end.
                while try await group.next() != nil {}
            }
        } catch {
            Console.error("dev: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
    }
}

extension NetworkPlan.Preset: ExpressibleByArgument {}
