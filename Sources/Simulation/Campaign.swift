import Ordering

/// Many worlds, and what they come to together.
package struct Campaign: Sendable {
    package private(set) var schedules = 0
    package private(set) var events = 0
    package private(set) var decisions = 0
    package private(set) var faults = FaultCounts()
    package private(set) var evidence = 0
    /// Worlds that forked where that was expected, and the members convicted in them.
    package private(set) var forks = 0
    package private(set) var culprits = 0
    package private(set) var highestRound: Round = 0
    package private(set) var marks = CoverageMarks()
    /// The largest part of the patience that a world needed after its faults, percent, and the seed of that world.
    package private(set) var patienceUsed: UInt64 = 0
    package private(set) var slowestSeed: UInt64 = 0
    /// Reports of worlds in which something must not have happened; the first few.
    package private(set) var failures: [SimulationReport] = []
    package private(set) var violations = 0

    package init() {}

    package mutating func add(_ report: SimulationReport) {
        self.schedules += 1
        self.events += report.events
        self.decisions += report.decisions
        self.faults += report.faults
        self.evidence += report.evidence
        self.forks += report.culprits > 0 ? 1 : 0
        self.culprits += report.culprits
        self.highestRound = max(self.highestRound, report.highestRound)
        self.marks.formUnion(report.marks)
        self.note(patience: report.patienceUsed, of: report.seed)
        guard !report.violations.isEmpty else { return }
        self.violations += report.violations.count
        self.keep([report])
    }

    /// Takes in another part of the same campaign; the parts may come in any order.
    package mutating func add(_ other: Campaign) {
        self.schedules += other.schedules
        self.events += other.events
        self.decisions += other.decisions
        self.faults += other.faults
        self.evidence += other.evidence
        self.forks += other.forks
        self.culprits += other.culprits
        self.highestRound = max(self.highestRound, other.highestRound)
        self.marks.formUnion(other.marks)
        self.violations += other.violations
        self.note(patience: other.patienceUsed, of: other.slowestSeed)
        self.keep(other.failures)
    }

    /// Of equally slow worlds the one with the lower seed.
    private mutating func note(patience: UInt64, of seed: UInt64) {
        guard patience > self.patienceUsed || patience == self.patienceUsed && patience > 0 && seed < self.slowestSeed else { return }
        (self.patienceUsed, self.slowestSeed) = (patience, seed)
    }

    /// The failures of the lowest seeds.
    private mutating func keep(_ reports: [SimulationReport]) {
        self.failures = Array((self.failures + reports).sorted { $0.seed < $1.seed }.prefix(10))
    }

    /// Rare branches that a campaign of this size should have been in and was not: then it proves less than it seems to.
    package func neglected(kind: Kind) -> [CoverageMark] {
        kind == .safe && self.schedules >= SimulationLimits.thoroughCampaign ? self.marks.missing : []
    }

    /// The last line of a campaign.
    package var summary: String {
        "\(self.schedules) schedules, \(self.decisions) decisions, \(self.faults.total) faults injected, \(self.violations) violations"
    }

    /// The same for machines, in a fixed order.
    ///
    /// - Parameter digest: The trace digest of a single world.
    package func json(digest: String?) -> String {
        var fields = [
            "\"schedules\": \(self.schedules)", "\"events\": \(self.events)", "\"decisions\": \(self.decisions)",
            "\"highestRound\": \(self.highestRound)", "\"evidence\": \(self.evidence)", "\"faults\": \(self.faults.total)",
            "\"faultKinds\": {\(self.faults.named.map { "\"\($0.name)\": \($0.count)" }.joined(separator: ", "))}",
            "\"forks\": \(self.forks)", "\"culprits\": \(self.culprits)", "\"patienceUsed\": \(self.patienceUsed)",
            "\"violations\": \(self.violations)", "\"failedSeeds\": [\(self.failures.map { "\($0.seed)" }.joined(separator: ", "))]",
            "\"neverHappened\": [\(self.marks.missing.map { "\"\($0)\"" }.joined(separator: ", "))]",
        ]
        if let digest { fields.append("\"digest\": \"\(digest)\"") }
        return "{" + fields.joined(separator: ", ") + "}"
    }
}

extension Campaign {
    /// What kind of worlds a campaign is made of.
    package enum Kind: String, CaseIterable, Sendable {
        /// At most f members lie or have weak disks: nothing may happen that must not.
        case safe
        /// More than f lie: a fork has to convict them.
        case forked
    }

    /// The world of a seed.
    package static func world(_ seed: UInt64, kind: Kind, keepsLines: Bool = false) -> SimulationReport {
        World.run(seed: seed, keepsLines: keepsLines, adjust: { plan, random in if kind == .forked { plan.betray(&random) } })
    }

    /// Runs the worlds of so many seeds, several at a time; the result does not depend on how many.
    ///
    /// - Parameters:
    ///   - count: At least 1, and so that the last seed is below 2^64.
    ///   - progress: Called in order, after every few worlds, with what has come together so far and the reports that failed since.
    package static func run(
        firstSeed: UInt64, count: UInt64, kind: Kind, jobs: Int, progress: (Campaign, [SimulationReport]) -> Void
    ) async -> Campaign {
        var campaign = Campaign()
        await withTaskGroup(of: Campaign.self) { group in
            var next: UInt64 = 0
            func begin() {
                guard next < count else { return }
                let (from, size) = (firstSeed + next, min(SimulationLimits.seedsAtOnce, count - next))
                next += size
                group.addTask {
                    var part = Campaign()
                    for seed in from...from + (size - 1) { part.add(Self.world(seed, kind: kind)) }
                    return part
                }
            }
            for _ in 0..<max(1, min(jobs, SimulationLimits.jobs)) { begin() }
            while let part = await group.next() {
                campaign.add(part)
                progress(campaign, part.failures)
                begin()
            }
        }
        return campaign
    }
}
