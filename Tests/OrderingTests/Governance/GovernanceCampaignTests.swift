import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct GovernanceCampaignTests {
    private static let seeds: ClosedRange<UInt64> = 1...3

    /// What random acts have to bring about, or the campaign looks at too little.
    private static let wanted: Set<String> = [
        "electionOpened", "candidateRegistered", "tallied", "elected", "epochBegins", "convicted", "keyBurned", "barred", "readmitted", "strike",
        "evicted", "promoted", "demoted", "keyRotated", "keyOverdue", "resigned", "byElectionNeeded", "tabulatorContradicted", "alarm",
        "committeeDue",
    ]

    @Test func `whole epochs of random acts break no rule of governance, on any of three executions`() throws {
        var marks: Set<String> = []
        for seed in Self.seeds {
            var campaign = try GovernanceCampaign(seed: seed)
            #expect(try campaign.run(blocks: 64) == nil, "seed \(seed)")
            marks.formUnion(campaign.marks)
        }
        #expect(Self.wanted.subtracting(marks).isEmpty, "never happened: \(Self.wanted.subtracting(marks).sorted())")
    }

    @Test(arguments: [GovernanceBugs.reusedNumbers, .convictedStay, .belowFour, .forgottenKeys, .strikesNotKept])
    func `twin: a planted bug is caught within a few runs`(_ bug: GovernanceBugs) throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            var campaign = try GovernanceCampaign(seed: seed, bugs: bug)
            if try campaign.run(blocks: 60) != nil { return }
        }
        Issue.record("bug \(bug.rawValue) was not caught in eight runs")
    }
}
