import ArgumentParser
import Foundation
import LedgerModel
import Node
import Ordering

/// Holds an election in a network that runs.
struct NetworkElect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "elect", abstract: "Elect the next committee of a network with a pool, on its own chain.",
        discussion: """
            A trial: the command plays the two agencies, the candidates and the voters with the keys in the network's folder, each act a transaction. \
            Every institution with a node stands, with a new node that has a new consensus key (nodes/orderer-epochN...), which is started. When the \
            epoch begins the elected sign; nodes of the former committee observe from then on. Keep one of the nodes of block 0 up: new ones find the \
            chain there. All of it is on this machine: a network with nodes elsewhere is refused.
            A ballot approves the institution itself and those after it, unless --ballots names a file with lines 'Ord1MSP: Ord2MSP Ord5MSP'.
            Phases are counted in blocks. Without transactions a block comes every 30 s, and in a network with --quick-elections every 0.5 s; under \
            load they come quickly: give phases enough of them with --phase-blocks.
            Example:
              selvage network init net --pool --quick-elections && selvage network up net
              selvage network elect net
            Exit codes: 0 the elected are in office, 1 an act is refused or nobody was elected, 2 wrong usage, 3 there is no such network, or it is not up.
            """)

    /// The result, for programs.
    struct Document: Encodable {
        var epoch: UInt64
        var firstHeight: UInt64
        var producers: [String]
        var auditNodes: [String]
        var standbys: [String]

        init(_ record: EpochRecord) {
            self.epoch = record.number
            self.firstHeight = record.firstHeight.rawValue
            self.producers = record.producers.map(\.text)
            self.auditNodes = record.auditNodes.map(\.text)
            self.standbys = record.standbys.map(\.text)
        }

        var line: String {
            "epoch \(self.epoch) begins with block \(self.firstHeight): \(self.producers.joined(separator: ", ")) order"
                + (self.auditNodes.isEmpty ? "" : "; \(self.auditNodes.joined(separator: ", ")) audit")
        }
    }

    @Argument(help: "The network's folder.")
    var directory = "."

    @Option(help: "How many blocks each phase lasts at least.")
    var phaseBlocks: UInt64 = 0

    @Option(help: "A file with a line 'MEMBER: MEMBER MEMBER' for each voter.")
    var ballots: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let network = NetworkFolder(self.directory)
        let isText = self.output.format == .text
        do {
            var options = NetworkElection.Options()
            options.phaseBlocks = self.phaseBlocks
            if let ballots {
                for (member, choices) in try ElectionNames.ballots(of: ballots) { options.approvals[MSPID(member)] = choices }
            }
            let executable = try NodeProcess.executable()
            let election = NetworkElection(folder: network.path, options: options) { folder in
                guard let process = try NodeProcess(folder: folder) else { return }
                Console.progress("starting \(process.name)")
                try await process.start(executable)
            } report: { progress in
                if case .waiting(let block, let now) = progress { return Console.progress("block \(now), waiting for block \(block)") }
                Console.progress("")
                if isText { for line in Self.lines(progress) { Console.line(line) } }
            }
            let document = Document(try await election.run())
            try LedgerTool.show(document, as: self.output.format) { [document.line] }
        } catch let error as ElectionCommandError {
            Console.error("network elect: \(error)")
            throw ExitCode(CommandExit.usage.rawValue)
        } catch {
            Console.progress("")
            Console.error("network elect: \(error)")
            throw ExitCode((Self.isRefusal(error) ? CommandExit.refused : .unreachable).rawValue)
        }
    }

    private static func isRefusal(_ error: any Error) -> Bool {
        switch error as? NetworkElectionError {
        case .refused, .gone, .nobody, .notOrdered: true
        default: false
        }
    }

    private static func lines(_ progress: NetworkElection.Progress) -> [String] {
        switch progress {
        case .opened(let epoch, let block, let schedule):
            [
                "block \(block): the election for epoch \(epoch) is open: registration from block \(schedule.registration), numbers from "
                    + "\(schedule.issue), ballots from \(schedule.commit), opening from \(schedule.reveal), count at \(schedule.tally)"
            ]
        case .registered(let members): ["\(members.map(\.text).joined(separator: ", ")) stand, each with a new node"]
        case .issued(let count): ["\(count) validation numbers issued"]
        case .closed(let count): ["\(count) closed ballots"]
        case .revealed(let count): ["\(count) ballots opened"]
        case .counted(let tally, let record):
            tally.ranking.enumerated().map { "\($0.offset + 1)\t\($0.element.member)\t\($0.element.approvals)" }
                + ["the elected take office with block \(record.firstHeight)"]
        case .inOffice, .waiting: []
        }
    }
}
