import Ordering
import TestSupport
import Testing

@testable import Simulation

@Suite struct WorldTests {
    @Test func `worlds of many kinds keep every invariant and decide in time`() {
        var campaign = Campaign()
        // The last ones have been in branches that the first hundred are not in.
        for seed in Array(1...100 as ClosedRange<UInt64>) + [127, 202, 358, 563] {
            let report = World.run(seed: seed)
            #expect(report.violations == [], "seed \(seed)")
            campaign.add(report)
        }
        #expect(campaign.decisions > 1000 && campaign.faults.total > 3000 && campaign.evidence > 100)
        #expect(campaign.violations == 0 && campaign.failures.isEmpty)
        #expect(campaign.marks.missing == [], "look for seeds that have been there")
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
        for seed in 1...3 as ClosedRange<UInt64> {
            let report = World.run(seed: seed, adjust: { plan, _ in plan.spoil(by: strategy, members: seed.isMultiple(of: 3) ? 7 : 4) })
            #expect(report.violations == [], "\(strategy), seed \(seed)")
        }
    }

    /// 0.1: what is decided in one height acts from the second one after it, for everybody.
    @Test func `members are evicted and elected, standbys take their places, and everybody knows the same committee`() {
        var campaign = Campaign()
        for seed in 1...25 as ClosedRange<UInt64> {
            let report = World.run(
                seed: seed,
                adjust: { plan, _ in
                    plan.spoil(by: seed.isMultiple(of: 2) ? .doubleVoter : .doubleProposer, members: seed.isMultiple(of: 3) ? 7 : 4)
                    plan.renew()
                })
            #expect(report.violations == [], "seed \(seed)")
            campaign.add(report)
        }
        for mark in [.memberEvicted, .memberReplaced, .standbySigned] as [CoverageMark] { #expect(campaign.marks.contains(mark), "\(mark)") }
    }

    @Test func `a signature does not hold for an id that differs in any part`() {
        let keys = SimulatedKeys(secret: 3)
        func vote(_ id: BlockID) -> Vote { Vote(height: 1, round: 0, kind: .prevote, choice: .prevote(id, validRound: -1), signer: 2) }
        let id = BlockID(number: 5)
        let signature = keys.signature(of: SimulatedKeys.content(of: vote(id), epoch: 1), by: 2)
        #expect(keys.isSigned(SignedVote(vote: vote(id), signature: signature), epoch: 1))
        for byte in 0..<32 {
            var bytes = id.bytes
            bytes[byte] ^= 1
            guard let other = BlockID(bytes) else { continue }
            #expect(!keys.isSigned(SignedVote(vote: vote(other), signature: signature), epoch: 1), "byte \(byte)")
        }
    }

    @Test func `a seed gives the same digest again, and another seed another one`() {
        let first = World.run(seed: 11)
        let second = World.run(seed: 11, keepsLines: true)
        #expect(first.digest == second.digest && first.events == second.events)
        #expect(first.lines.isEmpty && !second.lines.isEmpty)
        #expect(World.run(seed: 12).digest != first.digest)
    }

    /// Hash seeds and addresses differ from process to process; the digest must not.
    @Test func `another process gives the same digests`() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            for seed in 11...15 as ClosedRange<UInt64> { print("digest \(World.run(seed: seed).digestText)") }
        }
        let text = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        for seed in 11...15 as ClosedRange<UInt64> {
            #expect(text.contains("digest \(World.run(seed: seed).digestText)"), "seed \(seed)")
        }
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
        #expect(CoverageMark.allCases.count <= 128)
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
        (self.slowMember, self.standbys, self.elections) = (nil, 0, 0)
        self.liars = (0..<UInt32(self.faults)).map { Liar(member: 2 * $0 + 1, strategy: strategy) }
    }

    /// Members are evicted and elected, and standbys take their places.
    mutating func renew() { (self.standbys, self.elections, self.heights) = (2, 200, 6) }

    /// Nothing goes wrong but what the liars do.
    mutating func calm() {
        (self.loss, self.duplication, self.crashes, self.pauses, self.skew, self.drift) = (0, 0, 0, 0, 0, 0)
        (self.writeErrors, self.rot, self.jumps) = (0, 0, 0)
        (self.hasPartitions, self.keepsBytes, self.delay, self.heights, self.healAt) = (false, false, 20, 6, 2500)
    }
}
