import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// From a conviction to the by-election that fills the empty seat, and to the next epoch (consensus 0.1, 2.5).
@Suite struct ByElectionTests {
    private func id(_ number: Int) -> MSPID { ElectionWorld.id(number) }

    /// Twelve institutions in places 7, 4 and 1.
    private func elected() throws -> (world: ElectionWorld, record: EpochRecord) {
        var world = try ElectionWorld(.medium, members: 12)
        let tally = try world.run([self.id(1): [self.id(1), self.id(2)], self.id(2): [self.id(1)]])
        let result = tally.result(sizes: world.parameters.sizes, epoch: 1)
        let calendar = try #require(EpochCalendar(blocks: 100))
        let first = try #require(calendar.firstHeight(afterElectionClosedAt: 50))
        return (world, EpochRecord(result, sizes: world.parameters.sizes, firstHeight: first))
    }

    private func convict(_ member: MSPID, _ world: ElectionWorld, policy: BarringPolicy) throws -> BarringRegister {
        var barring = BarringRegister()
        barring.bar(member, consensusKey: try world.consensusKey(of: member).publicKey.x963, epoch: 1, policy: policy)
        return barring
    }

    /// Places in the world that may not stand, counted from 1.
    private func excluded(_ record: EpochRecord, _ barring: BarringRegister, of world: ElectionWorld) throws -> Set<Int> {
        let pool = record.byElectionPool(world.parameters.members, barring: barring)
        #expect(pool.map(\.id) == world.members)
        return Set(pool.enumerated().filter { !$0.element.mayStand }.map { $0.offset + 1 })
    }

    @Test func `a by-election chooses for the empty seat only: who has a place or is barred votes and does not stand`() throws {
        let (world, before) = try self.elected()
        #expect(before.producers.prefix(2) == [self.id(1), self.id(2)])
        let convicted = self.id(1)
        let change = before.evicting([convicted])
        #expect(change.record.needsByElection && change.record.vacantSeats == 1)
        let barring = try self.convict(convicted, world, policy: .forTheEpoch)
        let barred = try self.excluded(change.record, barring, of: ElectionWorld(.medium, members: 14))
        #expect(barred == Set(1...12))
        var byElection = try ElectionWorld(.medium, members: 14, barred: barred, usedKeys: barring.burnedKeys, seats: 1)
        #expect(byElection.parameters.seats == 1 && byElection.parameters.id != world.parameters.id)
        for member in (1...12).map(self.id) where member != convicted {
            #expect(throws: ElectionRefusal.mayNotStand(member)) { try byElection.register([member]) }
        }
        #expect(throws: ElectionRefusal.mayNotStand(convicted)) { try byElection.register([convicted]) }
        try byElection.register([self.id(13), self.id(14)])
        for member in byElection.members { try byElection.issue(member) }
        try byElection.vote(self.id(2), for: [self.id(14)])
        try byElection.vote(convicted, for: [self.id(14), self.id(13)])
        try byElection.reveal(self.id(2))
        try byElection.reveal(convicted)
        let tally = try byElection.finish()
        #expect(tally.chosen(seats: 1) == [self.id(14)] && tally.chosen(seats: 9).count == 2 && tally.chosen(seats: -1).isEmpty)
        let after = change.record.admitting(tally.result(sizes: before.sizes, epoch: 1), seats: 1).record
        #expect(after.place(of: self.id(14)) == .standby && after.place(of: self.id(13)) == nil && after.place(of: convicted) == nil)
        #expect(after.vacantSeats == 0 && !after.needsByElection)
        #expect(after.producers == change.record.producers && after.auditNodes == change.record.auditNodes)
        // Nobody is let in when no seat is empty, whatever a result says.
        #expect(after.admitting(tally.result(sizes: before.sizes, epoch: 1), seats: 2).record == after)
    }

    @Test func `who was out for the epoch stands again in the next one with a new key, and who is out for good does not`() throws {
        let (world, record) = try self.elected()
        let convicted = self.id(1)
        for (preset, returns) in [(ElectionSizes.Preset.medium, true), (.paper, false)] {
            let barring = try self.convict(convicted, world, policy: preset.barring)
            #expect(!barring.mayHoldOffice(convicted, in: 1))
            #expect(barring.mayHoldOffice(convicted, in: 2) == returns)
            let barred: Set<Int> = returns ? [] : [1]
            var next = try ElectionWorld(.medium, members: 12, epoch: 2, barred: barred, usedKeys: barring.burnedKeys)
            // Its old key is burned in both cases.
            #expect(throws: returns ? ElectionRefusal.keyInUse(convicted) : .mayNotStand(convicted)) { try next.register([convicted]) }
            let fresh = try Candidacy.register(
                member: convicted, identity: next.identity(of: convicted), consensusKey: try SigningKey(rawScalar: ElectionKeys.scalar(7_000)),
                endpoint: "x:1", election: next.parameters.id)
            if returns {
                try next.apply(fresh, at: 10)
            } else {
                #expect(throws: ElectionRefusal.mayNotStand(convicted)) { try next.apply(fresh, at: 10) }
            }
        }
        #expect(record.firstHeight == 100)
    }

    @Test func `offence points place the one with fewer first among equals, and never above more approvals`() throws {
        var world = try ElectionWorld(offences: [1: 2, 2: 1, 3: 9])
        let tally = try world.run([self.id(4): [self.id(1), self.id(2), self.id(3)], self.id(5): [self.id(3)]])
        #expect(tally.ranking.prefix(3).map(\.member) == [self.id(3), self.id(2), self.id(1)])
        #expect(tally.ranking.prefix(3).map(\.offencePoints) == [9, 1, 2])
    }
}
