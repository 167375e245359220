import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Elections by stake: open ballots, signed by the member, counted by what it holds (consensus 2.2).
@Suite struct ElectionStakeTests {
    private let a = ElectionWorld.id(1)
    private let b = ElectionWorld.id(2)
    private let c = ElectionWorld.id(3)

    private func parameters(_ stakes: [UInt64], mode: WeightMode = .stake, authorities: [AuthorityKeys] = []) throws -> ElectionParameters {
        try ElectionParameters(
            chain: ElectionWorld.chain, epoch: 1, weightMode: mode, sizes: ElectionSizes.Preset.dev.sizes, schedule: ElectionWorld.schedule,
            authorities: authorities, tabulator: ElectionKeys.tabulator.get().publicKey.x963,
            members: try stakes.enumerated().map { index, stake in
                PoolMember(
                    id: ElectionWorld.id(index + 1), identityKey: try SigningKey(rawScalar: ElectionKeys.scalar(index + 1)).publicKey.x963,
                    stake: stake)
            })
    }

    private func identity(_ member: MSPID) throws -> SigningKey {
        try SigningKey(rawScalar: ElectionKeys.scalar(try #require((1...9).first { ElectionWorld.id($0) == member })))
    }

    private func opened(_ parameters: ElectionParameters) throws -> Election {
        var election = Election(parameters)
        for (index, member) in parameters.members.enumerated() {
            let key = try SigningKey(rawScalar: ElectionKeys.scalar(5_000 + index))
            let action = try Candidacy.register(
                member: member.id, identity: try self.identity(member.id), consensusKey: key, endpoint: "x:1", election: parameters.id)
            try election.apply(action, at: 10)
        }
        return election
    }

    private func ballot(_ member: MSPID, _ choices: [MSPID], in parameters: ElectionParameters, by signer: MSPID? = nil) throws -> ElectionAction {
        try Voter.openBallot(member: member, identity: try self.identity(signer ?? member), choices: choices, election: parameters.id)
    }

    @Test func `approvals are counted by stake, and ballots are in the tally at once`() throws {
        let parameters = try self.parameters([10, 1, 4_000_000_000, 7, 1, 1])
        var election = try self.opened(parameters)
        try election.apply(try self.ballot(self.a, [self.a, self.b], in: parameters), at: 30)
        try election.apply(try self.ballot(self.c, [self.b], in: parameters), at: 31)
        try election.apply(try self.ballot(self.b, [], in: parameters), at: 39)
        #expect(election.ballotCount == 3 && election.revealedCount == 3)
        #expect(election.hasVotedOpenly(self.a) && !election.hasVotedOpenly(ElectionWorld.id(4)))
        let tally = try election.close(at: 50, closing: ElectionWorld.chain)
        #expect((tally.issued, tally.committed, tally.revealed) == (6, 3, 3))
        #expect(tally.ranking.prefix(2).map(\.member) == [self.b, self.a])
        #expect(tally.ranking.prefix(3).map(\.approvals) == [4_000_000_010, 10, 0])
        #expect(tally.seed == SHA256.hash(ElectionWorld.chain))
        #expect(try ElectionTallyFormat.decode(ElectionTallyFormat.encode(tally)) == tally)
    }

    @Test func `an open ballot is the member's own, one, in its phase, and of candidates`() throws {
        let parameters = try self.parameters([1, 1, 1, 1, 1])
        var election = try self.opened(parameters)
        let good = try self.ballot(self.a, [self.b], in: parameters)
        #expect(throws: ElectionRefusal.wrongPhase(needed: .commit, now: .issue)) { try election.apply(good, at: 29) }
        #expect(throws: ElectionRefusal.wrongPhase(needed: .commit, now: .reveal)) {
            var late = election
            try late.apply(good, at: 40)
        }
        let impostor = try self.ballot(self.a, [self.b], in: parameters, by: self.b)
        #expect(throws: ElectionRefusal.wrongSignature(of: "member-001")) { try election.apply(impostor, at: 30) }
        let stranger = try self.ballot("stranger", [], in: parameters, by: self.a)
        #expect(throws: ElectionRefusal.notAMember("stranger")) { try election.apply(stranger, at: 30) }
        let cases: [([MSPID], ElectionRefusal)] = [
            ((1...5).map { ElectionWorld.id($0) }, .tooManyChoices(found: 5, most: 4)), ([self.b, self.b], .choicesOutOfOrder),
            (["stranger"], .notACandidate("stranger")),
        ]
        for (choices, refusal) in cases {
            #expect(throws: refusal) { try election.apply(try self.ballot(self.a, choices, in: parameters), at: 30) }
        }
        try election.apply(good, at: 30)
        #expect(throws: ElectionRefusal.hasVoted(self.a)) { try election.apply(try self.ballot(self.a, [self.c], in: parameters), at: 30) }
        let other = try self.parameters([2, 1, 1, 1, 1])
        #expect(throws: ElectionRefusal.otherElection) { try election.apply(try self.ballot(self.b, [], in: other), at: 30) }
        #expect(election.ballotCount == 1)
    }

    @Test func `closed ballots do not exist by stake, and open ones do not where ballots are secret`() throws {
        var world = try ElectionWorld()
        try world.run([self.a: [self.b]])
        let parameters = try self.parameters([1, 1])
        var election = try self.opened(parameters)
        for entry in world.record.entries {
            let moved = ElectionAction(election: parameters.id, step: entry.action.step)
            guard moved.weightMode == .members else { continue }
            #expect(throws: ElectionRefusal.wrongMode(.stake)) { try election.apply(moved, at: entry.height) }
        }
        var secret = try ElectionWorld()
        try secret.register()
        let open = try Voter.openBallot(member: self.a, identity: secret.identity(of: self.a), choices: [], election: secret.parameters.id)
        #expect(throws: ElectionRefusal.wrongMode(.members)) { try secret.apply(open, at: 30) }
    }

    @Test func `stakes that cannot be counted and authorities without work are refused when the election opens`() throws {
        #expect(throws: ElectionParameterError.stake(of: self.b)) { try self.parameters([1, 0]) }
        #expect(throws: ElectionParameterError.stake(of: self.b)) { try self.parameters([.max, 1]) }
        _ = try self.parameters([.max - 1, 1])
        let world = try ElectionWorld()
        #expect(throws: ElectionParameterError.authoritiesOfOpenBallots) {
            try self.parameters([1, 1], authorities: world.parameters.authorities)
        }
        #expect(throws: ElectionParameterError.stake(of: self.a)) {
            try self.parameters([2, 1], mode: .members, authorities: world.parameters.authorities)
        }
        let parameters = try self.parameters([3, 5])
        #expect(parameters.threshold == 0)
        let bytes = ElectionParametersFormat.encode(parameters)
        #expect(try ElectionParametersFormat.decode(bytes) == parameters)
        // The byte of the mode stands behind tag, chain, epoch and seats.
        for mode in [0, 2, 255] as [UInt8] {
            var changed = bytes
            changed[13 + 32 + 8 + 2] = mode
            #expect(throws: ElectionParameterError.self) { try ElectionParametersFormat.decode(changed) }
        }
    }

    @Test func `a recount of an election by stake notices a changed ballot`() throws {
        let parameters = try self.parameters([10, 1, 4])
        var election = try self.opened(parameters)
        var record = ElectionRecord(parameters: parameters)
        for member in parameters.members {
            let registration = try #require(election.registration(of: member.id))
            record.append(ElectionAction(election: parameters.id, step: .register(registration)), at: 10)
        }
        for (member, choices) in [(self.a, [self.a]), (self.b, [self.b]), (self.c, [self.b])] {
            let action = try self.ballot(member, choices, in: parameters)
            try election.apply(action, at: 30)
            record.append(action, at: 30)
        }
        let tally = try election.close(at: 50, closing: record.closing)
        let facility = try TabulatingFacility(key: ElectionKeys.tabulator.get(), parameters: parameters)
        record.append(try facility.statement(on: tally), at: 50)
        #expect(try Recount.check(record, published: tally) == tally)
        let changed = record.entries.map { entry -> ElectionRecord.Entry in
            guard case .openVote(let step) = entry.action.step, step.member == self.c else { return entry }
            let other = OpenBallot(member: step.member, choices: [self.a], signature: step.signature)
            return ElectionRecord.Entry(height: entry.height, action: ElectionAction(election: parameters.id, step: .openVote(other)))
        }
        #expect(throws: RecountDifference.entry(index: 5, reason: .wrongSignature(of: "member-003"))) {
            try Recount.check(ElectionRecord(parameters: parameters, entries: changed), published: tally)
        }
    }
}
