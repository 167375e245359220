import ArgumentParser
import Node

/// Runs nodes from files.
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Run a node: a peer, an ordering node, or both.", subcommands: [Start.self])

    /// Runs one node until it is asked to end.
    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the node that a file describes, or several, until SIGINT or SIGTERM.",
            discussion: """
                Prints one line with "ready" and the endpoint to standard output when it listens; what happens later goes to standard error. With several \
                files the nodes are one process, and members of one committee among them speak without connections; when one of them fails, all end.
                Example:
                  selvage network init net
                  selvage node start --config net/nodes/peer0.org1.example.com/node.yaml
                Keys of the file: name, mspID, msp, data, listen, tls (certificate, key, clientAuthorities), roles, admin (listen, clientAuthorities), ordering, channels, address, \
                peers (address, mspID, tlsRoots), chaincode (values, takesUnsolicited).
                Exit codes: 0 it was asked to end and did, 2 wrong usage, 3 it cannot start or go on: the file, a certificate, the port or the disk.
                """)

        @Option(help: "The node's file (YAML); may be given several times.")
        var config: [String]

        func validate() throws {
            if self.config.isEmpty { throw ValidationError("name a node's file with --config") }
        }

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let signals = StopSignals()
            do {
                let near = self.config.count > 1 ? NearCommittees() : nil
                let servers = try self.config.map { file in
                    try NodeServer(try NodeConfiguration(file: file), near: near) { event in Console.error(event.description) }
                }
                let format = self.output.format
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for server in servers { group.addTask { try await server.run() } }
                    group.addTask {
                        await signals.wait()
                        for server in servers { server.stop() }
                    }
                    group.addTask {
                        var nodes: [(NodeConfiguration, WireEndpoint)] = []
                        for server in servers {
                            guard let endpoint = try? await server.endpoint() else { return }
                            nodes.append((server.configuration, endpoint))
                        }
                        Console.line(try ReadyLine(nodes).text(as: format))
                    }
                    defer {
                        for server in servers { server.stop() }
                        group.cancelAll()
                    }
                    while try await group.next() != nil {}
                }
            } catch {
                Console.error("node: \(error)")
                throw ExitCode(CommandExit.unreachable.rawValue)
            }
        }
    }
}
