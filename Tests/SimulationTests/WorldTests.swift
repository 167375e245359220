import TestSupport
import Testing

@testable import Simulation

@Suite struct WorldTests {
    @Test func `worlds of many kinds keep every invariant and decide in time`() {
        var campaign = Campaign()
        for seed in 1...100 as ClosedRange<UInt64> {
            let report = World.run(seed: seed)
            #expect(report.violations == [], "seed \(seed)")
            campaign.add(report)
        }
        #expect(campaign.decisions > 1000 && campaign.faults.total > 3000 && campaign.evidence > 100)
        #expect(campaign.violations == 0 && campaign.failures.isEmpty)
    }

    @Test func `a world without faults decides in the first round`() {
        for members in [1, 4, 7] as [UInt32] {
            let report = World.run(
                seed: 5,
                adjust: { plan, _ in
                    plan = SimulationPlan()
                    plan.members = members
                })
            #expect(report.violations == [] && report.faults.total == 0 && report.highestRound == 0, "\(members) members")
        }
    }

    @Test(arguments: Strategy.allCases)
    func `f liars of one kind hold nobody up`(strategy: Strategy) {
        for seed in 1...6 as ClosedRange<UInt64> {
            let report = World.run(seed: seed, adjust: { plan, _ in plan.spoil(by: strategy, members: seed.isMultiple(of: 3) ? 7 : 4) })
            #expect(report.violations == [], "\(strategy), seed \(seed)")
        }
    }

    @Test func `a seed gives the same digest again, and another seed another one`() {
        let first = World.run(seed: 11)
        let second = World.run(seed: 11, keepsLines: true)
        #expect(first.digest == second.digest && first.events == second.events)
        #expect(first.lines.isEmpty && !second.lines.isEmpty)
        #expect(World.run(seed: 12).digest != first.digest)
    }

    @Test func `the generator gives its known numbers`() {
        var random = SimulationRandom(seed: 0)
        let numbers = (0..<2).map { _ in random.next() }
        var again = SimulationRandom(seed: 0)
        #expect(numbers == [again.next(), again.next()] && numbers[0] != numbers[1])
        #expect((0..<1000).allSatisfy { _ in random.below(7 as UInt64) < 7 })
    }

    @Test func `events come by time and then in the order of their adding`() {
        var queue = EventQueue<Int>()
        for (event, time) in [(1, 5), (2, 3), (3, 5), (4, 1), (5, 3)] as [(Int, UInt64)] { queue.add(event, at: time) }
        var order: [Int] = []
        while let (_, event) = queue.next() { order.append(event) }
        #expect(order == [4, 2, 5, 1, 3])
    }

    @Test func `marks fit into their set`() {
        #expect(CoverageMark.allCases.count <= 64)
        var marks = CoverageMarks()
        for mark in CoverageMark.allCases { marks.hit(mark) }
        #expect(marks.missing.isEmpty && CoverageMarks().missing.count == CoverageMark.allCases.count)
    }
}

extension SimulationPlan {
    /// The same world with f liars of one kind.
    mutating func spoil(by strategy: Strategy, members: UInt32) {
        self.members = members
        self.weakDisk = nil
        self.slowMember = nil
        self.liars = (0..<UInt32(self.faults)).map { Liar(member: 2 * $0 + 1, strategy: strategy) }
    }

    /// Nothing goes wrong but what the liars do.
    mutating func calm() {
        (self.loss, self.duplication, self.crashes, self.pauses, self.skew, self.drift) = (0, 0, 0, 0, 0, 0)
        (self.hasPartitions, self.keepsBytes, self.delay, self.heights, self.healAt) = (false, false, 20, 6, 2500)
    }
}
