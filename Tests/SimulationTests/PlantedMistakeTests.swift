import Ordering
import Testing

@testable import Simulation

/// A simulation that finds nothing proves nothing: each mistake is planted, and has to be found within so many seeds (4.3).
///
/// Where the first finding is far from seed 1, the range begins near it; `Documentation/decisions/0009-simulation.md` has the whole table.
@Suite struct PlantedMistakeTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var bugs: PlantedBugs = []
        var flaws: HostFlaws = []
        let seeds: ClosedRange<UInt64>
        var strategy: Strategy?
        var isCalm = false
        var watched: Set<Violation.Kind> = []
    }

    static let mistakes: [Mistake] = [
        Mistake(testDescription: "a quorum of 2f + 1", bugs: .smallQuorum, seeds: 1...30),
        Mistake(testDescription: "votes counted twice", bugs: .countedTwice, seeds: 1...20),
        Mistake(testDescription: "no relay", bugs: .noRelay, seeds: 1...30),
        Mistake(testDescription: "only own votes relayed", bugs: .ownVotesOnly, seeds: 1...30, strategy: .hunter),
        Mistake(testDescription: "no polka relay", bugs: .noPolkaRelay, seeds: 355...370, strategy: .hunter),
        Mistake(testDescription: "no lock", bugs: .noLock, seeds: 60...80, strategy: .hunter, isCalm: true, watched: [.fork]),
        Mistake(testDescription: "any valid round", bugs: .anyValidRound, seeds: 1...30, strategy: .hunter, isCalm: true, watched: [.fork]),
        Mistake(testDescription: "no round skip, too slow", bugs: .noSkip, seeds: 2705...2715),
        Mistake(testDescription: "record one late", flaws: .recordLags, seeds: 1...10),
        Mistake(
            testDescription: "record one late, as equivocation", flaws: [.recordLags, .noGuard], seeds: 1...30, strategy: .silent,
            watched: [.equivocation]),
        Mistake(testDescription: "no record", flaws: [.noRecord, .noGuard], seeds: 1...30, strategy: .silent, watched: [.equivocation]),
        Mistake(testDescription: "lock forgotten at restart", flaws: .lockForgotten, seeds: 1...20, strategy: .hunter),
        Mistake(testDescription: "next height before the block is durable", flaws: .lateStore, seeds: 1...20),
    ]

    private func run(_ seed: UInt64, _ mistake: Mistake, isPlanted: Bool) -> SimulationReport {
        World.run(
            seed: seed,
            adjust: { plan, _ in
                if isPlanted { (plan.bugs, plan.flaws) = (mistake.bugs, mistake.flaws) }
                plan.watched = mistake.watched
                if let strategy = mistake.strategy { plan.spoil(by: strategy, members: 4) }
                if mistake.isCalm { plan.calm() }
            })
    }

    @Test(arguments: Self.mistakes)
    func `a planted mistake is found`(mistake: Mistake) throws {
        let found = mistake.seeds.first { !self.run($0, mistake, isPlanted: true).violations.isEmpty }
        let seed = try #require(found, "not within \(mistake.seeds)")
        // It is the mistake that was found: without it the same world is sound.
        #expect(self.run(seed, mistake, isPlanted: false).violations == [], "seed \(seed)")
    }
}
