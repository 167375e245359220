import ArgumentParser
import Foundation
import Glibc
import LedgerModel
import Node

/// A network of processes on this machine.
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Make a network of nodes on this machine, start and stop it.",
        subcommands: [Initialise.self, Up.self, Down.self, Status.self, NetworkElect.self])

    /// A node as these commands show it.
    struct NodeDocument: Encodable {
        var name: String
        var mspID: String
        var roles: [String]
        var listen: String
        /// Nil when it is not up.
        var pid: Int32?

        init(_ configuration: NodeConfiguration, pid: Int32?) {
            self.name = configuration.name
            self.mspID = configuration.mspID.text
            self.roles = configuration.roles.map(\.rawValue).sorted()
            self.listen = configuration.listen.description
            self.pid = pid
        }

        var line: String {
            "\(self.name)  \(self.mspID)  \(self.roles.joined(separator: ","))  \(self.listen)  \(self.pid.map { "up, process \($0)" } ?? "down")"
        }
    }

    struct Document: Encodable {
        var directory: String
        var nodes: [NodeDocument]
    }

    static func show(_ network: NetworkFolder, as format: OutputFormat) throws {
        let document = Document(directory: network.path, nodes: try network.processes().flatMap(Self.documents))
        try LedgerTool.show(document, as: format) { document.nodes.map(\.line) }
    }

    private static func documents(_ process: NodeProcess) -> [NodeDocument] {
        let pid = process.pid
        return process.nodes.map { NodeDocument($0, pid: pid) }
    }

    /// Runs a command's work, and turns what goes wrong into one line and exit code 3.
    static func attempt(_ name: String, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let code as ExitCode {
            throw code
        } catch {
            Console.error("network \(name): \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
    }

    /// Writes keys, the genesis block and the nodes' files.
    struct Initialise: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Write keys, the genesis block and the nodes' files of a new network.",
            discussion: """
                Keys are laid out as Fabric's tools do: organizations/peerOrganizations/... The nodes are in nodes/, the channel's first block is \
                CHANNEL.block, and peer-org1.env sets up Fabric's peer command.
                With --hosts the nodes are on machines of their own: a text file with one line for each node, its name and its machine, such as \
                "orderer.example.com 10.0.0.1" or "peer0.org1.example.com peers.example.net:7051". Copy the folder to each machine, without the \
                private keys of others, and start the machine's nodes there with "selvage node start".
                Example:
                  selvage network init net && selvage network up net
                Exit codes: 0 good, 1 there is a network already, 2 wrong usage, 3 the folder cannot be written, or the hosts file cannot be used.
                """)

        @Argument(help: "The network's folder; made if it is not there.")
        var directory: String

        @Option(
            help: """
                How large the network is: solo (one organisation, one ordering node), dev (two, a committee of four), medium (of seven) or paper (a \
                pool of 101, a committee of 30 with 20 auditors).
                """)
        var preset: NetworkPlan.Preset = .dev

        @Option(help: "How many ordering nodes the committee has, if not as many as the preset; 1 tolerates no failure, 3f + 1 tolerate f.")
        var members: Int?

        @Option(help: "A file that names the machine of each node; by default all are on this one.")
        var hosts: String?

        @Flag(
            help: "Each ordering node is an institution of a pool: some audit at first, and take the place of a member that cheats or stays away.")
        var pool = false

        @Flag(help: "With a pool: epochs of 100 blocks and phases of 5, so that an election can be watched (selvage network elect).")
        var quickElections = false

        @Option(help: "The name of the channel.")
        var channel = "mychannel"

        @Option(help: "The ports are this one and those after it.")
        var port = 7050

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard let members else { return }
            guard (1...NetworkPlan.mostMembers).contains(members) else {
                throw ValidationError("--members \(members): a committee has from 1 to \(NetworkPlan.mostMembers) members")
            }
            // An election fills as many seats as the pool's size says.
            if self.pool || self.preset == .paper { throw ValidationError("--members: the committee of a pool is as large as its preset says") }
        }

        func run() async throws {
            let network = NetworkFolder(self.directory)
            if network.isMade {
                Console.error("network init: \(network.path): there is a network already; name a folder without one, or remove it")
                throw ExitCode(CommandExit.refused.rawValue)
            }
            try await NetworkCommand.attempt("init") {
                let hosts = try self.hosts.map { try NetworkHosts(text: try String(contentsOfFile: $0, encoding: .utf8), file: $0) }
                try network.make(
                    try NetworkPlan(
                        preset: self.preset, channel: ChannelID(self.channel), firstPort: self.port, hosts: hosts, members: self.members,
                        governance: self.pool ? .pool : .fixed, isQuick: self.quickElections))
                try NetworkCommand.show(network, as: self.output.format)
            }
        }
    }

    /// Starts all nodes.
    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start every node of a network as a process of its own.",
            discussion: """
                Returns when all nodes are ready; they go on when the terminal is closed. What a node prints is in nodes/NAME/node.log. Nodes that are \
                up already stay as they are. The pool of the preset paper is one process, nodes/pool.
                Example:
                  selvage network up net
                Exit codes: 0 all nodes are up, 2 wrong usage, 3 a node cannot start: its reason is shown, the others stay up.
                """)

        @Argument(help: "The network's folder.")
        var directory = "."

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let network = NetworkFolder(self.directory)
            try await NetworkCommand.attempt("up") {
                let executable = try NodeProcess.executable()
                for process in try network.processes() where process.pid == nil {
                    Console.progress("starting \(process.name)")
                    try await process.start(executable)
                }
                Console.progress("")
                try NetworkCommand.show(network, as: self.output.format)
            }
        }
    }

    /// Stops all nodes.
    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask every node of a network to end, and wait until it has.",
            discussion: """
                Ledgers and keys stay. Peers end first, so that nobody asks an ordering node that is going down.
                Example:
                  selvage network down net
                Exit codes: 0 no node is up any more, 2 wrong usage, 3 a node does not end.
                """)

        @Argument(help: "The network's folder.")
        var directory = "."

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let network = NetworkFolder(self.directory)
            try await NetworkCommand.attempt("down") {
                for process in try network.processes().reversed() {
                    Console.progress("stopping \(process.name)")
                    _ = try await process.stop()
                }
                Console.progress("")
                try NetworkCommand.show(network, as: self.output.format)
            }
        }
    }

    /// Shows which nodes are up.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the nodes of a network and which of them are up.",
            discussion: """
                Example:
                  selvage network status net -O json
                Exit codes: 0 all nodes are up, 1 some are not, 2 wrong usage, 3 there is no network.
                """)

        @Argument(help: "The network's folder.")
        var directory = "."

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let network = NetworkFolder(self.directory)
            try await NetworkCommand.attempt("status") {
                try NetworkCommand.show(network, as: self.output.format)
                try (try network.processes().allSatisfy { $0.pid != nil } ? CommandExit.good : .refused).finish()
            }
        }
    }
}
