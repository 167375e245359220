import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Governance transactions and ballots that somebody has tampered with, or sends again elsewhere, are refused with a reason.
@Suite struct GovernanceMutationTests {
    /// Every byte changed once; the first change that is taken, if any.
    private func taken(_ bytes: [UInt8], seed: UInt64, isRefused: ([UInt8]) throws -> Bool) rethrows -> Int? {
        var random = SeededGenerator(seed: seed)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= UInt8.random(in: 1...255, using: &random)
            if try !isRefused(changed) { return index }
        }
        return nil
    }

    private func rotation(_ world: inout GovernanceWorld, of member: MSPID, scalar: Int) throws -> GovernanceTransaction {
        let key = try SigningKey(rawScalar: ElectionKeys.scalar(scalar))
        return try GovernanceSigning.rotation(
            of: member, identity: found(world.network.identityKeys[member]), newKey: key,
            certificate: world.network.certificate(key, of: member, random: &world.random), endpoint: Endpoint(host: "new.example", port: 7051),
            chain: world.chain)
    }

    private func resignation(_ world: GovernanceWorld, of number: Int, epoch: UInt64 = 0) throws -> GovernanceTransaction {
        let member = GovernanceNetwork.id(number)
        return try GovernanceSigning.resignation(
            of: member, identity: found(world.network.identityKeys[member]), epoch: epoch,
            consenter: world.plane.standing(of: member)?.key ?? 0, chain: world.chain)
    }

    /// What may stand in the next block, signed by members and authorities.
    private func transactions(_ world: inout GovernanceWorld) throws -> [GovernanceTransaction] {
        [
            try self.rotation(&world, of: GovernanceNetwork.id(2), scalar: 4_321), try self.resignation(world, of: 3),
            try world.registration(of: GovernanceNetwork.id(5)).transaction,
        ]
    }

    @Test func `a rotation, resignation, registration or opening with any byte changed is refused`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        let opening = try world.opening(phase: 6)
        func isRefused(_ bytes: [UInt8]) throws -> Bool {
            guard let read = try? GovernanceTransactionFormat.decode(bytes) else { return true }
            return try world.refusal(read).map { !$0.description.isEmpty } ?? false
        }
        #expect(try world.refusal(opening) == nil)
        #expect(try self.taken(GovernanceTransactionFormat.encode(opening), seed: 81, isRefused: isRefused) == nil)
        try world.decide([opening])
        try world.advance(to: world.height + 1)
        for transaction in try self.transactions(&world) {
            #expect(try world.refusal(transaction) == nil, "\(transaction.name)")
            let bytes = GovernanceTransactionFormat.encode(transaction)
            #expect(try self.taken(bytes, seed: 82, isRefused: isRefused) == nil, "\(transaction.name), seed 82")
        }
    }

    @Test func `what members have signed for another chain is refused here`() throws {
        var world = try GovernanceWorld()
        var elsewhere = try GovernanceWorld { $0.bylaws = [UInt8](repeating: 5, count: 32) }
        for number in 0..<2 {
            let opening = try (number == 0 ? world : elsewhere).opening(from: 11, phase: 6)
            if number == 0 {
                try world.advance(to: 9)
                try world.decide([opening])
                try world.advance(to: 11)
            } else {
                try elsewhere.advance(to: 9)
                #expect(try world.refusal(opening) == .electionRunning)
                try elsewhere.decide([opening])
                try elsewhere.advance(to: 11)
            }
        }
        let refusals = try self.transactions(&elsewhere).map { try world.refusal($0) }
        #expect(refusals == [.wrongSignature(of: "Member2MSP"), .wrongSignature(of: "Member3MSP"), .election(.otherElection)])
        #expect(try self.transactions(&world).allSatisfy { try world.refusal($0) == nil })
    }

    @Test func `a resignation is heard once, also when its author comes back in the same epoch`() throws {
        var world = try GovernanceWorld(reserves: 2) { $0.epochBlocks = 16 }
        try world.advance(to: 3)
        let said = try self.resignation(world, of: 2)
        try world.decide([said])
        try world.advance(to: 16)
        let member = GovernanceNetwork.id(2)
        #expect(world.plane.epoch.place(of: member) == nil)
        #expect(world.plane.epoch.number == 0)
        try world.hold(seats: 1, candidates: [member], ballots: [GovernanceNetwork.id(1): [member]])
        try world.decide()
        #expect(world.plane.epoch.place(of: member) != nil)
        let now = try found(world.plane.standing(of: member)).key
        #expect(now > 6)
        #expect(try world.refusal(said) == .otherKey(named: 2, now: now))
        #expect(try world.refusal(self.resignation(world, of: 2)) == nil)
    }

    @Test func `one new key between two boundaries, so that nobody fills the list of used keys`() throws {
        var world = try GovernanceWorld { $0.epochBlocks = 16 }
        try world.advance(to: 3)
        let member = GovernanceNetwork.id(2)
        try world.decide([try self.rotation(&world, of: member, scalar: 4_001)])
        let second = try self.rotation(&world, of: member, scalar: 4_002)
        #expect(try world.refusal(second) == .alreadyRotated(member))
        try world.advance(to: 16)
        #expect(try world.refusal(second) == nil)
    }

    // MARK: - Ballots

    /// A ballot or statement with the election as it was before it counted.
    private struct Act {
        let action: ElectionAction
        let before: Election
        let height: BlockNumber
    }

    private func acts() throws -> [Act] {
        let (a, b) = (ElectionWorld.id(1), ElectionWorld.id(2))
        var world = try ElectionWorld()
        try world.run([a: [b], b: [a, b]])
        var acts: [Act] = []
        var election = Election(world.parameters)
        for entry in world.record.entries {
            if entry.action.phase == .tally { try election.close(at: 50, closing: world.record.closing) }
            if acts.last?.action.phase != entry.action.phase { acts.append(Act(action: entry.action, before: election, height: entry.height)) }
            try election.apply(entry.action, at: entry.height)
        }
        return acts
    }

    @Test func `a registration, number, closed or open ballot or statement with any byte changed is refused`() throws {
        let acts = try self.acts()
        #expect(acts.map(\.action.phase) == [.registration, .issue, .commit, .reveal, .tally])
        for act in acts {
            let bytes = ElectionActionFormat.encode(act.action)
            let index = self.taken(bytes, seed: 83) { changed in
                guard let read = try? ElectionActionFormat.decode(changed) else { return true }
                var election = act.before
                do throws(ElectionRefusal) {
                    try election.apply(read, at: act.height)
                    return false
                } catch {
                    return !error.description.isEmpty
                }
            }
            #expect(index == nil, "\(act.action.phase), seed 83")
        }
    }

    @Test func `a ballot by stake with any byte changed is refused`() throws {
        var world = try GovernanceWorld { settings in
            settings.weightMode = .stake
            settings.seats = settings.seats.enumerated().map {
                PoolSeat(member: $1.member, identityKey: $1.identityKey, stake: UInt64($0 + 1) * 100)
            }
        }
        try world.advance(to: 9)
        let heights = (0..<5).map { BlockNumber(11 + UInt64($0) * 2) }
        let opening = try GovernanceSigning.opening(
            epoch: 1, seats: nil,
            schedule: ElectionSchedule(registration: heights[0], issue: heights[1], commit: heights[2], reveal: heights[3], tally: heights[4]),
            blindKeys: [], authorities: [try ElectionKeys.statements[0].get()], chain: world.chain)
        try world.decide([opening])
        let (member, voter) = (GovernanceNetwork.id(5), GovernanceNetwork.id(6))
        try world.register([member])
        try world.advance(to: 14)
        let ballot = try Voter.openBallot(
            member: voter, identity: found(world.network.identityKeys[voter]), choices: [member], election: found(world.election).parameters.id)
        #expect(try world.refusal(.election(ballot)) == nil)
        let index = try self.taken(GovernanceTransactionFormat.encode(.election(ballot)), seed: 84) { changed in
            guard let read = try? GovernanceTransactionFormat.decode(changed) else { return true }
            return try world.refusal(read) != nil
        }
        #expect(index == nil, "seed 84")
    }

    @Test func `on the chain a ballot too many voids the election, and the next one may be opened`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        let members = GovernanceNetwork.members
        try world.decide([try world.opening()])
        let parameters = try found(world.election).parameters
        try world.register([members[4]])
        try world.advance(to: 14)
        // The authority signs two numbers that no member asked for, and nobody is on the public list.
        var random = SeededRandomSource(exactSeed: 4)
        let key = try found(ElectionKeys.blind.first).get()
        let (request, pending) = try Voter.request(
            member: members[0], identity: found(world.network.identityKeys[members[0]]), parameters: parameters, authorities: nil, random: &random)
        let number = try Voter.number(pending, answers: [try key.sign(blinded: found(request.parts.first).blinded)], parameters: parameters)
        let (action, _) = try Voter.commit(number, choices: [members[4]], election: parameters.id, random: &random)
        let events = try world.decide([.election(action)])
        #expect(events.contains { if case .electionVoid = $0 { true } else { false } })
        #expect(world.plane.election?.isRunning == false)
        #expect(try world.refusal(world.opening()) == nil)
        let restored = try ControlPlaneFormat.decode(ControlPlaneFormat.encode(world.plane), bundle: world.plane.bundle)
        #expect(restored.root == world.plane.root)
        #expect(restored.election?.isRunning == false)
    }
}
