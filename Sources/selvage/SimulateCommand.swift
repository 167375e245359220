import ArgumentParser
import Simulation

/// Runs the committee's production code in simulated worlds with faults and liars.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the ordering committee in simulated worlds: lost messages, crashes, broken disks and liars, all drawn from a seed.",
        discussion: """
            Each seed is one world of its own: how many members, who lies in which way, what is lost and when nodes crash. The same seed gives \
            the same run and the same trace digest, on any machine.
            Example: selvage simulate --seeds 1000
            Replay of one world with its last events: selvage simulate --seeds 1 --first-seed 17 --events 60
            Exit codes: 0 good, 2 wrong usage, 4 something happened that must never happen.
            """)

    @Option(help: "How many worlds to run, at least 1.")
    var seeds: UInt64 = 1000

    @Option(help: "The seed of the first one; the others follow.")
    var firstSeed: UInt64 = 1

    @Option(help: "Print so many of a world's last events when it fails, and for a single seed always.")
    var events: Int = 30

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.seeds > 0, !self.firstSeed.addingReportingOverflow(self.seeds).overflow else {
            throw ValidationError("--seeds must be at least 1, and the last seed below 2^64")
        }
        guard (0...400).contains(self.events) else { throw ValidationError("--events must be 0 to 400") }
    }

    func run() async throws {
        var campaign = Campaign()
        var digest = ""
        var bar = ProgressBar(title: "simulate")
        for seed in self.firstSeed..<self.firstSeed + self.seeds {
            let report = World.run(seed: seed)
            campaign.add(report)
            digest = report.digestText
            if !report.violations.isEmpty {
                bar.clear()
                self.tell(of: report)
            }
            if campaign.schedules % 50 == 0 { bar.show(UInt64(campaign.schedules), of: self.seeds, unit: "worlds") }
        }
        bar.clear()
        switch self.output.format {
        case .text: self.write(campaign, digest: digest)
        case .json: Console.line(campaign.json(digest: self.seeds == 1 ? digest : nil))
        }
        try (campaign.violations == 0 ? CommandExit.good : .verificationFailed).finish()
    }

    /// A world that failed: what happened, how to see it again, and its last events.
    private func tell(of report: SimulationReport) {
        for violation in report.violations { Console.error("seed \(report.seed): \(violation)") }
        Console.error("seed \(report.seed): again with: selvage simulate --seeds 1 --first-seed \(report.seed) --events 400")
        for line in World.run(seed: report.seed, keepsLines: true).lines.suffix(self.events) { Console.error("  \(line)") }
    }

    private func write(_ campaign: Campaign, digest: String) {
        if self.seeds == 1 {
            if campaign.violations == 0 {
                for line in World.run(seed: self.firstSeed, keepsLines: true).lines.suffix(self.events) { Console.line(line) }
            }
            Console.line("trace digest \(digest)")
        } else if !campaign.marks.missing.isEmpty {
            Console.line("never happened: " + campaign.marks.missing.map { "\($0)" }.joined(separator: ", "))
        }
        Console.line("\(campaign.events) events, highest round \(campaign.highestRound), \(campaign.evidence) proofs of misbehaviour")
        Console.line(campaign.summary)
    }
}
