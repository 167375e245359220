import ArgumentParser
import Foundation
import Node

/// Measures what a peer spends, beside references that are measured in the same run.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Benchmarks",
        abstract: "What the commit path, endorsement, sharing, the ledger and the ordering committee cost, beside references of the same run.",
        discussion: """
            Build with -c release; figures of a debug build mean nothing. Documentation/benchmarks.md says what each figure is.
            Exit codes: 0 all limits met, 1 a limit was missed, 3 a case could not run, 64 wrong usage.
            """)

    @Option(help: "Run one case only: \(CaseName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: CaseName?

    @Option(help: "Rounds of each case; the median of them is reported.")
    var rounds: Int = 11

    @Option(name: [.customShort("O"), .customLong("output")], help: "Print the result as text or as json (nothing else goes to standard output).")
    var format: OutputFormat = .text

    @Option(help: .hidden)
    var follow: String?

    func validate() throws {
        guard (3...101).contains(self.rounds) else { throw ValidationError("--rounds must be from 3 to 101") }
    }

    func run() async throws {
        HostMemory.keepsNothingLarge()
        if let follow { return try await self.follow(follow) }
        let report: BenchmarkReport
        do {
            report = try await BenchmarkRun(rounds: self.rounds, only: self.only).report()
        } catch {
            Progress.say("\(error)")
            throw ExitCode(3)
        }
        switch self.format {
        case .text: print(report.text)
        case .json: print(try report.json())
        }
        if !report.isGood { throw ExitCode(1) }
    }
}

extension Benchmarks {
    /// What this process does when it was started by `FollowerProcess`.
    private func follow(_ request: String) async throws {
        do {
            let request = try JSONDecoder().decode(FollowerRequest.self, from: Data(request.utf8))
            print(String(decoding: try JSONEncoder().encode(try await FollowerRun(request: request).answer()), as: UTF8.self))
        } catch {
            Progress.say("\(error)")
            throw ExitCode(3)
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

enum CaseName: String, ExpressibleByArgument, CaseIterable, Encodable {
    case commit
    case catchUp = "catch-up"
    case endorsement
    case sharing
    case ledger
    case consensus
    case ordering

    /// Whether the case is measured on endorsed transactions in blocks.
    var needsWorkload: Bool {
        switch self {
        case .commit, .endorsement, .ledger: true
        case .catchUp, .sharing, .consensus, .ordering: false
        }
    }
}
