import TestSupport
import Testing

@testable import Ordering

@Suite struct ConsensusWorldTests {
    /// Runs seeds until one violates something; nil when none does.
    private func firstFailure(_ seeds: ClosedRange<UInt64>, _ plan: ConsensusWorld.Plan) -> (seed: UInt64, violations: [String])? {
        for seed in seeds {
            let report = ConsensusWorld.run(seed: seed, plan: plan)
            if !report.violations.isEmpty { return (seed, report.violations) }
        }
        return nil
    }

    @Test(arguments: ConsensusWorld.Liar.allCases)
    func `four replicas agree and go on through loss, doubling, crashes and one liar`(liar: ConsensusWorld.Liar) {
        var plan = ConsensusWorld.Plan()
        plan.liar = liar
        var total = ConsensusWorld.Report()
        for seed in 1...100 as ClosedRange<UInt64> {
            let report = ConsensusWorld.run(seed: seed, plan: plan)
            #expect(report.violations == [], "liar \(liar), seed \(seed)")
            total.decisions += report.decisions
            total.events += report.events
            total.crashes += report.crashes
            total.highestRound = max(total.highestRound, report.highestRound)
            total.hasReproposed = total.hasReproposed || report.hasReproposed
            total.evidence += report.evidence
        }
        // What never happens proves nothing.
        #expect(total.crashes > 50, "\(total)")
        #expect(total.highestRound > 2, "\(total)")
        // With one member silent every quorum is all the others, so nobody is left who missed a polka.
        if liar != .silent { #expect(total.hasReproposed, "\(total)") }
        if liar == .babbler { #expect(total.evidence > 30, "\(total)") }
    }

    @Test(arguments: [1, 3, 5, 6, 7] as [UInt32])
    func `committees of other sizes agree too`(members: UInt32) {
        var plan = ConsensusWorld.Plan()
        plan.members = members
        plan.liar = members > 3 ? .babbler : .nobody
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(ConsensusWorld.run(seed: seed, plan: plan).violations == [], "\(members) members, seed \(seed)")
        }
    }

    @Test func `the same seed gives the same history`() {
        var plan = ConsensusWorld.Plan()
        plan.liar = .babbler
        let reports = (0..<2).map { _ in ConsensusWorld.run(seed: 9, plan: plan) }
        #expect("\(reports[0])" == "\(reports[1])")
    }

    // MARK: Planted bugs: each has to be found

    @Test func `votes that count as often as they come are found`() throws {
        var plan = ConsensusWorld.Plan()
        (plan.liar, plan.bugs) = (.babbler, .countedTwice)
        _ = try #require(self.firstFailure(1...200, plan))
    }

    @Test(arguments: [ConsensusWorld.Disk.oneRecordLate, .nothing])
    func `a record that is not durable when the message leaves is found`(disk: ConsensusWorld.Disk) throws {
        var plan = ConsensusWorld.Plan()
        (plan.disk, plan.crashes, plan.isSwarm) = (disk, 25, false)
        let failure = try #require(self.firstFailure(1...200, plan))
        #expect(failure.violations.contains { $0.hasPrefix("nobody honest signs two") || $0.hasPrefix("no evidence") || $0.hasPrefix("no honest") })
    }

    @Test func `missing relays are found`() throws {
        var plan = ConsensusWorld.Plan()
        (plan.liar, plan.bugs, plan.loss, plan.isSwarm) = (.silent, .noRelay, 100, false)
        let failure = try #require(self.firstFailure(1...200, plan))
        #expect(failure.violations.contains { $0.hasPrefix("all heights are decided in time") })
    }
}
