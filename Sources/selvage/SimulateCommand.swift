import ArgumentParser
import Node
import Simulation

/// Runs the committee's production code in simulated worlds with faults and liars.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the ordering committee in simulated worlds: lost messages, crashes, broken disks and liars, all drawn from a seed.",
        discussion: """
            Each seed is one world of its own: how many members, who lies in which way, what is lost and when nodes crash. The same seed gives \
            the same run and the same trace digest, on any machine.
            Example: selvage simulate --seeds 20000 --jobs 2
            Forks that have to be proven: selvage simulate --forks --seeds 1000
            Replay of one world with its last events: selvage simulate --seeds 1 --first-seed 17 --events 60
            Exit codes: 0 good, 2 wrong usage, 4 something happened that must never happen (standard error names the seed), or \(SimulationLimits.thoroughCampaign) worlds \
            and more have missed a rare branch.
            """)

    @Option(help: "How many worlds to run, at least 1.")
    var seeds: UInt64 = 1000

    @Option(help: "The seed of the first one; the others follow.")
    var firstSeed: UInt64 = 1

    @Option(help: "How many worlds to run at the same time; as many as there are cores unless given. The result is the same.")
    var jobs: Int?

    @Flag(help: "Let more members lie than the committee survives: it may fork then, and each fork has to convict n - 2f liars and nobody else.")
    var forks = false

    @Option(help: "Print so many of a world's last events when it fails, and for a single seed always.")
    var events: Int = 30

    @OptionGroup var output: OutputOptions

    private var kind: Campaign.Kind { self.forks ? .forked : .safe }

    func validate() throws {
        guard self.seeds > 0, !self.firstSeed.addingReportingOverflow(self.seeds).overflow else {
            throw ValidationError("--seeds must be at least 1, and the last seed below 2^64")
        }
        guard (1...SimulationLimits.jobs).contains(self.jobs ?? 1) else { throw ValidationError("--jobs must be 1 to \(SimulationLimits.jobs)") }
        guard (0...SimulationLimits.lines).contains(self.events) else { throw ValidationError("--events must be 0 to \(SimulationLimits.lines)") }
    }

    func run() async throws {
        var bar = ProgressBar(title: "simulate")
        let jobs = self.jobs ?? min(SystemEnvironment().cores, SimulationLimits.jobs)
        let campaign = await Campaign.run(firstSeed: self.firstSeed, count: self.seeds, kind: self.kind, jobs: jobs) { campaign, failed in
            for report in failed {
                bar.clear()
                self.tell(of: report)
            }
            bar.show(UInt64(campaign.schedules), of: self.seeds, unit: "worlds")
        }
        bar.clear()
        // A single world is run once more for its digest and lines: that the digest is the same again is the point of it.
        let single = self.seeds == 1 ? Campaign.world(self.firstSeed, kind: self.kind, keepsLines: true) : nil
        switch self.output.format {
        case .text: self.write(campaign, single)
        case .json: Console.line(campaign.json(digest: single?.digestText))
        }
        let neglected = campaign.neglected(kind: self.kind)
        if !neglected.isEmpty {
            Console.error("simulate: so many worlds should have been there: " + neglected.map { "\($0)" }.joined(separator: ", "))
        }
        try (campaign.violations == 0 && neglected.isEmpty ? CommandExit.good : .verificationFailed).finish()
    }

    /// A world that failed: what happened, how to see it again, and its last events.
    private func tell(of report: SimulationReport) {
        for violation in report.violations { Console.error("seed \(report.seed): \(violation)") }
        let again = "selvage simulate --seeds 1 --first-seed \(report.seed)\(self.forks ? " --forks" : "") --events \(SimulationLimits.lines)"
        Console.error("seed \(report.seed): again with: \(again)")
        for line in Campaign.world(report.seed, kind: self.kind, keepsLines: true).lines.suffix(self.events) { Console.error("  \(line)") }
    }

    private func write(_ campaign: Campaign, _ single: SimulationReport?) {
        if let single {
            if campaign.violations == 0 {
                for line in single.lines.suffix(self.events) { Console.line(line) }
            }
            Console.line("trace digest \(single.digestText)")
        } else if !self.forks, !campaign.marks.missing.isEmpty {
            Console.line("never happened: " + campaign.marks.missing.map { "\($0)" }.joined(separator: ", "))
        }
        Console.line("faults: " + campaign.faults.named.map { "\($0.count) \($0.name)" }.joined(separator: ", "))
        if self.forks { Console.line("\(campaign.forks) worlds forked, \(campaign.culprits) members convicted by their own signatures") }
        Console.line(
            "\(campaign.events) events, highest round \(campaign.highestRound), \(campaign.evidence) proofs of misbehaviour, "
                + "slowest recovery \(campaign.patienceUsed) % of the bound (seed \(campaign.slowestSeed))")
        Console.line(campaign.summary)
    }
}
