import ChannelConfiguration
import LedgerModel
import Testing

@testable import Ordering

@Suite struct MemberWorldTests {
    private func world(_ seed: UInt64, envelopes: Int = 10, faults: MemberWorld.Faults = MemberWorld.Faults()) throws -> MemberWorld {
        try MemberWorld(
            seed: seed, genesis: MemberWorldPeople.plain.get(), identities: MemberWorldPeople.identities(1...4),
            envelopes: MemberWorldPeople.envelopes(envelopes), faults: faults)
    }

    @Test func `four members on a good network order everything in one chain`() throws {
        let faults = MemberWorld.Faults(lossPercent: 0, doublePercent: 0, crashes: 0, partitions: 0, endsAt: 500)
        let world = try self.world(1, faults: faults)
        try world.run { $0.isSettled }
        #expect(world.violations.isEmpty)
        #expect(world.invalid.isEmpty)
        #expect(world.evidence.isEmpty)
    }

    @Test(arguments: 1...8) func `with loss, doubles, delays, cuts and power failures nothing forks and no promise is broken`(seed: UInt64) throws {
        let world = try self.world(seed)
        try world.run { $0.isSettled }
        #expect(world.violations.isEmpty, "\(world.description)")
        #expect(world.evidence.isEmpty, "\(world.description): an honest member was accused")
    }

    @Test func `the same seed gives the same chain`() throws {
        let chains = try (0..<2).map { _ in
            let world = try self.world(77, envelopes: 4)
            try world.run { $0.isSettled }
            return (world.time, world.heads, world.restarts)
        }
        #expect(chains[0].0 == chains[1].0)
        #expect(chains[0].1 == chains[1].1)
        #expect(chains[0].2 == chains[1].2)
    }

    @Test func `promises made before the log is durable are found broken`() throws {
        let faults = MemberWorld.Faults(lossPercent: 90, crashes: 14, endsAt: 4_000, disk: .logNotSynced)
        let found = try (1...6).contains { seed in
            let world = try self.world(UInt64(seed), faults: faults)
            try world.run { $0.isSettled }
            return !world.violations.isEmpty
        }
        #expect(found)
    }

    @Test func `records that are not durable before a signature are found`() throws {
        let faults = MemberWorld.Faults(lossPercent: 20, crashes: 30, endsAt: 4_000, disk: .recordNotSynced)
        let found = try (1...10).contains { seed in
            let world = try self.world(UInt64(seed), faults: faults)
            try world.run { $0.isSettled }
            return !world.violations.isEmpty || !world.evidence.isEmpty
        }
        #expect(found)
    }
}
