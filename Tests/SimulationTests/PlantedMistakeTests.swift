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
        var members: UInt32 = 4
        var isCalm = false
        /// Replaces what the plan says about crashes.
        var crashes: UInt32?
        var watched: Set<Violation.Kind> = []
        var hasStandbys = false
    }

    static let mistakes: [Mistake] = [
        Mistake(testDescription: "a quorum of 2f + 1", bugs: .smallQuorum, seeds: 1...30),
        Mistake(
            testDescription: "a quorum of 2f + 1 of six, as a fork", bugs: .smallQuorum, seeds: 1...10, strategy: .doubleVoter, members: 6,
            watched: [.fork]),
        Mistake(
            testDescription: "a quorum of 2f + 1 of five, as a fork", bugs: .smallQuorum, seeds: 40...50, strategy: .flatterer, members: 5,
            watched: [.fork]),
        Mistake(testDescription: "votes counted twice", bugs: .countedTwice, seeds: 1...20),
        Mistake(testDescription: "votes counted twice, as a fork", bugs: .countedTwice, seeds: 30...40, watched: [.fork]),
        Mistake(testDescription: "no relay", bugs: .noRelay, seeds: 1...30),
        Mistake(testDescription: "only own votes relayed", bugs: .ownVotesOnly, seeds: 1...30, strategy: .hunter),
        Mistake(testDescription: "no lock", bugs: .noLock, seeds: 165...180, strategy: .hunter, isCalm: true, watched: [.fork]),
        Mistake(testDescription: "any valid round", bugs: .anyValidRound, seeds: 1...30, strategy: .hunter, isCalm: true, watched: [.fork]),
        Mistake(testDescription: "no round skip, too slow", bugs: .noSkip, seeds: 165...175),
        Mistake(testDescription: "record one late", flaws: .recordLags, seeds: 1...10),
        Mistake(
            testDescription: "record one late, as equivocation", flaws: [.recordLags, .noGuard], seeds: 1...30, strategy: .silent,
            watched: [.equivocation]),
        Mistake(testDescription: "no record", flaws: [.noRecord, .noGuard], seeds: 1...30, strategy: .silent, watched: [.equivocation]),
        Mistake(testDescription: "lock forgotten at restart", flaws: .lockForgotten, seeds: 1...20, strategy: .hunter),
        Mistake(
            testDescription: "lock forgotten at restart, as evidence against somebody honest", flaws: .lockForgotten, seeds: 70...80,
            strategy: .hunter, watched: [.evidence]),
        Mistake(
            testDescription: "lock forgotten at restart, as a fork", flaws: .lockForgotten, seeds: 5225...5230, strategy: .hunter, isCalm: true,
            crashes: 30, watched: [.fork]),
        Mistake(testDescription: "next height before the block is durable", flaws: .lateStore, seeds: 1...20),
        Mistake(testDescription: "a failed write is not noticed", flaws: .ignoredWrites, seeds: 1...30),
        Mistake(
            testDescription: "some take a new committee a block early", flaws: .earlyChange, seeds: 1...20, strategy: .doubleVoter,
            watched: [.committee], hasStandbys: true),
        Mistake(
            testDescription: "evidence is believed unseen", flaws: .believedEvidence, seeds: 1...40, strategy: .doubleProposer, watched: [.evidence],
            hasStandbys: true),
    ]

    private func run(_ seed: UInt64, _ mistake: Mistake, isPlanted: Bool) -> SimulationReport {
        World.run(
            seed: seed,
            adjust: { plan, _ in
                if isPlanted { (plan.bugs, plan.flaws) = (mistake.bugs, mistake.flaws) }
                plan.watched = mistake.watched
                if let strategy = mistake.strategy { plan.spoil(by: strategy, members: mistake.members) }
                if mistake.isCalm { plan.calm() }
                if let crashes = mistake.crashes { plan.crashes = crashes }
                if mistake.hasStandbys { plan.renew() }
            })
    }

    @Test(arguments: Self.mistakes)
    func `a planted mistake is found`(mistake: Mistake) throws {
        let found = mistake.seeds.first { !self.run($0, mistake, isPlanted: true).violations.isEmpty }
        let seed = try #require(found, "not within \(mistake.seeds)")
        // It is the mistake that was found: without it the same world is sound.
        #expect(self.run(seed, mistake, isPlanted: false).violations == [], "seed \(seed)")
    }

    /// Member 1 alone sees the polka of round 0, and nobody hears of it before round 2: the relay of polkas has to bring it round in time.
    ///
    /// Member 4 does not get the proposal and 2 falls silent after round 0. From round 2 on everything arrives but what 2 says. A member that
    /// has heard of the polka proposes its block again in round 3; otherwise all wait until it is member 1's turn, in round 4.
    private func hiddenLock(seed: UInt64, bugs: PlantedBugs) -> SimulationReport {
        World.run(
            seed: seed,
            filter: { message, from, to, _ in
                guard message.height == 1 else { return true }
                switch message {
                case .proposal(let proposal, _): return proposal.proposal.round > 0 ? from != 2 : to != 4
                case .vote(let vote): return vote.vote.round > 0 ? from != 2 : from != 1 || vote.vote.kind == .precommit
                case .bundle(let bundle): return bundle.round > 1 && from != 2
                case .certificate, .round: return from != 2
                }
            },
            adjust: { plan, _ in
                plan = SimulationPlan()
                plan.order = [1, 2, 3, 4]
                plan.liars = [Liar(member: 2, strategy: .withholder)]
                plan.bugs = bugs
                (plan.tick, plan.heights, plan.progress, plan.healAt) = (60, 1, 0, 5000)
            })
    }

    @Test(arguments: [PlantedBugs.noPolkaRelay, .noLatePolka])
    func `a hidden lock costs a round more when its polka is not passed on or not heeded`(bugs: PlantedBugs) {
        for seed in 1...10 as ClosedRange<UInt64> {
            let sound = self.hiddenLock(seed: seed, bugs: [])
            #expect(sound.violations == [] && sound.highestRound <= 3, "seed \(seed)")
        }
        #expect((1...10 as ClosedRange<UInt64>).contains { self.hiddenLock(seed: $0, bugs: bugs).highestRound > 3 })
    }
}
