import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// S1, missed signatures, and S2, missed proposals: counted from the certificates of parents, by everybody alike.
@Suite struct MissedSlotTests {
    private func world(window: Int = 10, limit: Int = 2, reserves: Int = 5, auditNodes: Int = 2) throws -> GovernanceWorld {
        try GovernanceWorld(auditNodes: auditNodes, reserves: reserves) {
            $0.missedWindow = window
            $0.missedLimit = limit
        }
    }

    private static let two = GovernanceNetwork.id(2)

    /// Decides the next block so that member 2 missed the parent's first round whenever that was its turn.
    private func decideLate(_ world: inout GovernanceWorld) throws -> [GovernanceEvent] {
        try world.decide(parentRound: try world.proposer(world.height) == 2 ? 1 : 0)
    }

    @Test func `S2: a proposer whose turns pass without a decision goes behind the last standby, one beyond the limit and not at it`() throws {
        var world = try self.world()
        try world.advance(to: 1)
        var demotedAt: UInt64?
        while demotedAt == nil, world.height < 30 {
            let missedBefore = try found(world.plane.standing(of: Self.two)).window.missed
            let events = try self.decideLate(&world)
            if events.contains(.demoted(Self.two, from: .producer)) {
                #expect(missedBefore == 2)
                demotedAt = world.height
            } else {
                #expect(try found(world.plane.standing(of: Self.two)).window.missed <= 2)
            }
        }
        #expect(demotedAt != nil)
        #expect(world.plane.epoch.standbys.last == Self.two)
        #expect(world.plane.standing(of: Self.two)?.missedProposals == 3)
        // A demotion is no punishment: no bar, no burned key, no offence.
        #expect(world.plane.barring.barred.isEmpty)
        #expect(world.plane.key(2)?.isBurned == false)
        #expect(world.plane.standing(of: Self.two)?.offencePoints == 0)
        #expect(world.plane.offences.isEmpty)
        #expect(world.plane.due?.consenters == [1, 3, 4, 5])
    }

    @Test func `S2: rounds count for the height of the parent only, and a certificate that cannot be read counts for nobody`() throws {
        var world = try self.world()
        try world.advance(to: 4)
        func block(_ certificate: CommitCertificate) throws -> OrderedBlock {
            try world.makeBlock([try world.plainEnvelope()]).with(.orderer, CommitCertificateFormat.encode(certificate) ?? [])
        }
        let id = try found(world.decided.decided(4)).id.bytes
        let entries = [CommitCertificate.Entry(consenter: 1, signature: [1])]
        try world.append(try block(CommitCertificate(height: 3, round: 3, blockID: id, entries: entries)))
        #expect(world.plane.statistics.allSatisfy { $0.standing.missedProposals == 0 && $0.standing.missedSignatures == 0 })
        try world.append(try world.makeBlock([try world.plainEnvelope()]).with(.orderer, [1, 2, 3]))
        #expect(world.plane.statistics.allSatisfy { $0.standing.missedProposals == 0 && $0.standing.missedSignatures == 0 })
    }

    @Test func `S1: who neither signs nor produces for two turns of the committee misses slots from then on`() throws {
        var world = try self.world(window: 20, limit: 19)
        // Another one proposes in member 2's turns.
        while world.height < 12 {
            let next = try world.proposer(world.height + 1)
            try world.decide(absent: [2], proposer: next == 2 ? 1 : next)
        }
        // Silent since height 0; patience is eight heights.
        let standing = try found(world.plane.standing(of: Self.two))
        #expect(standing.missedSignatures == 11)
        #expect(standing.window.missed == 4)
    }

    @Test func `S1: who signs and does not produce, or produces and is left out of certificates, misses nothing`() throws {
        var world = try self.world(window: 20, limit: 19)
        while world.height < 16 {
            let next = try world.proposer(world.height + 1)
            try world.decide(absent: [3], proposer: next == 2 ? 1 : next)
        }
        #expect(world.plane.standing(of: Self.two)?.window.missed == 0)
        #expect(world.plane.standing(of: GovernanceNetwork.id(3))?.missedSignatures == 15)
        #expect(world.plane.standing(of: GovernanceNetwork.id(3))?.window.missed == 0)
    }

    @Test func `S1: the counts of a former key do not weigh on its member's new one`() throws {
        var world = try self.world()
        try world.advance(to: 5)
        world.plane.members[Self.two]?.key = 77
        try world.decide(absent: [2], parentRound: 3)
        #expect(world.plane.standing(of: Self.two)?.missedSignatures == 0)
        #expect(world.plane.standing(of: Self.two)?.window.slots.count == 4)
    }

    @Test func `nobody is demoted while nobody can take its place`() throws {
        var world = try self.world(reserves: 0, auditNodes: 0)
        try world.advance(to: 1)
        var events: [GovernanceEvent] = []
        while world.height < 24 { events += try self.decideLate(&world) }
        #expect(events.isEmpty)
        #expect(world.plane.epoch.place(of: Self.two) == .producer)
        #expect(world.plane.due == nil)
    }
}
