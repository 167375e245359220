import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// The table of attacks of the design (consensus 2.3), a test for each row.
@Suite struct ElectionAttackTests {
    private let a = ElectionWorld.id(1)
    private let b = ElectionWorld.id(2)
    private let c = ElectionWorld.id(3)

    /// Registered, with numbers for the members named.
    private func world(numbers: [MSPID], authorities: Int = 1, threshold: Int = 1) throws -> ElectionWorld {
        var world = try ElectionWorld(authorities: authorities, threshold: threshold)
        try world.register()
        for member in numbers { try world.issue(member) }
        return world
    }

    /// Nothing of the state changes by an action that is refused.
    private func expect(_ refusal: ElectionRefusal, of action: ElectionAction, at height: BlockNumber, in world: ElectionWorld) {
        var election = world.election
        #expect(throws: refusal) { try election.apply(action, at: height) }
        #expect(election.ballotCount == world.election.ballotCount && election.revealedCount == world.election.revealedCount)
        #expect(election.numbered == world.election.numbered && election.candidates == world.election.candidates)
        #expect(election.height == world.election.height && election.void == world.election.void)
    }

    @Test func `row 1, double vote with one number: the second ballot is refused, and so is another opening`() throws {
        var world = try self.world(numbers: [self.a, self.b])
        try world.vote(self.a, for: [self.b])
        let (second, secondSecret) = try Voter.commit(
            world.number(of: self.a), choices: [self.c], election: world.parameters.id, random: &world.random)
        self.expect(.numberUsed, of: second, at: 31, in: world)
        let other = try Voter.reveal(world.number(of: self.a), secondSecret, election: world.parameters.id)
        self.expect(.otherBallot, of: other, at: 40, in: world)
        try world.reveal(self.a)
        self.expect(.alreadyRevealed, of: other, at: 41, in: world)
        #expect(try world.finish().committed == 1)
    }

    @Test func `row 2, forged number: a signature that the authority did not make is refused`() throws {
        var world = try self.world(numbers: [self.a, self.b])
        let genuine = try world.number(of: self.a)
        let mark = try #require(genuine.marks.first)
        let stranger = try BlindSigningKey.generate(bits: 2048)
        let message =
            genuine.prefix
            + ElectionActionFormat.numberMessage(
                chain: world.parameters.chain, election: world.parameters.id, ballotKey: genuine.ballotKey.publicKey.x963)
        let blinded = try stranger.verificationKey.blind(message, random: &world.random)
        let foreign = try stranger.verificationKey.finalize(
            prepared: message, blindSignature: try stranger.sign(blinded: blinded.message), secret: blinded.secret)
        var changed = mark.signature
        changed[100] ^= 1
        let forgeries: [(SigningKey, [UInt8], [UInt8])] = [
            (genuine.ballotKey, genuine.prefix, changed),
            (genuine.ballotKey, genuine.prefix, foreign),
            (genuine.ballotKey, genuine.prefix, []),
            (genuine.ballotKey, [UInt8](repeating: 9, count: 32), mark.signature),
            (try Voter.key(random: &world.random), genuine.prefix, mark.signature),
        ]
        for (key, prefix, signature) in forgeries {
            let number = ValidationNumber(
                ballotKey: key, prefix: prefix, marks: [BallotCommit.Mark(authority: 0, signature: signature)])
            let (ballot, _) = try Voter.commit(number, choices: [self.b], election: world.parameters.id, random: &world.random)
            self.expect(.unknownNumber(authority: 0), of: ballot, at: 30, in: world)
        }
        // Somebody else's ballot under a genuine number: the ballot key's signature is missing.
        let (ballot, _) = try Voter.commit(genuine, choices: [self.b], election: world.parameters.id, random: &world.random)
        guard case .commit(let step) = ballot.step else { return }
        let stolen = BallotCommit(
            ballotKey: step.ballotKey, prefix: step.prefix, marks: step.marks, commitment: [UInt8](repeating: 1, count: 32),
            signature: step.signature)
        self.expect(
            .wrongSignature(of: "the ballot key"), of: ElectionAction(election: world.parameters.id, step: .commit(stolen)), at: 30, in: world)
    }

