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
        for seed in 1...400 as ClosedRange<UInt64> {
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
        #expect(total.crashes > 100 && total.highestRound > 2 && total.hasReproposed)
        if liar == .babbler { #expect(total.evidence > 100) }
        #if CONSENSUS_FIGURES
            print("liar \(liar): \(total)")
        #endif
    }
}
