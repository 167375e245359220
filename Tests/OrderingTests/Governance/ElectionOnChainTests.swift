import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ElectionOnChainTests {
    private static func id(_ number: Int) -> MSPID { GovernanceNetwork.id(number) }

    @Test func `an election on the chain brings its winners into office at the first epoch boundary two heights after the tally`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        try world.elect([6, 7, 8, 9])
        // The tally is at the height of the next block.
        let tally = world.height + 1
        let events = try world.decide()
        #expect(tally < 58)
        #expect(events.contains { if case .tallied(_, 9, 9, 9) = $0 { true } else { false } })
        #expect(world.plane.pending?.record.firstHeight == 60)
        #expect(world.plane.epoch.number == 0)
        try world.advance(to: 57)
        #expect(world.plane.due == nil)
        try world.advance(to: 58)
        // Block 59 is the configuration, signed by the old committee; 60 is decided by the new one.
        let due = try found(world.plane.due)
        #expect(due.configurationHeight == 59)
        #expect(Set(try found(world.plane.dueChange).map(\.mspID)) == Set([6, 7, 8, 9].map(Self.id)))
        // Every key was registered for this epoch, under a number that nobody had.
        #expect(due.consenters.allSatisfy { $0 > 9 })
        #expect(world.plane.term(at: 59)?.epoch == 0)
        #expect(world.plane.term(at: 60)?.epoch == 1)
        try world.advance(to: 62)
        #expect(world.plane.epoch.number == 1)
        #expect(world.plane.pending == nil)
        #expect(world.plane.bundle.consenters.map(\.id).sorted() == due.consenters)
        #expect(world.plane.epoch.auditNodes.count == 2)
    }

    @Test func `an election that closes too late for one boundary waits for the next`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 49)
        try world.elect([1, 2, 3, 4])
        try world.advance(to: 59)
        #expect(world.plane.pending?.record.firstHeight == 120)
    }

    @Test func `an election is opened by all authorities, for the next epoch, when the epoch is old enough`() throws {
        var world = try GovernanceWorld()
        #expect(try world.refusal(world.opening()) == .notDue("the epoch is not old enough"))
        try world.advance(to: 9)
        #expect(try world.refusal(world.opening()) == nil)
        #expect(try world.refusal(world.opening(epoch: 2)) == .otherEpoch(named: 2, now: 0))
        #expect(try world.refusal(world.opening(signers: 1..<2)) == .wrongSignature(of: "CLA 1"))
        #expect(try world.refusal(world.opening(signers: 0..<2)) == .notDue("each authority has to sign"))
        #expect(try world.refusal(world.opening(from: world.height + 1)) == .schedule)
        #expect(try world.refusal(world.opening(from: world.height + 100)) == .schedule)
        #expect(try world.refusal(world.opening(phase: 1)) == .schedule)
        #expect(try world.refusal(world.opening(phase: 61)) == .schedule)
        #expect(try world.refusal(world.opening(seats: 1)) == .notDue("0 seats are empty"))
        let elsewhere = try GovernanceWorld(seed: 2) { $0.bylaws = [UInt8](repeating: 4, count: 32) }
        #expect(try world.refusal(elsewhere.opening(from: 12)) == .wrongSignature(of: "CLA 1"))
        try world.decide([try world.opening()])
        #expect(try world.refusal(world.opening()) == .electionRunning)
    }

    @Test func `without agencies there are no elections`() throws {
        var world = try GovernanceWorld { $0.agencies = nil }
        try world.advance(to: 9)
        #expect(try world.refusal(world.opening()) == .noAgencies)
    }

    @Test func `a candidate needs a certificate of its own organisation for ordering, and a fresh key`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        try world.decide([try world.opening(phase: 6)])
        try world.advance(to: world.height + 1)
        let member = Self.id(5)
        let other = try SigningKey(rawScalar: ElectionKeys.scalar(77))
        func refusal(_ made: (transaction: GovernanceTransaction, key: SigningKey)) throws -> GovernanceRefusal? {
            try world.refusal(made.transaction)
        }
        let right = try world.registration(of: member)
        #expect(try refusal(right) == nil)
        #expect(
            try refusal(world.registration(of: member, certificateOf: other))
                == .certificate(member, reason: "it is of another key than the registered one"))
        #expect(
            try refusal(world.registration(of: member, client: true))
                == .certificate(member, reason: "it is not of the organisational unit 'orderer'"))
        if case .certificate(member, _) = try refusal(world.registration(of: member, issuer: Self.id(6))) {
        } else {
            Issue.record("another's certificate")
        }
        #expect(try refusal(world.registration(of: member, endpoint: "nowhere")) == .endpoint(member))
        #expect(try refusal(world.registration(of: member, key: world.key(1))) == .keyInUse(member))
        #expect(try refusal(world.registration(of: member, key: found(world.network.identityKeys[member]))) == .keyInUse(member))
        try world.decide([right.transaction])
        #expect(try refusal(world.registration(of: Self.id(6), key: right.key)) == .keyInUse(Self.id(6)))
        #expect(try refusal(world.registration(of: member)) == .election(.alreadyRegistered(member)))
    }

    @Test func `whoever is barred for good cannot stand, and who is convicted meanwhile is not elected`() throws {
        var world = try GovernanceWorld { $0.barring = .forGood }
        try world.advance(to: 8)
        try world.decide([.evidence(try world.doublePrevote(1))])
        try world.advance(to: 11)
        try world.decide([try world.opening()])
        try world.advance(to: world.height + 1)
        #expect(try world.refusal(world.registration(of: Self.id(1)).transaction) == .barred(Self.id(1)))
    }

    @Test func `a candidate convicted while the election runs is left out of its result`() throws {
        var world = try GovernanceWorld { $0.barring = .forGood }
        try world.advance(to: 9)
        try world.elect([2, 3, 4, 5])
        try world.decide([.evidence(try world.doublePrevote(2))])
        let record = try found(world.plane.pending).record
        #expect(record.place(of: Self.id(2)) == nil)
        #expect(record.producers.count == 4)
        try world.advance(to: 62)
        #expect(!world.plane.epoch.producers.contains(Self.id(2)))
    }

    @Test func `with too few candidates the old committee stays`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        let members = GovernanceNetwork.members
        try world.hold(candidates: Array(members.prefix(3)), ballots: [members[0]: [members[1]]])
        let events = try world.decide()
        #expect(events.contains(.alarm(.tooFewCandidates(found: 3, needed: 4))))
        try world.advance(to: 61)
        #expect(world.plane.epoch.number == 0)
        #expect(world.plane.due == nil)
    }

    @Test func `a by-election fills the empty seat at once`() throws {
        var world = try GovernanceWorld(reserves: 2)
        try world.advance(to: 3)
        try world.decide([.evidence(try world.doublePrevote(2))])
        try world.advance(to: 6)
        #expect(try world.refusal(world.opening(seats: 2)) == .notDue("1 seats are empty"))
        let members = GovernanceNetwork.members
        try world.hold(seats: 1, candidates: [members[7], members[8]], ballots: [members[0]: [members[8]], members[2]: [members[8]]])
        let events = try world.decide()
        #expect(events.contains(.promoted(Self.id(9), from: nil, to: .standby)))
        #expect(world.plane.epoch.place(of: Self.id(9)) == .auditNode)
        #expect(world.plane.epoch.vacantSeats == 0)
        #expect(world.plane.epoch.number == 0)
        #expect(world.plane.term(at: world.height + 2)?.auditors.count == 2)
    }

    @Test func `a statement of another result is reported and changes nothing`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        try world.elect([1, 2, 3, 4])
        try world.decide()
        let election = try found(world.election)
        let tally = try found(election.tally)
        let facility = try TabulatingFacility(key: ElectionKeys.tabulator.get(), parameters: election.parameters)
        let forged = ElectionTally(
            election: tally.election, issued: tally.issued, committed: tally.committed, revealed: tally.revealed, seed: tally.seed,
            ranking: tally.ranking.reversed())
        let pending = world.plane.pending
        let events = try world.decide([.election(try facility.statement(on: forged))])
        #expect(events == [.tabulatorContradicted(election: tally.election)])
        #expect(world.plane.pending == pending)
    }

    // MARK: - Keys and resignations

    private func rotation(_ world: inout GovernanceWorld, of member: MSPID, key: SigningKey, signer: MSPID? = nil) throws -> GovernanceTransaction {
        try GovernanceSigning.rotation(
            of: member, identity: found(world.network.identityKeys[signer ?? member]), newKey: key,
            certificate: world.network.certificate(key, of: member, random: &world.random), endpoint: Endpoint(host: "new.example", port: 7051),
            chain: world.chain)
    }

    @Test func `a rotated key signs from the next epoch boundary on, under a new number`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let key = try SigningKey(rawScalar: ElectionKeys.scalar(4_444))
        try world.decide([try self.rotation(&world, of: Self.id(2), key: key)])
        try world.advance(to: 57)
        #expect(world.plane.standing(of: Self.id(2))?.key == 2)
        try world.advance(to: 58)
        #expect(world.plane.due?.consenters == [1, 3, 4, 10])
        #expect(world.plane.dueChange?.last?.host == "new.example")
        world.keys[10] = key
        try world.advance(to: 61)
        #expect(world.plane.epoch.producers[1] == Self.id(2))
        // What the old key did is still an offence, and what the new key does too.
        #expect(try world.evidenceRefusal(world.doublePrevote(2, height: 20)) == nil)
        #expect(try world.evidenceRefusal(world.doublePrevote(10, height: 60)) == nil)
        #expect(try world.evidenceRefusal(world.doublePrevote(2, height: 60)) == .notInOffice)
    }

    @Test func `a key is rotated by its member alone, to a key never used, with both signatures`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let key = try SigningKey(rawScalar: ElectionKeys.scalar(4_444))
        #expect(try world.refusal(self.rotation(&world, of: Self.id(2), key: key, signer: Self.id(3))) == .wrongSignature(of: "Member2MSP"))
        #expect(try world.refusal(self.rotation(&world, of: Self.id(2), key: world.key(4))) == .keyInUse(Self.id(2)))
        guard case .rotateKey(let right) = try self.rotation(&world, of: Self.id(2), key: key) else { throw NotFound() }
        let unproven = KeyRotation(
            member: right.member, certificate: right.certificate, endpoint: right.endpoint, memberSignature: right.memberSignature,
            possession: right.memberSignature)
        #expect(try world.refusal(.rotateKey(unproven)) == .wrongSignature(of: "the new key of Member2MSP"))
        try world.decide([.rotateKey(right)])
        #expect(try world.refusal(.rotateKey(right)) == .keyInUse(Self.id(2)))
    }

    @Test func `keys that serve too long are called out`() throws {
        var world = try GovernanceWorld { $0.keyLifetime = 1 }
        try world.advance(to: 58)
        #expect(world.events.contains(.keyOverdue(Self.id(1), epochs: 1)))
    }

    @Test func `who resigns leaves office at the next boundary, and says so once, for this epoch, itself`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        func resignation(
            _ member: MSPID, epoch: UInt64 = 0, consenter: UInt32 = 2, by signer: MSPID? = nil, chain: [UInt8]? = nil
        ) throws -> GovernanceTransaction {
            try GovernanceSigning.resignation(
                of: member, identity: found(world.network.identityKeys[signer ?? member]), epoch: epoch, consenter: consenter,
                chain: chain ?? world.chain)
        }
        #expect(try world.refusal(resignation(Self.id(2), by: Self.id(3))) == .wrongSignature(of: "Member2MSP"))
        #expect(try world.refusal(resignation(Self.id(2), epoch: 1)) == .otherEpoch(named: 1, now: 0))
        #expect(try world.refusal(resignation(Self.id(2), consenter: 3)) == .otherKey(named: 3, now: 2))
        let elsewhere = [UInt8](repeating: 1, count: 32)
        #expect(try world.refusal(resignation(Self.id(2), chain: elsewhere)) == .wrongSignature(of: "Member2MSP"))
        let right = try resignation(Self.id(2))
        try world.decide([right])
        #expect(try world.refusal(right) == .alreadyResigned(Self.id(2)))
        try world.advance(to: 57)
        #expect(world.plane.epoch.place(of: Self.id(2)) == .producer)
        try world.advance(to: 60)
        #expect(world.plane.epoch.place(of: Self.id(2)) == nil)
        #expect(world.plane.term(at: 60)?.order.sorted() == [1, 3, 4, 5])
        #expect(try world.refusal(resignation(Self.id(2))) == .notInOffice(Self.id(2)))
    }
}