    @Test func `row 3, number from another election or chain: both are inside of what was signed`() throws {
        let world = try self.world(numbers: [self.a, self.b])
        for (chain, epoch) in [(ElectionWorld.chain, 2), ([UInt8](repeating: 0xC2, count: 32), 1)] as [([UInt8], UInt64)] {
            // The same authorities' keys: even then a number is good for one election.
            var other = try ElectionWorld(chain: chain, epoch: epoch)
            try other.register()
            try other.issue(self.a)
            let (own, _) = try Voter.commit(
                other.number(of: self.a), choices: [self.b], election: other.parameters.id, random: &other.random)
            self.expect(.otherElection, of: own, at: 30, in: world)
            let (moved, _) = try Voter.commit(
                other.number(of: self.a), choices: [self.b], election: world.parameters.id, random: &other.random)
            self.expect(.unknownNumber(authority: 0), of: moved, at: 30, in: world)
        }
    }

    @Test func `row 4, a voter asks for two numbers: neither the authority nor the public list takes the second`() throws {
        var world = try self.world(numbers: [self.a])
        let again = try Voter.request(
            member: self.a, identity: world.identity(of: self.a), parameters: world.parameters, random: &world.random)
        #expect(throws: ElectionAgencyError.refused(.alreadyIssued(self.a))) { try world.answers(to: again.request) }
        // The authority remembers whom it has answered, even before the list says so.
        let first = try Voter.request(
            member: self.b, identity: world.identity(of: self.b), parameters: world.parameters, random: &world.random)
        let answers = try world.answers(to: first.request)
        let second = try Voter.request(
            member: self.b, identity: world.identity(of: self.b), parameters: world.parameters, random: &world.random)
        #expect(throws: ElectionAgencyError.refused(.alreadyIssued(self.b))) { try world.answers(to: second.request) }
        #expect(try world.answers(to: first.request).map(\.blindSignature) == answers.map(\.blindSignature))
        let issue = ElectionAction(election: world.parameters.id, step: .issue(first.request.issue(signatures: answers.map(\.signature))))
        try world.apply(issue, at: 21)
        self.expect(.alreadyIssued(self.b), of: issue, at: 21, in: world)
    }

    @Test func `row 5, the authority makes numbers for itself: one ballot more than numbers voids the election`() throws {
        var world = try self.world(numbers: [self.a, self.b])
        let smuggled = try self.smuggled(1, in: &world)
        try world.vote(self.a, for: [self.c])
        // Within the slack of abstainers a single authority can stuff; the counts stay in bounds.
        try world.apply(smuggled[0], at: 31)
        #expect(world.election.void == nil)
        let (last, _) = try Voter.commit(world.number(of: self.b), choices: [self.c], election: world.parameters.id, random: &world.random)
        try world.apply(last, at: 32)
        let reason = VoidElection.moreBallotsThanNumbers(issued: 2, ballots: 3)
        #expect(world.election.void == reason)
        #expect(world.election.ballotCount == 2)
        #expect(throws: ElectionRefusal.void(reason)) { try world.reveal(self.a) }
        #expect(throws: ElectionRefusal.void(reason)) { try world.finish() }
        // Everybody who counts again sees the same.
        let empty = ElectionTally(election: world.parameters.id, issued: 2, committed: 2, revealed: 0, seed: ElectionWorld.chain, ranking: [])
        #expect(throws: RecountDifference.noTally(.void(reason))) { try Recount.check(world.record, published: empty) }
    }

