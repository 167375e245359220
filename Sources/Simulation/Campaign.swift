import Ordering

/// Many worlds one after the other, and what they come to together.
package struct Campaign: Sendable {
    package private(set) var schedules = 0
    package private(set) var events = 0
    package private(set) var decisions = 0
    package private(set) var faults = FaultCounts()
    package private(set) var evidence = 0
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
        self.highestRound = max(self.highestRound, report.highestRound)
        self.marks.formUnion(report.marks)
        if report.patienceUsed > self.patienceUsed { (self.patienceUsed, self.slowestSeed) = (report.patienceUsed, report.seed) }
        guard !report.violations.isEmpty else { return }
        self.violations += report.violations.count
        if self.failures.count < 10 { self.failures.append(report) }
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
            "\"violations\": \(self.violations)", "\"failedSeeds\": [\(self.failures.map { "\($0.seed)" }.joined(separator: ", "))]",
            "\"neverHappened\": [\(self.marks.missing.map { "\"\($0)\"" }.joined(separator: ", "))]",
        ]
        if let digest { fields.append("\"digest\": \"\(digest)\"") }
        return "{" + fields.joined(separator: ", ") + "}"
    }
}
