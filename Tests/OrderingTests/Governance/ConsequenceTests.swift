import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ConsequenceTests {
    private static func id(_ number: Int) -> MSPID { GovernanceNetwork.id(number) }

    @Test func `a convicted producer is out two heights later, the highest audit node moves up and a standby fills in`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let events = try world.decide([.evidence(try world.doublePrevote(2))])
        #expect(world.height == 4)
        #expect(events.contains(.convicted(Self.id(2), .doubleVote, offenceHeight: 1)))
        #expect(events.contains(.evicted(Self.id(2), from: .producer)))
        #expect(events.contains(.promoted(Self.id(5), from: .auditNode, to: .producer)))
        #expect(events.contains(.promoted(Self.id(7), from: .standby, to: .auditNode)))
        #expect(events.contains(.keyBurned(consenter: 2)))
        #expect(events.contains(.barred(Self.id(2), .forTheEpoch)))
        #expect(world.plane.due == CommitteeDue(configurationHeight: 5, consenters: [1, 3, 4, 5]))
        #expect(world.plane.dueChange?.map(\.mspID) == [1, 3, 4, 5].map(Self.id))
        // The old committee decides the configuration; the new one everything after it.
        #expect(world.plane.term(at: 5)?.order.sorted() == [1, 2, 3, 4])
        #expect(world.plane.term(at: 6)?.order.sorted() == [1, 3, 4, 5])
        try world.advance(to: 7)
        #expect(world.plane.due == nil)
        #expect(world.plane.bundle.consenters.map(\.id).sorted() == [1, 3, 4, 5])
    }

    @Test func `the others keep their turns when one is replaced`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let before = try found(world.plane.term(at: 4)).order
        try world.decide([.evidence(try world.doublePrevote(2))])
        #expect(try found(world.plane.term(at: 6)).order == before.map { $0 == 2 ? 5 : $0 })
    }

    @Test func `a block in the place of the due configuration is refused, and so is a configuration with other members`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        try world.decide([.evidence(try world.doublePrevote(2))])
        let plain = try world.makeBlock([try world.plainEnvelope()])
        #expect(throws: ControlPlaneError.committee(height: 5, expected: [1, 3, 4, 5], found: [1, 2, 3, 4])) { try world.append(plain) }
        var others = try found(world.plane.dueChange)
        others.removeLast()
        let wrong = try world.makeBlock([try world.configuration(others)])
        #expect(throws: ControlPlaneError.committee(height: 5, expected: [1, 3, 4, 5], found: [1, 3, 4])) { try world.append(wrong) }
        #expect(world.height == 4)
        try world.advance(to: 6)
        // And nobody changes the committee when nothing is due.
        let unasked = try world.makeBlock([try world.configuration(others)])
        #expect(throws: ControlPlaneError.self) { try world.append(unasked) }
    }

    @Test func `an institution is out for the epoch, or for good where the settings say so`() throws {
        for barring in [BarringPolicy.forTheEpoch, .forGood] {
            var world = try GovernanceWorld { $0.barring = barring }
            try world.advance(to: 3)
            try world.decide([.evidence(try world.doublePrevote(2))])
            #expect(!world.plane.barring.mayHoldOffice(Self.id(2), in: 0))
            #expect(world.plane.barring.mayHoldOffice(Self.id(2), in: 1) == (barring == .forTheEpoch))
            #expect(world.plane.key(2)?.isBurned == true)
        }
    }

    @Test func `an invalid proposal evicts without a bar`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let other = try world.proposer(2) % 4 + 1
        let events = try world.decide([.evidence(.wrongProposer(try world.proposal(BlockID(number: 1), height: 2, by: other)))])
        #expect(events.contains(.evicted(try world.member(other), from: .producer)))
        #expect(world.plane.barring.mayHoldOffice(try world.member(other), in: 0))
        #expect(world.plane.key(other)?.isBurned == false)
    }

    @Test func `a convicted audit node leaves the reserve without a new committee`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let events = try world.decide([
            .evidence(.conflictingAttestation(try world.attestation(5, root: 1), try world.attestation(5, root: 2)))
        ])
        #expect(events.contains(.evicted(Self.id(5), from: .auditNode)))
        #expect(world.plane.due == nil)
        #expect(world.plane.epoch.auditNodes == [6, 7].map(Self.id))
    }

    @Test func `at most f producers leave at one height, the rest at the next`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 4)
        // Offences at different heights, so that no fork is suspected.
        let events = try world.decide([.evidence(try world.doublePrevote(2, height: 1)), .evidence(try world.doublePrevote(3, height: 2))])
        #expect(events.contains(.alarm(.possibleFork(convicted: 2, faults: 1))))
        #expect(world.plane.due?.consenters == [1, 3, 4, 5])
        #expect(world.plane.epoch.leaving == [Self.id(3)])
        let more = try world.decide()
        #expect(more.contains(.evicted(Self.id(3), from: .producer)))
        #expect(world.plane.epoch.producers.count == 4)
        #expect(!world.plane.isHalted)
    }

    @Test func `more liars at one height than the protocol bears halt ordering`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let events = try world.decide([.evidence(try world.doublePrevote(2)), .evidence(try world.doublePrevote(3))])
        #expect(events.contains(.forkAlarm(height: 1, accused: 2)))
        #expect(world.plane.isHalted)
        #expect(try world.refusal(.heartbeat(height: 5)) == .halted)
        #expect(throws: ControlPlaneError.refused(index: 0, .halted)) { try world.decide() }
    }

    @Test func `a by-election is called for when a seat is empty and nobody stands by`() throws {
        var world = try GovernanceWorld(reserves: 2)
        try world.advance(to: 3)
        let events = try world.decide([.evidence(try world.doublePrevote(2))])
        #expect(events.contains(.byElectionNeeded(seats: 1)))
    }

    @Test func `nobody leaves when nobody can take over and the committee would fall below four`() throws {
        var world = try GovernanceWorld(auditNodes: 0, reserves: 0)
        try world.advance(to: 3)
        let events = try world.decide([.evidence(try world.doublePrevote(2))])
        #expect(events.contains(.alarm(.nobodyToPromote(Self.id(2)))))
        #expect(world.plane.due == nil)
        #expect(world.plane.epoch.leaving == [Self.id(2)])
    }

    @Test func `three strikes of one epoch evict, two do not`() throws {
        var world = try GovernanceWorld { $0.censorshipTurns = 1 }
        try world.advance(to: 1)
        var receipts: [(SignedReceipt, [UInt8])] = []
        for _ in 0..<3 {
            let envelope = try world.plainEnvelope()
            receipts.append((try world.receipt(for: envelope, by: 3, at: world.height), envelope))
            try world.advance(to: world.height + 1)
        }
        try world.advance(to: 14)
        let late = try found((9...13).first { world.decided.decided($0)?.header.proposer == 3 })
        for (index, item) in receipts.enumerated() {
            let charge = Misbehaviour.censorship(Censorship(receipt: item.0, envelope: item.1, proposedAt: UInt64(late)))
            let events = try world.decide([.evidence(charge)])
            #expect(events.contains(.strike(Self.id(3), count: index + 1)))
            #expect(events.contains(.evicted(Self.id(3), from: .producer)) == (index == 2))
        }
        #expect(world.plane.barring.mayHoldOffice(Self.id(3), in: 0))
        #expect(world.plane.standing(of: Self.id(3))?.offencePoints == 3)
    }

    @Test func `a member that neither signs nor produces goes to the end of the standbys, and one that only signs late does not`() throws {
        var world = try GovernanceWorld {
            $0.missedWindow = 10
            $0.missedLimit = 4
        }
        // Two turns of four pass before silence weighs; blocks of member 2's turn come from member 1.
        try world.advance(to: 1)
        var events: [GovernanceEvent] = []
        while events.isEmpty, world.height < 40 {
            let next = try world.proposer(world.height + 1)
            events = try world.decide(absent: [2, 3], proposer: next == 2 ? 1 : next)
        }
        #expect(events.contains(.demoted(Self.id(2), from: .producer)))
        #expect(world.plane.epoch.standbys.last == Self.id(2))
        #expect(world.plane.epoch.place(of: Self.id(3)) == .producer)
        #expect(world.plane.standing(of: Self.id(3))?.missedSignatures == world.height - 1)
        #expect(world.plane.barring.mayHoldOffice(Self.id(2), in: 0))
        #expect(world.plane.due?.consenters == [1, 3, 4, 5])
    }

    @Test func `old misses leave the window`() throws {
        var world = try GovernanceWorld {
            $0.missedWindow = 6
            $0.missedLimit = 3
        }
        try world.advance(to: 1)
        for _ in 0..<4 {
            let absent = try world.member(try world.proposer(world.height))
            for _ in 0..<2 { try world.decide(parentRound: 1) }
            for _ in 0..<6 { try world.decide() }
            #expect(world.plane.epoch.place(of: absent) == .producer)
        }
        #expect(world.plane.statistics.reduce(0) { $0 + $1.standing.missedProposals } == 8)
        #expect(world.plane.statistics.allSatisfy { $0.standing.window.missed == 0 })
    }

    @Test func `proposers whose rounds passed without a decision are counted as absent`() throws {
        var world = try GovernanceWorld {
            $0.missedWindow = 10
            $0.missedLimit = 9
        }
        try world.advance(to: 5)
        let late = try world.member(try world.proposer(5, 0))
        try world.decide(parentRound: 1)
        #expect(world.plane.standing(of: late)?.missedProposals == 1)
        #expect(world.plane.standing(of: late)?.window.missed == 1)
        #expect(world.plane.statistics.reduce(0) { $0 + $1.standing.missedProposals } == 1)
        // A round of billions costs no more than the bound.
        try world.decide(parentRound: .max)
        #expect(world.plane.statistics.reduce(0) { $0 + $1.standing.missedProposals } == 5)
    }

    @Test func `below the service threshold only governance and configuration are ordered`() throws {
        var world = try GovernanceWorld { $0.serviceThreshold = 4 }
        #expect(world.plane.isWarmingUp(3))
        #expect(!world.plane.isWarmingUp(4))
        let plain = try world.plainEnvelope()
        let refusals = world.plane.refusals(in: [plain], height: 1, proposer: 1, decided: world.decided)
        #expect(refusals.map(\.refusal) == [.warmingUp(height: 1, threshold: 4)])
        let resignation = try GovernanceSigning.resignation(
            of: Self.id(9), identity: try found(world.network.identityKeys[Self.id(9)]), epoch: 0, consenter: 9, chain: world.chain)
        #expect(world.plane.refusals(in: [try world.envelope(resignation)], height: 1, proposer: 1, decided: world.decided).isEmpty)
        #expect(world.plane.refusals(in: [plain], height: 4, proposer: 1, decided: world.decided).isEmpty)
    }
}