    @Test func `row 5, two of three: one dishonest authority makes no valid number`() throws {
        var world = try self.world(numbers: [self.a, self.b], authorities: 3, threshold: 2)
        #expect(try world.number(of: self.a).marks.map(\.authority) == [0, 1])
        let smuggled = try self.smuggled(1, in: &world)
        self.expect(.tooFewAuthorities(found: 1, needed: 2), of: smuggled[0], at: 30, in: world)
        // The same mark twice does not count twice.
        guard case .commit(let step) = smuggled[0].step else { return }
        let doubled = BallotCommit(
            ballotKey: step.ballotKey, prefix: step.prefix, marks: step.marks + step.marks, commitment: step.commitment,
            signature: step.signature)
        self.expect(
            .malformed("the list of authorities"), of: ElectionAction(election: world.parameters.id, step: .commit(doubled)), at: 30, in: world)
        // Any two will do.
        try world.issue(self.c, asking: [1, 2])
        try world.vote(self.c, for: [self.a])
        let one = try Voter.request(
            member: ElectionWorld.id(4), identity: world.identity(of: ElectionWorld.id(4)), parameters: world.parameters, authorities: [2],
            random: &world.random)
        #expect(throws: ElectionAgencyError.refused(.tooFewAuthorities(found: 1, needed: 2))) {
            try world.authorities[2].certify(one.request, election: self.world(numbers: [], authorities: 3, threshold: 2).election, at: 20)
        }
    }

    @Test func `row 6, the tabulator drops or alters ballots: anybody recounts and names the first difference`() throws {
        var world = try ElectionWorld()
        let tally = try world.run([self.a: [self.b], self.b: [self.b, self.c], self.c: [self.c]])
        #expect(try Recount.check(world.record, published: tally) == tally)
        // Dropped: the record without one opened ballot no longer gives the published figures.
        for dropped in [ElectionPhase.issue, .commit, .reveal] {
            let index = try #require(world.record.entries.lastIndex { $0.action.phase == dropped })
            var entries = world.record.entries
            entries.remove(at: index)
            #expect(throws: RecountDifference.self, "\(dropped)") {
                try Recount.check(ElectionRecord(parameters: world.parameters, entries: entries), published: tally)
            }
        }
        let missing = world.record.entries.filter { $0.action != world.record.entries.last { $0.action.phase == .reveal }?.action }
        #expect(throws: RecountDifference.count(of: "ballots opened", published: 3, counted: 2)) {
            try Recount.check(ElectionRecord(parameters: world.parameters, entries: missing), published: tally)
        }
        // Altered: choices that were not committed to do not count.
        let changed = world.record.entries.map { entry -> ElectionRecord.Entry in
            guard case .reveal(let step) = entry.action.step, step.choices == [self.b] else { return entry }
            let other = BallotReveal(ballotKey: step.ballotKey, choices: [self.c], salt: step.salt, signature: step.signature)
            return ElectionRecord.Entry(height: entry.height, action: ElectionAction(election: entry.action.election, step: .reveal(other)))
        }
        #expect(throws: RecountDifference.self) {
            try Recount.check(ElectionRecord(parameters: world.parameters, entries: changed), published: tally)
        }
        // A voter finds its own ballot, or sees that it is gone.
        let (number, secret) = (try world.number(of: self.a), try world.secret(of: self.a))
        #expect(world.election.holds(secret, of: number))
        #expect(!world.election.holds(BallotSecret(choices: [self.c], salt: secret.salt), of: number))
        #expect(try !world.election.holds(secret, of: world.number(of: self.b)))
    }

    @Test func `row 6, the tabulator states another result: it convicts itself and changes nothing`() throws {
        var world = try ElectionWorld()
        try world.register()
        for member in world.members { try world.issue(member) }
        try world.vote(self.a, for: [self.b])
        try world.reveal(self.a)
        let tally = try world.election.close(at: 50, closing: world.record.closing)
        let lie = ElectionTally(
            election: tally.election, issued: tally.issued, committed: tally.committed, revealed: tally.revealed, seed: tally.seed,
            ranking: tally.ranking.reversed())
        try world.apply(try world.facility.statement(on: lie), at: 51)
        #expect(world.election.tabulatorContradicts)
        #expect(world.election.tally == tally)
        #expect(throws: RecountDifference.statement) { try Recount.check(world.record, published: tally) }
        #expect(throws: RecountDifference.rank(1, published: lie.ranking[0].member, counted: tally.ranking[0].member)) {
            try Recount.check(world.record, published: lie)
        }
    }

    @Test func `row 7, the agencies collude to unmask: what the tabulator sees does not depend on who asked with which blinding`() throws {
        // Two runs with the same numbers and ballots. In the second, the two voters' blinding factors are swapped.
        func view(swapped: Bool) throws -> (box: [[UInt8]], requests: [[UInt8]]) {
            var world = try self.world(numbers: [])
            for (place, member) in [self.a, self.b].enumerated() {
                let seed = UInt64(place) + 1
                var fixed = SeededRandomSource(exactSeed: seed)
                let key = try Voter.key(random: &fixed)
                let prefix = fixed.bytes(count: 32)
                let salts = [fixed.bytes(count: 48)]
                var blinding = SeededRandomSource(exactSeed: 100 + (swapped ? 3 - seed : seed))
                let (request, pending) = try Voter.request(
                    member: member, identity: world.identity(of: member), parameters: world.parameters, authorities: nil, ballotKey: key,
                    prefix: prefix, salts: salts, random: &blinding)
                let answers = try world.answers(to: request)
                let issue = request.issue(signatures: answers.map(\.signature))
                try world.apply(ElectionAction(election: world.parameters.id, step: .issue(issue)), at: 20)
                world.requests[member] = request
                world.numbers[member] = try Voter.number(pending, answers: answers.map(\.blindSignature), parameters: world.parameters)
            }
            for (place, member) in [self.a, self.b].enumerated() {
                world.random = SeededRandomSource(exactSeed: 200 + UInt64(place))
                try world.vote(member, for: [self.c])
            }
            for member in [self.a, self.b] { try world.reveal(member) }
            // ECDSA draws its own randomness, so signatures of ballot keys differ from run to run; they are not part of the content.
            return (
                world.record.ballotBox.map { ElectionActionFormat.content($0) },
                try [self.a, self.b].map { try #require(world.requests[$0]?.parts.first).blinded }
            )
        }
        let plain = try view(swapped: false)
        let swapped = try view(swapped: true)
        #expect(plain.requests != swapped.requests)
        #expect(plain.box == swapped.box)
    }

    @Test func `row 7, the agencies collude to unmask: nothing of a voter is in what the tabulator works on`() throws {
        var world = try ElectionWorld()
        try world.run([self.a: [self.c], self.b: [self.c]])
        let box = world.record.ballotBox.map { ElectionActionFormat.encode($0) }
        #expect(box.count == 4)
        for member in [self.a, self.b] {
            let request = try #require(world.requests[member])
            let identity = try #require(world.parameters.member(member)?.identityKey)
            var traces: [[UInt8]] = [member.utf8, identity, SHA256.hash(identity), request.signature]
            for part in request.parts { traces += [part.blinded, SHA256.hash(part.blinded)] }
            for bytes in box { for trace in traces { #expect(!Self.contains(bytes, trace)) } }
            // And nothing of the number is in what the authority saw.
            let number = try world.number(of: member)
            let seen = request.parts.flatMap(\.blinded) + request.signature
            for trace in [number.prefix, number.ballotKey.publicKey.x963, SHA256.hash(number.ballotKey.publicKey.x963)]
                + number.marks.map(\.signature)
            {
                #expect(!Self.contains(seen, trace))
            }
        }
    }

    @Test func `row 7, the agencies collude to unmask: a weak or shared key is refused when the election opens`() throws {
        let world = try ElectionWorld()
        let keys = try #require(world.parameters.authorities.first)
        func open(_ authorities: [AuthorityKeys], tabulator: [UInt8]) throws {
            _ = try ElectionParameters(
                chain: ElectionWorld.chain, epoch: 1, sizes: world.parameters.sizes, schedule: ElectionWorld.schedule, authorities: authorities,
                tabulator: tabulator, members: world.parameters.members)
        }
        // Size, parity and exponent are checked where a key is read (BlindRSATests); an election takes no other.
        #expect(throws: ElectionParameterError.sharedKey) { try open([keys], tabulator: keys.statementKey) }
        #expect(throws: ElectionParameterError.sharedKey) { try open([keys, keys], tabulator: world.parameters.tabulator) }
        let twin = AuthorityKeys(
            name: "CLA 2", blindKey: keys.blindKey, statementKey: try SigningKey(rawScalar: ElectionKeys.scalar(3)).publicKey.x963)
        #expect(throws: ElectionParameterError.sharedKey) { try open([keys, twin], tabulator: world.parameters.tabulator) }
    }

    @Test func `row 8, ballot replay: the same bytes count once, and in one election`() throws {
        var world = try self.world(numbers: [self.a, self.b])
        let ballot = try world.vote(self.a, for: [self.b])
        let copy = try ElectionActionFormat.decode(ElectionActionFormat.encode(ballot))
        #expect(copy == ballot)
        self.expect(.numberUsed, of: copy, at: 35, in: world)
        try world.reveal(self.a)
        let opened = try #require(world.record.entries.last).action
        self.expect(.alreadyRevealed, of: opened, at: 45, in: world)
        let next = try ElectionWorld(epoch: 2)
        self.expect(.otherElection, of: ballot, at: 30, in: next)
    }

    @Test func `row 9, early leak of results: before the opening a ballot shows only a hash, and who does not open has abstained`() throws {
        var world = try self.world(numbers: [self.a, self.b, self.c])
        let ballot = try world.vote(self.a, for: [self.b])
        let bytes = ElectionActionFormat.encode(ballot)
        #expect(!Self.contains(bytes, self.b.utf8))
        #expect(!Self.contains(bytes, try world.secret(of: self.a).salt))
        try world.vote(self.b, for: [self.b])
        #expect(throws: ElectionRefusal.wrongPhase(needed: .reveal, now: .commit)) {
            try world.election.apply(try Voter.reveal(world.number(of: self.a), world.secret(of: self.a), election: world.parameters.id), at: 39)
        }
        #expect(throws: ElectionRefusal.wrongPhase(needed: .tally, now: .commit)) { try world.election.close(at: 39, closing: ElectionWorld.chain) }
        // Two ballots for the same candidate look different: the salt hides equal choices.
        let commitments = world.record.ballotBox.compactMap { action -> [UInt8]? in
            guard case .commit(let step) = action.step else { return nil }
            return step.commitment
        }
        #expect(Set(commitments).count == 2)
        try world.reveal(self.a)
        let tally = try world.finish()
        #expect((tally.issued, tally.committed, tally.revealed) == (3, 2, 1))
        #expect(tally.ranking.first == ElectionTally.Standing(member: self.b, approvals: 1, offencePoints: 0))
    }

    @Test func `row 10, coercion and vote selling are not prevented: a voter can prove its vote with the salt`() throws {
        var world = try self.world(numbers: [self.a])
        guard case .commit(let step) = try world.vote(self.a, for: [self.b]).step else { return }
        let shown = try world.secret(of: self.a)
        #expect(
            ElectionActionFormat.commitment(
                election: world.parameters.id, ballotKey: step.ballotKey, choices: shown.choices, salt: shown.salt) == step.commitment)
    }

    /// Ballots under numbers that authority 0 signed for itself, which nothing public tells of.
    private func smuggled(_ count: Int, in world: inout ElectionWorld) throws -> [ElectionAction] {
        let signer = try ElectionKeys.blind[0].get()
        return try (0..<count).map { _ in
            let key = try Voter.key(random: &world.random)
            let prefix = world.random.bytes(count: 32)
            let message =
                prefix
                + ElectionActionFormat.numberMessage(
                    chain: world.parameters.chain, election: world.parameters.id, ballotKey: key.publicKey.x963)
            let blinded = try signer.verificationKey.blind(message, random: &world.random)
            let signature = try signer.verificationKey.finalize(
                prepared: message, blindSignature: try signer.sign(blinded: blinded.message), secret: blinded.secret)
            let number = ValidationNumber(
                ballotKey: key, prefix: prefix, marks: [BallotCommit.Mark(authority: 0, signature: signature)])
            return try Voter.commit(number, choices: [self.c], election: world.parameters.id, random: &world.random).action
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        !part.isEmpty && bytes.count >= part.count
            && (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }
}
