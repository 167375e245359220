import Ordering
import Testing

@testable import Demonstration

/// Pools of all sizes.
@Suite struct PoolProfileTests {
    @Test(arguments: ElectionSizes.Preset.allCases)
    func `a pool has as many institutions as its preset says, each once, and enough of them stand`(preset: ElectionSizes.Preset) {
        let profile = PoolProfile(preset)
        #expect(profile.pool.count == preset.sizes.pool)
        #expect(Set(profile.pool.map(\.mspID)).count == profile.pool.count)
        #expect(profile.founders.count == preset.sizes.producers)
        #expect(profile.foundingAuditors.count == preset.sizes.auditNodes)
        #expect(profile.standing.count >= preset.sizes.producers)
        #expect(profile.organizations.count == max(11, preset.sizes.pool))
    }

    @Test(arguments: ElectionSizes.Preset.allCases)
    func `a ballot approves candidates only, each once, and not more than it may`(preset: ElectionSizes.Preset) {
        let profile = PoolProfile(preset)
        let ballots = profile.approvals
        #expect(ballots.count == profile.pool.count)
        for ballot in ballots {
            #expect(!ballot.isEmpty && ballot.count <= preset.sizes.maxChoices)
            #expect(Set(ballot).count == ballot.count)
            #expect(ballot.allSatisfy { profile.standing.contains($0) })
        }
    }

    @Test func `of many names the first are told, and how many there are`() {
        let pool = PoolProfile(.paper).pool.map(\.mspID)
        #expect(Story.list([]) == "nobody")
        #expect(Story.list(Array(pool.prefix(2))) == "HospitalNorthMSP, HospitalSouthMSP")
        #expect(Story.list(pool).hasSuffix("Custodian2MSP and 95 more"))
    }
}
