import Testing

@testable import Simulation

@Suite struct CampaignTests {
    @Test func `as many tasks as one likes give the same campaign`() async {
        var steps: [Int] = []
        let alone = await Campaign.run(firstSeed: 3, count: 45, kind: .safe, jobs: 1) { campaign, _ in steps.append(campaign.schedules) }
        let together = await Campaign.run(firstSeed: 3, count: 45, kind: .safe, jobs: 4) { _, _ in }
        #expect(steps == [20, 40, 45])
        #expect(alone.json(digest: nil) == together.json(digest: nil) && alone.slowestSeed == together.slowestSeed)
        #expect(alone.schedules == 45 && alone.violations == 0 && alone.summary.hasPrefix("45 schedules, "))
    }

    @Test func `only a large campaign has to have been everywhere`() {
        var campaign = Campaign()
        let report = SimulationReport(seed: 1, plan: SimulationPlan())
        for _ in 1..<SimulationLimits.thoroughCampaign { campaign.add(report) }
        #expect(campaign.neglected(kind: .safe).isEmpty)
        campaign.add(report)
        #expect(campaign.neglected(kind: .safe) == CoverageMark.allCases && campaign.neglected(kind: .forked).isEmpty)
    }

    @Test func `the last possible seed ends a campaign`() async {
        let campaign = await Campaign.run(firstSeed: .max - 2, count: 2, kind: .safe, jobs: 2) { _, _ in }
        #expect(campaign.schedules == 2 && campaign.violations == 0)
    }

    @Test func `failures are kept for the lowest seeds and counted for all`() {
        var campaign = Campaign()
        for seed in (1...30 as ClosedRange<UInt64>).reversed() {
            var report = SimulationReport(seed: seed, plan: SimulationPlan())
            report.violations = [Violation(kind: .fork, text: "made up", time: 1)]
            campaign.add(report)
        }
        #expect(campaign.violations == 30 && campaign.failures.map(\.seed) == Array(1...10))
        #expect(campaign.summary.hasSuffix(" 30 violations") && campaign.json(digest: "ab").contains("\"digest\": \"ab\""))
    }
}
