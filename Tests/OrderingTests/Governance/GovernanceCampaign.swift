import CryptoPrimitives
import LedgerModel
import TestSupport

@testable import Ordering

/// A chain driven through epochs by random acts of members, agencies and liars; after every block the rules of governance are checked.
///
/// What a step tries is put to the chain's own rules first: what they refuse does not stand in the block.
struct GovernanceCampaign {
    private(set) var world: GovernanceWorld
    private var random: SeededGenerator
    private var checks: GovernanceInvariants
    /// What happened at least once, by the name of its event.
    private(set) var marks: Set<String> = []
    /// Everything that was ever taken in; none of it may be taken in again.
    private var taken: [GovernanceTransaction] = []
    private var promises: [(receipt: SignedReceipt, envelope: [UInt8])] = []
    private var ballots = Ballots()
    /// New keys of proposed transactions, by the public key.
    private var made: [[UInt8]: SigningKey] = [:]

    private struct Ballots {
        var election: [UInt8] = []
        var authority: LegitimationAuthority?
        var numbers: [MSPID: ValidationNumber] = [:]
        var secrets: [MSPID: BallotSecret] = [:]
    }

    init(seed: UInt64, bugs: GovernanceBugs = []) throws {
        var random = SeededGenerator(seed: seed)
        let barring: BarringPolicy = Bool.random(using: &random) ? .forGood : .forTheEpoch
        // Without reserves a convicted producer has to stay, with many there is no by-election.
        let reserves = Int((seed &+ 3) % 4)
        self.world = try GovernanceWorld(producers: 4, auditNodes: 1, reserves: reserves, seed: seed) {
            $0.epochBlocks = 20
            $0.electionStart = 1
            $0.phases = GovernanceSettings.Phases(registration: 1, issue: 1, commit: 1, reveal: 1)
            $0.evidenceMaxAge = 30
            $0.missedWindow = 6
            $0.missedLimit = 2
            $0.strikeLimit = 2
            $0.censorshipTurns = 1
            $0.keyLifetime = 1
            $0.barring = barring
        }
        self.world.plane.bugs = bugs
        self.random = random
        self.checks = GovernanceInvariants(self.world.plane)
    }

    /// Decides so many blocks.
    ///
    /// - Returns: The first rule that does not hold; nil when all do.
    mutating func run(blocks: Int) throws -> String? {
        for _ in 0..<blocks where !self.world.plane.isHalted {
            if let breach = try self.step() { return "height \(self.world.height): \(breach)" }
        }
        return nil
    }

    private mutating func step() throws -> String? {
        if let due = self.world.plane.dueChange { return try self.append([try self.world.configuration(due)]) }
        if self.chance(3), let envelope = try self.reconfiguration() { return try self.append([envelope]) }
        var transactions: [GovernanceTransaction] = []
        transactions += try self.lies()
        transactions += try self.keysAndResignations()
        transactions += try self.electionActs()
        if let old = self.taken.randomElement(using: &self.random), try self.world.refusal(old) == nil { return "\(old.name) counts twice" }
        var envelopes = [try self.world.plainEnvelope()]
        for transaction in transactions { envelopes.append(try self.world.envelope(transaction)) }
        let proposer = try self.world.proposer(self.world.height + 1)
        let refused = Set(
            self.world.plane.refusals(in: envelopes, height: self.world.height + 1, proposer: proposer, decided: self.world.decided).map(\.index))
        let kept = envelopes.indices.filter { !refused.contains($0) }
        self.taken += kept.dropFirst().map { transactions[$0 - 1] }
        if self.chance(15) { try self.promise() }
        return try self.append(kept.map { envelopes[$0] }, transactions: kept.dropFirst().map { transactions[$0 - 1] })
    }

