import CryptoPrimitives
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// What members agree on by configuration, and what bounds the state of governance.
@Suite struct GovernanceRuleTests {
    private static func id(_ number: Int) -> MSPID { GovernanceNetwork.id(number) }

    private static func seats(_ settings: GovernanceSettings, _ number: Int, isExcluded: Bool = false, pardons: UInt32 = 0) -> [PoolSeat] {
        settings.seats.map {
            guard $0.member == Self.id(number) else { return $0 }
            return PoolSeat(member: $0.member, identityKey: $0.identityKey, isExcluded: isExcluded, pardons: pardons)
        }
    }

    // MARK: - Votes of the members

    @Test func `a member that the others exclude leaves office two heights later, and a pardon lets it stand again`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let events = try world.reconfigure { $0.seats = Self.seats($0, 2, isExcluded: true) }
        #expect(events.contains(.evicted(Self.id(2), from: .producer)))
        #expect(world.plane.due == CommitteeDue(configurationHeight: 5, consenters: [1, 3, 4, 5]))
        #expect(!world.plane.barring.mayHoldOffice(Self.id(2), in: 99))
        // Excluded is not proven guilty.
        #expect(world.plane.key(2)?.isBurned == false)
        #expect(world.plane.offences.isEmpty)
        try world.advance(to: 6)
        #expect(try world.reconfigure { $0.seats = Self.seats($0, 2, pardons: 1) }.contains(.readmitted(Self.id(2))))
        #expect(world.plane.barring.mayHoldOffice(Self.id(2), in: 0))
        #expect(world.plane.epoch.place(of: Self.id(2)) == nil)
        // One pardon lifts what came before it, once.
        #expect(try world.reconfigure { $0.strikeLimit = 2 }.isEmpty)
    }

    @Test func `a pardon lifts the bar of a proven liar, and its key stays burned`() throws {
        var world = try GovernanceWorld { $0.barring = .forGood }
        try world.advance(to: 3)
        try world.decide([.evidence(try world.doublePrevote(2))])
        try world.advance(to: 6)
        try world.reconfigure { $0.seats = Self.seats($0, 2, pardons: 1) }
        #expect(world.plane.barring.mayHoldOffice(Self.id(2), in: 0))
        #expect(world.plane.key(2)?.isBurned == true)
        try world.advance(to: 9)
        try world.decide([try world.opening(phase: 6)])
        try world.advance(to: world.height + 1)
        #expect(try world.refusal(world.registration(of: Self.id(2), key: world.key(2)).transaction) == .keyInUse(Self.id(2)))
        #expect(try world.refusal(world.registration(of: Self.id(2)).transaction) == nil)
    }

    @Test func `who is elected and excluded before the boundary does not come into office`() throws {
        var world = try GovernanceWorld(reserves: 2)
        try world.advance(to: 9)
        // Member 9 has no place yet.
        try world.elect([6, 7, 8, 9])
        try world.decide()
        #expect(world.plane.pending?.record.place(of: Self.id(9)) == .producer)
        #expect(world.plane.epoch.place(of: Self.id(9)) == nil)
        try world.reconfigure { $0.seats = Self.seats($0, 9, isExcluded: true) }
        #expect(world.plane.pending?.record.place(of: Self.id(9)) == nil)
        try world.advance(to: 62)
        #expect(world.plane.epoch.number == 1)
        #expect(world.plane.epoch.place(of: Self.id(9)) == nil)
        #expect(world.plane.epoch.producers.count == 4)
    }

    @Test func `whoever loses its seat in the pool loses its office and its election`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let events = try world.reconfigure { $0.seats.removeAll { $0.member == Self.id(2) } }
        #expect(events.contains(.evicted(Self.id(2), from: .producer)))
        #expect(try world.refusal(.resign(Resignation(member: Self.id(2), epoch: 0, consenter: 2, signature: [1]))) == .notAMember(Self.id(2)))
    }

    @Test func `block 0 puts nobody into office whom it excludes`() throws {
        #expect(throws: ControlPlaneError.genesis("Member2MSP is excluded and in office")) {
            try GovernanceWorld { $0.seats = Self.seats($0, 2, isExcluded: true) }
        }
    }

    @Test func `settings that cannot be used make the configuration's block invalid and change nothing`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let root = world.plane.root
        #expect(throws: ControlPlaneError.settings(.number("a phase"))) { try world.reconfigure { $0.phases.commit = 0 } }
        #expect(world.plane.root == root)
    }

    @Test func `the settings say how long proof of misbehaviour bars, at the time of the proof`() throws {
        for first in [BarringPolicy.forTheEpoch, .forGood] {
            var world = try GovernanceWorld { $0.barring = first }
            try world.advance(to: 4)
            try world.decide([.evidence(try world.doublePrevote(2, height: 1))])
            try world.advance(to: 7)
            try world.reconfigure { $0.barring = first == .forGood ? .forTheEpoch : .forGood }
            try world.decide([.evidence(try world.doublePrevote(3, height: 2))])
            #expect(world.plane.barring.mayHoldOffice(Self.id(2), in: 1) == (first == .forTheEpoch))
            #expect(world.plane.barring.mayHoldOffice(Self.id(3), in: 1) == (first == .forGood))
            #expect(!world.plane.barring.mayHoldOffice(Self.id(2), in: 0))
            #expect(!world.plane.barring.mayHoldOffice(Self.id(3), in: 0))
        }
    }

    @Test func `the paper bars for good and serves from block 51 on, the others bar for the epoch`() throws {
        let settings = try GovernanceWorld().plane.settings
        func preset(_ preset: ElectionSizes.Preset) -> GovernanceSettings { GovernanceSettings(preset, seats: settings.seats) }
        #expect(ElectionSizes.Preset.allCases.map { preset($0).barring } == [.forGood, .forTheEpoch, .forTheEpoch, .forTheEpoch])
        #expect(ElectionSizes.Preset.allCases.map { preset($0).serviceThreshold } == [51, 11, 0, 0])
        #expect(ElectionSizes.Preset.allCases.allSatisfy { preset($0).strikeLimit == 3 && preset($0).censorshipTurns == 50 })
    }

    // MARK: - Numbers of keys

    @Test func `a number is never given twice, also when its key is forgotten, and a key of old is never taken again`() throws {
        var world = try GovernanceWorld(reserves: 2) {
            $0.evidenceMaxAge = 12
            $0.epochBlocks = 20
        }
        try world.advance(to: 3)
        let old = try world.key(2)
        try world.decide([.evidence(try world.doublePrevote(2))])
        try world.advance(to: 9)
        try world.elect([1, 3, 4, 6])
        try world.advance(to: 70)
        // The first keys are gone, the numbers of the registered ones go on where those ended.
        #expect(world.plane.key(2) == nil)
        #expect(world.plane.nextKeyID > 7)
        #expect(world.plane.keys.keys.allSatisfy { $0 < world.plane.nextKeyID })
        #expect(Set(world.plane.keys.keys).isDisjoint(with: [1, 2, 3, 4, 5, 6]))
        let next = world.plane.nextKeyID
        try world.decide([try world.opening(phase: 6)])
        try world.advance(to: world.height + 1)
        #expect(try world.refusal(world.registration(of: Self.id(2), key: old).transaction) == .keyInUse(Self.id(2)))
        let events = try world.decide([try world.registration(of: Self.id(2)).transaction])
        #expect(events == [.candidateRegistered(Self.id(2), consenter: next)])
    }

    @Test func `a snapshot whose next number is not beyond all numbers is refused`() throws {
        var world = try GovernanceWorld(reserves: 0)
        try world.advance(to: 2)
        for next in [0, 1, 4] as [UInt32] {
            var plane = world.plane
            plane.nextKeyID = next
            #expect(throws: ControlPlaneError.self) { try ControlPlaneFormat.decode(ControlPlaneFormat.encode(plane), bundle: plane.bundle) }
        }
        #expect(try ControlPlaneFormat.decode(ControlPlaneFormat.encode(world.plane), bundle: world.plane.bundle).nextKeyID == 5)
    }

    // MARK: - Bounds

    @Test func `a liar cannot fill the state with proofs of its own lies`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 4)
        for round in 0..<Round(GovernanceLimits.factsPerKey) {
            let fact = Evidence.Identity(offender: 2, code: 1, height: 1, round: round, kind: 1)
            world.plane.facts[fact] = 4
        }
        #expect(try world.evidenceRefusal(world.doublePrevote(2, height: 2)) == .enough)
        #expect(try world.evidenceRefusal(world.doublePrevote(3, height: 2)) == nil)
        world.plane.facts[Evidence.Identity(offender: 2, code: 1, height: 1, round: 0, kind: 1)] = nil
        #expect(try world.evidenceRefusal(world.doublePrevote(2, height: 2)) == nil)
    }

    @Test func `a block holds so much evidence and no more`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 4)
        world.plane.evidenceInBlock = GovernanceLimits.evidencePerBlock
        #expect(try world.refusal(.evidence(world.doublePrevote(2))) == .tooMuchEvidence)
    }

    // MARK: - The service threshold and the replay window

    @Test func `below the threshold a block with anything but governance or configuration is invalid, and from it on all may stand`() throws {
        var world = try GovernanceWorld { $0.serviceThreshold = 4 }
        #expect(throws: ControlPlaneError.refused(index: 0, .warmingUp(height: 1, threshold: 4))) { try world.decide() }
        #expect(world.height == 0)
        func heartbeat() throws -> [UInt8] {
            let proposer = try world.proposer(world.height + 1)
            let key = try found(world.plane.key(proposer))
            let creator = try SigningIdentity(
                mspID: key.member, certificate: Certificate(pem: key.certificate), key: world.key(proposer))
            return try GovernanceEnvelope.make(
                .heartbeat(height: world.height + 1), channel: "records", creator: creator,
                nonce: world.random.bytes(count: 24), timestamp: Timestamp(seconds: 1_780_000_000)
            ).serialized()
        }
        try world.append(try world.makeBlock([try heartbeat()]))
        try world.reconfigure { $0.strikeLimit = 2 }
        try world.append(try world.makeBlock([try heartbeat()]))
        #expect(world.plane.isWarmingUp(world.height))
        try world.decide()
        #expect(world.height == 4)
        #expect(!world.plane.isWarmingUp(world.height))
    }

    @Test func `the members' settings decide over what an orderer's operator has chosen`() throws {
        var settings = try GovernanceWorld().plane.settings
        settings.serviceThreshold = 7
        settings.replayBlocks = 3
        settings.transactionMaxAgeMs = 5_000
        settings.heartbeatMs = 9
        let agreed = OrderingSettings(replayBlocks: 100, maxAgeMilliseconds: nil, serviceThreshold: 0).agreed(settings)
        #expect(agreed.serviceThreshold == 7)
        #expect(agreed.replayBlocks == 3)
        #expect(agreed.maxAgeMilliseconds == 5_000)
        #expect(agreed.heartbeatMilliseconds == 9)
    }
}
