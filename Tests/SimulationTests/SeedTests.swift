import Testing

@testable import Simulation

/// Seeds in which something once went wrong, and what it was; each stays sound for good.
@Suite struct SeedTests {
    /// A member went to a later round, crashed, and came back without the certificate of that round: nobody could follow it there (L3).
    @Test(arguments: [873, 2196, 2781] as [UInt64])
    func `a restart does not strand the others in an earlier round`(seed: UInt64) {
        let report = World.run(seed: seed, adjust: { plan, _ in plan.spoil(by: .hunter, members: 4) })
        #expect(report.violations == [])
    }
}
