import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ElectionPhaseTests {
    private let a = ElectionWorld.id(1)
    private let b = ElectionWorld.id(2)

    @Test func `every action is refused in every phase but its own`() throws {
        var world = try ElectionWorld()
        let tally = try world.run([self.a: [self.b]])
        let actions = world.record.entries.map(\.action)
        #expect(Set(actions.map(\.phase)) == [.registration, .issue, .commit, .reveal, .tally])
        let heights: [(BlockNumber, ElectionPhase)] = [
            (0, .notOpen), (9, .notOpen), (10, .registration), (19, .registration), (20, .issue), (29, .issue), (30, .commit), (39, .commit),
            (40, .reveal), (49, .reveal), (50, .tally), (BlockNumber(.max), .tally),
        ]
        for (height, phase) in heights {
            for action in actions where action.phase != phase {
                var fresh = Election(world.parameters)
                #expect(throws: ElectionRefusal.wrongPhase(needed: action.phase, now: phase)) { try fresh.apply(action, at: height) }
            }
            var fresh = Election(world.parameters)
            if phase != .tally {
                #expect(throws: ElectionRefusal.wrongPhase(needed: .tally, now: phase)) {
                    try fresh.close(at: height, closing: ElectionWorld.chain)
                }
            }
        }
        #expect(tally.committed == 1)
    }

    @Test func `heights never go back, an election is counted once, and a statement needs a count`() throws {
        var world = try ElectionWorld()
        try world.register([self.a])
        try world.apply(try world.registration(of: self.b), at: 15)
        let third = try world.registration(of: ElectionWorld.id(3))
        #expect(throws: ElectionRefusal.heightGoesBack(from: 15, to: 14)) { try world.apply(third, at: 14) }
        let tally = try Election(world.parameters).closed(at: 50)
        let statement = try world.facility.statement(on: tally)
        #expect(throws: ElectionRefusal.notTallied) { try world.apply(statement, at: 50) }
        #expect(throws: ElectionRefusal.malformed("the id of the closing block")) { try world.election.close(at: 50, closing: []) }
        try world.election.close(at: 50, closing: ElectionWorld.chain)
        #expect(throws: ElectionRefusal.alreadyTallied) { try world.election.close(at: 51, closing: ElectionWorld.chain) }
        #expect(throws: ElectionRefusal.heightGoesBack(from: 50, to: 49)) { try world.election.close(at: 49, closing: ElectionWorld.chain) }
        try world.apply(statement, at: 51)
        #expect(throws: ElectionRefusal.alreadyStated) { try world.apply(statement, at: 52) }
        let forged = ElectionAction(
            election: world.parameters.id,
            step: .state(TallyStatement(issued: 0, committed: 0, revealed: 0, tallyHash: tally.hash, signature: [1, 2, 3])))
        var other = Election(world.parameters)
        try other.close(at: 50, closing: ElectionWorld.chain)
        #expect(throws: ElectionRefusal.wrongSignature(of: "the tabulating facility")) { try other.apply(forged, at: 50) }
    }

    @Test func `a candidate is of the pool, not barred, once there, and holds a fresh key`() throws {
        let used = try SigningKey(rawScalar: ElectionKeys.scalar(5_004))
        var world = try ElectionWorld(barred: [4], usedKeys: [SHA256.hash(used.publicKey.x963)])
        try world.register([self.a])
        #expect(throws: ElectionRefusal.alreadyRegistered(self.a)) { try world.register([self.a]) }
        #expect(throws: ElectionRefusal.mayNotStand(ElectionWorld.id(4))) { try world.register([ElectionWorld.id(4)]) }
        // The fifth member's key is on the list of used ones.
        #expect(throws: ElectionRefusal.keyInUse(ElectionWorld.id(5))) { try world.register([ElectionWorld.id(5)]) }
        func register(_ member: MSPID, identity: SigningKey, key: SigningKey, endpoint: String = "x:1") throws -> ElectionAction {
            try Candidacy.register(member: member, identity: identity, consensusKey: key, endpoint: endpoint, election: world.parameters.id)
        }
        let stranger = try register("stranger", identity: used, key: try SigningKey(rawScalar: ElectionKeys.scalar(9)))
        #expect(throws: ElectionRefusal.notAMember("stranger")) { try world.apply(stranger, at: 10) }
        let identity = try world.identity(of: self.b)
        let taken = try register(self.b, identity: identity, key: try world.consensusKey(of: self.a))
        #expect(throws: ElectionRefusal.keyInUse(self.b)) { try world.apply(taken, at: 10) }
        let identityAsKey = try register(self.b, identity: identity, key: identity)
        #expect(throws: ElectionRefusal.keyInUse(self.b)) { try world.apply(identityAsKey, at: 10) }
        let wrongIdentity = try register(self.b, identity: used, key: try world.consensusKey(of: self.b))
        #expect(throws: ElectionRefusal.wrongSignature(of: "member-002")) { try world.apply(wrongIdentity, at: 10) }
        for endpoint in ["", "a\nb", String(repeating: "x", count: 256)] {
            let bad = try register(self.b, identity: identity, key: try world.consensusKey(of: self.b), endpoint: endpoint)
            #expect(throws: ElectionRefusal.malformed("the endpoint")) { try world.apply(bad, at: 10) }
        }
        #expect(world.election.candidates == [self.a])
    }

    @Test func `without proof of possession nobody registers another's key`() throws {
        var world = try ElectionWorld()
        guard case .register(let step) = try world.registration(of: self.b).step else { return }
        let identity = try world.identity(of: self.a)
        // The first member claims the second's key and signs with its own identity; the second's proof is over other bytes.
        func claim(_ signature: [UInt8]) -> ElectionAction {
            ElectionAction(
                election: world.parameters.id,
                step: .register(
                    Registration(
                        member: self.a, consensusKey: step.consensusKey, endpoint: step.endpoint, memberSignature: signature,
                        possession: step.possession)))
        }
        let signature = try identity.sign(ElectionActionFormat.signed(claim([]), by: .registrant))
        #expect(throws: ElectionRefusal.wrongSignature(of: "the consensus key of member-001")) { try world.apply(claim(signature), at: 10) }
        // A signature of the key under another tag is no proof either.
        let key = try world.consensusKey(of: self.a)
        let own = try Candidacy.register(member: self.a, identity: identity, consensusKey: key, endpoint: "x:1", election: world.parameters.id)
        guard case .register(let good) = own.step else { return }
        let mixed = ElectionAction(
            election: world.parameters.id,
            step: .register(
                Registration(
                    member: self.a, consensusKey: good.consensusKey, endpoint: good.endpoint, memberSignature: good.memberSignature,
                    possession: try key.sign(ElectionActionFormat.signed(own, by: .registrant)))))
        #expect(throws: ElectionRefusal.wrongSignature(of: "the consensus key of member-001")) { try world.apply(mixed, at: 10) }
        try world.apply(own, at: 10)
    }

    @Test func `a number needs the member's request and the signatures of enough authorities`() throws {
        var world = try ElectionWorld(authorities: 3, threshold: 2)
        try world.register()
        let id = world.parameters.id
        func issue(_ step: NumberIssue) -> ElectionAction { ElectionAction(election: id, step: .issue(step)) }
        let (request, _) = try Voter.request(
            member: self.a, identity: world.identity(of: self.a), parameters: world.parameters, random: &world.random)
        let answers = try world.answers(to: request)
        let good = request.issue(signatures: answers.map(\.signature))
        let foreign = try Voter.request(
            member: "stranger", identity: world.identity(of: self.a), parameters: world.parameters, random: &world.random)
        #expect(throws: ElectionAgencyError.refused(.notAMember("stranger"))) { try world.answers(to: foreign.request) }
        let impostor = try Voter.request(
            member: self.b, identity: world.identity(of: self.a), parameters: world.parameters, random: &world.random)
        #expect(throws: ElectionAgencyError.refused(.wrongSignature(of: "member-002"))) { try world.answers(to: impostor.request) }
        #expect(throws: ElectionAgencyError.refused(.wrongPhase(needed: .issue, now: .commit))) { try world.answers(to: request, at: 30) }
        let cases: [(ElectionRefusal, NumberIssue)] = [
            (.tooFewAuthorities(found: 0, needed: 2), request.issue(signatures: [])),
            (.tooFewAuthorities(found: 1, needed: 2), request.issue(signatures: [answers[0].signature])),
            (.wrongSignature(of: "CLA 1"), request.issue(signatures: [answers[1].signature, answers[0].signature])),
            (
                .wrongSignature(of: "member-001"),
                NumberIssue(
                    member: self.a, parts: [good.parts[0], NumberIssue.Part(authority: 2, blindedHash: good.parts[1].blindedHash)],
                    memberSignature: good.memberSignature, authoritySignatures: good.authoritySignatures)
            ),
            (
                .unknownAuthority(3),
                NumberIssue(
                    member: self.a, parts: good.parts + [NumberIssue.Part(authority: 3, blindedHash: good.parts[0].blindedHash)],
                    memberSignature: good.memberSignature, authoritySignatures: good.authoritySignatures)
            ),
            (
                .tooFewAuthorities(found: 1, needed: 2),
                NumberIssue(
                    member: self.a, parts: [good.parts[0]], memberSignature: good.memberSignature,
                    authoritySignatures: [good.authoritySignatures[0]])
            ),
            (
                .malformed("the hash of a blinded message"),
                NumberIssue(
                    member: self.a, parts: good.parts.map { NumberIssue.Part(authority: $0.authority, blindedHash: []) },
                    memberSignature: good.memberSignature, authoritySignatures: good.authoritySignatures)
            ),
        ]
        for (refusal, step) in cases { #expect(throws: refusal) { try world.apply(issue(step), at: 20) } }
        try world.apply(issue(good), at: 20)
        #expect(world.election.numbered == [self.a])
        // An authority that answers with something else is noticed by the voter.
        let (_, pending) = try Voter.request(
            member: self.b, identity: world.identity(of: self.b), parameters: world.parameters, random: &world.random)
        #expect(throws: CryptoError.authenticationFailed) {
            try Voter.number(pending, answers: answers.map(\.blindSignature), parameters: world.parameters)
        }
        #expect(throws: CryptoError.self) { try Voter.number(pending, answers: [], parameters: world.parameters) }
    }

    @Test func `a ballot approves at most so many candidates, each once, and only those who stand`() throws {
        var world = try ElectionWorld()
        let standing = world.members.dropLast()
        try world.register(Array(standing))
        try world.issue(self.a)
        try world.issue(self.b)
        try world.issue(ElectionWorld.id(3))
        try world.issue(ElectionWorld.id(4))
        try world.vote(self.a, for: Array(standing))
        try world.vote(self.b, for: [ElectionWorld.id(6)])
        try world.vote(ElectionWorld.id(3), for: [self.a, self.a])
        try world.vote(ElectionWorld.id(4), for: [])
        #expect(throws: ElectionRefusal.tooManyChoices(found: 5, most: 4)) { try world.reveal(self.a) }
        #expect(throws: ElectionRefusal.notACandidate(ElectionWorld.id(6))) { try world.reveal(self.b) }
        #expect(throws: ElectionRefusal.choicesOutOfOrder) { try world.reveal(ElectionWorld.id(3)) }
        try world.reveal(ElectionWorld.id(4))
        let nobody = try ElectionWorld(epoch: 1)
        #expect(nobody.parameters.id == world.parameters.id)
        let strangerKey = try Voter.key(random: &world.random)
        let unknown = try Voter.reveal(
            ValidationNumber(ballotKey: strangerKey, prefix: [], marks: []), BallotSecret(choices: [], salt: ElectionWorld.chain),
            election: world.parameters.id)
        #expect(throws: ElectionRefusal.noSuchBallot) { try world.apply(unknown, at: 40) }
        let tally = try world.finish()
        // A blank ballot is a vote that approves nobody.
        #expect((tally.issued, tally.committed, tally.revealed) == (4, 4, 1))
        #expect(tally.ranking.allSatisfy { $0.approvals == 0 } && tally.ranking.count == 5)
    }

    @Test func `an opened ballot is signed by its key`() throws {
        var world = try ElectionWorld()
        try world.register()
        try world.issue(self.a)
        try world.vote(self.a, for: [self.b])
        let opened = try Voter.reveal(world.number(of: self.a), world.secret(of: self.a), election: world.parameters.id)
        guard case .reveal(let step) = opened.step else { return }
        let bare = BallotReveal(ballotKey: step.ballotKey, choices: step.choices, salt: step.salt, signature: [])
        #expect(throws: ElectionRefusal.wrongSignature(of: "the ballot key")) {
            try world.apply(ElectionAction(election: world.parameters.id, step: .reveal(bare)), at: 40)
        }
        let short = BallotReveal(ballotKey: step.ballotKey, choices: step.choices, salt: [1], signature: step.signature)
        #expect(throws: ElectionRefusal.malformed("the salt")) {
            try world.apply(ElectionAction(election: world.parameters.id, step: .reveal(short)), at: 40)
        }
        try world.apply(opened, at: 40)
    }

    @Test func `agencies refuse to work with keys of another election`() throws {
        let world = try ElectionWorld(authorities: 2)
        let blind = try ElectionKeys.blind[1].get()
        let statement = try ElectionKeys.statements[0].get()
        #expect(throws: ElectionAgencyError.otherKeys("CLA 1")) {
            try LegitimationAuthority(index: 0, blindKey: blind, statementKey: statement, parameters: world.parameters)
        }
        #expect(throws: ElectionAgencyError.refused(.unknownAuthority(2))) {
            try LegitimationAuthority(index: 2, blindKey: blind, statementKey: statement, parameters: world.parameters)
        }
        #expect(throws: ElectionAgencyError.otherKeys("the tabulating facility")) {
            try TabulatingFacility(key: statement, parameters: world.parameters)
        }
    }

    @Test func `secrets of voters show nothing`() throws {
        var world = try ElectionWorld()
        try world.register()
        try world.issue(self.a)
        try world.vote(self.a, for: [self.b])
        let number = try world.number(of: self.a)
        let secret = try world.secret(of: self.a)
        let text = "\(number) \(String(reflecting: number)) \(secret) \(String(reflecting: secret))"
        #expect(!text.contains("member-002") && !text.contains("\(secret.salt)"))
    }
}

extension Election {
    fileprivate func closed(at height: BlockNumber) throws -> ElectionTally {
        var copy = self
        return try copy.close(at: height, closing: ElectionWorld.chain)
    }
}