    private mutating func append(_ envelopes: [[UInt8]], transactions: [GovernanceTransaction] = []) throws -> String? {
        let order = try found(self.world.plane.term(at: self.world.height + 1)).order
        let absent: Set<UInt32> = self.chance(30) ? [order[Int.random(in: 0..<order.count, using: &self.random)]] : []
        let parentRound: UInt32 = self.chance(35) ? UInt32.random(in: 1...2, using: &self.random) : 0
        let block = try self.world.makeBlock(envelopes, absent: absent, parentRound: parentRound)
        let before = self.world.decided
        let events = try self.world.append(block)
        for event in events { self.marks.insert(Mirror(reflecting: event).children.first?.label ?? "") }
        for case .candidateRegistered(_, let id) in events { self.learn(id) }
        for transaction in transactions {
            if case .rotateKey(let rotation) = transaction, let id = self.world.plane.standing(of: rotation.member)?.nextKey { self.learn(id) }
        }
        return try self.checks.breach(after: block, self.world.plane, decided: before)
    }

    private mutating func learn(_ id: UInt32) {
        if let key = self.world.plane.key(id) { self.world.keys[id] = self.made[key.publicKey] }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.random) < percent }

    // MARK: - Offences

    private mutating func lies() throws -> [GovernanceTransaction] {
        var lies: [Misbehaviour] = []
        let ids = self.world.keys.keys.sorted()
        let id = ids[Int.random(in: 0..<ids.count, using: &self.random)]
        // Heights of their own for each liar, as a rule, so that no fork is suspected.
        let low = self.world.height - min(self.world.height, 12)
        let heights = (max(1, low)...max(1, self.world.height)).filter { $0 % 7 == UInt64(id) % 7 }
        guard let height = heights.randomElement(using: &self.random) else { return [] }
        if self.chance(12) { lies.append(try self.world.doublePrevote(id, height: height, round: Round.random(in: 0...2, using: &self.random))) }
        if self.chance(5) {
            lies.append(
                .conflictingAttestation(
                    try self.world.attestation(id, root: 1, height: height), try self.world.attestation(id, root: 2, height: height)))
        }
        if self.chance(4) { lies.append(.wrongProposer(try self.world.proposal(BlockID(number: 1), height: height, by: id))) }
        for promise in self.promises.suffix(6) where self.chance(40) {
            guard
                let block = (0...self.world.height).last(where: {
                    self.world.decided.decided($0)?.header.proposer == promise.receipt.receipt.ingress
                })
            else { continue }
            lies.append(.censorship(Censorship(receipt: promise.receipt, envelope: promise.envelope, proposedAt: block)))
        }
        return lies.map { .evidence($0) }
    }

    private mutating func promise() throws {
        let order = try found(self.world.plane.term(at: max(1, self.world.height))).order
        let ingress = order[Int.random(in: 0..<order.count, using: &self.random)]
        guard self.world.height > 0, self.world.keys[ingress] != nil else { return }
        let envelope = try self.world.plainEnvelope()
        self.promises.append((try self.world.receipt(for: envelope, by: ingress, at: self.world.height), envelope))
    }

    // MARK: - Members

    private mutating func someMember() -> MSPID { GovernanceNetwork.members[Int.random(in: 0..<GovernanceNetwork.size, using: &self.random)] }

    private mutating func freshKey() throws -> SigningKey {
        let key = try SigningKey(rawScalar: [UInt8](repeating: 0, count: 16) + self.world.random.bytes(count: 16))
        self.made[key.publicKey.x963] = key
        return key
    }

    private mutating func keysAndResignations() throws -> [GovernanceTransaction] {
        var acts: [GovernanceTransaction] = []
        let member = self.someMember()
        let identity = try found(self.world.network.identityKeys[member])
        if self.chance(8) {
            let key = try self.freshKey()
            acts.append(
                try GovernanceSigning.rotation(
                    of: member, identity: identity, newKey: key,
                    certificate: self.world.network.certificate(key, of: member, random: &self.world.random),
                    endpoint: Endpoint(host: "new.example", port: 7051), chain: self.world.chain))
        }
        if self.chance(3) {
            acts.append(
                try GovernanceSigning.resignation(
                    of: member, identity: identity, epoch: self.world.plane.epoch.number,
                    consenter: self.world.plane.standing(of: member)?.key ?? 0, chain: self.world.chain))
        }
        return acts
    }

    /// Excludes or pardons somebody.
    private mutating func reconfiguration() throws -> [UInt8]? {
        let member = self.someMember()
        let isPardon = self.chance(60)
        return try self.world.configuration { settings in
            settings.seats = settings.seats.map { seat in
                guard seat.member == member else { return seat }
                return PoolSeat(
                    member: member, identityKey: seat.identityKey, isExcluded: !isPardon, pardons: seat.pardons + (isPardon ? 1 : 0))
            }
        }
    }

    // MARK: - Elections

    private mutating func electionActs() throws -> [GovernanceTransaction] {
        let next = self.world.height + 1
        guard let running = self.world.plane.election, running.isRunning || next >= running.election.parameters.schedule.tally.rawValue,
            running.election.statement == nil, running.election.void == nil
        else { return try self.openings() }
        let parameters = running.election.parameters
        if self.ballots.election != parameters.id {
            self.ballots = Ballots(
                election: parameters.id,
                authority: try LegitimationAuthority(
                    index: 0, blindKey: found(ElectionKeys.blind.first).get(), statementKey: found(ElectionKeys.statements.first).get(),
                    parameters: parameters))
        }
        switch parameters.schedule.phase(at: BlockNumber(next)) {
        case .registration: return try self.registrations()
        case .issue: return try self.issues(running.election, at: next)
        case .commit: return try self.commits(running.election)
        case .reveal: return try self.reveals()
        case .tally: return try self.statement(running.election) + self.openings()
        default: return []
        }
    }

    private mutating func openings() throws -> [GovernanceTransaction] {
        guard self.chance(50) else { return [] }
        if self.world.plane.epoch.vacantSeats > 0, self.chance(60) { return [try self.world.opening(seats: self.world.plane.epoch.vacantSeats)] }
        return [try self.world.opening()]
    }

    private mutating func registrations() throws -> [GovernanceTransaction] {
        var acts: [GovernanceTransaction] = []
        for member in GovernanceNetwork.members where self.chance(75) {
            let key = try self.freshKey()
            acts.append(try self.world.registration(of: member, key: key).transaction)
        }
        return acts
    }

    private mutating func issues(_ election: Election, at height: UInt64) throws -> [GovernanceTransaction] {
        var acts: [GovernanceTransaction] = []
        for voter in GovernanceNetwork.members.prefix(4) where self.chance(70) && !election.hasNumber(voter) {
            let parameters = election.parameters
            let (request, pending) = try Voter.request(
                member: voter, identity: found(self.world.network.identityKeys[voter]), parameters: parameters, authorities: nil,
                random: &self.world.random)
            guard let answer = try? self.ballots.authority?.certify(request, election: election, at: BlockNumber(height)) else { continue }
            self.ballots.numbers[voter] = try Voter.number(pending, answers: [answer.blindSignature], parameters: parameters)
            acts.append(.election(ElectionAction(election: parameters.id, step: .issue(request.issue(signatures: [answer.signature])))))
        }
        return acts
    }

    private mutating func commits(_ election: Election) throws -> [GovernanceTransaction] {
        var acts: [GovernanceTransaction] = []
        for voter in self.ballots.numbers.keys.sorted() where self.chance(80) && self.ballots.secrets[voter] == nil {
            let choices = election.candidates.filter { _ in Bool.random(using: &self.random) }.prefix(4)
            let (action, secret) = try Voter.commit(
                found(self.ballots.numbers[voter]), choices: Array(choices), election: election.parameters.id, random: &self.world.random)
            self.ballots.secrets[voter] = secret
            acts.append(.election(action))
        }
        return acts
    }

    private mutating func reveals() throws -> [GovernanceTransaction] {
        var acts: [GovernanceTransaction] = []
        for voter in self.ballots.secrets.keys.sorted() where self.chance(80) {
            acts.append(
                .election(
                    try Voter.reveal(found(self.ballots.numbers[voter]), found(self.ballots.secrets[voter]), election: self.ballots.election)))
        }
        return acts
    }

    private mutating func statement(_ election: Election) throws -> [GovernanceTransaction] {
        guard let tally = election.tally, self.chance(60) else { return [] }
        let facility = try TabulatingFacility(key: ElectionKeys.tabulator.get(), parameters: election.parameters)
        let said =
            self.chance(50)
            ? tally
            : ElectionTally(
                election: tally.election, issued: tally.issued, committed: tally.committed, revealed: tally.revealed, seed: tally.seed,
                ranking: tally.ranking.reversed())
        return [.election(try facility.statement(on: said))]
    }
}
