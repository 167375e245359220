import CryptoPrimitives
import LedgerModel

/// An election as a value: actions go in with the height of their block, and count or are refused (consensus 2.3).
///
/// It knows no clock and draws nothing. The same actions at the same heights give the same state on every node, today and at any recount.
package struct Election: Sendable {
    package let parameters: ElectionParameters
    /// Set when an action showed that the numbers cannot be trusted; nothing counts from then on.
    package private(set) var void: VoidElection?
    /// Made by `close`.
    package private(set) var tally: ElectionTally?
    /// What the tabulating facility published.
    package private(set) var statement: TallyStatement?
    /// The height of the latest action.
    package private(set) var height: BlockNumber = 0

    private var registrations: [MSPID: Registration] = [:]
    private var issues: [MSPID: NumberIssue] = [:]
    /// By ballot key.
    private var ballots: [[UInt8]: Ballot] = [:]
    private var openBallots: [MSPID: OpenBallot] = [:]
    private var keysInUse: Set<[UInt8]>

    private struct Ballot: Sendable {
        let commitment: [UInt8]
        var reveal: BallotReveal?
    }

    package init(_ parameters: ElectionParameters) {
        self.parameters = parameters
        // An identity key as a consensus key would let one signature be taken for another.
        self.keysInUse = Set(parameters.usedKeys).union(parameters.members.map { SHA256.hash($0.identityKey) })
    }

    /// Takes an action in, or refuses it and stays as it was.
    ///
    /// A ballot too many is taken in, as it is the proof that stops the election: `void` is set from then on.
    package mutating func apply(_ action: ElectionAction, at height: BlockNumber) throws(ElectionRefusal) {
        try self.check(action, at: height)
        switch action.step {
        case .register(let step): try self.register(step, action)
        case .issue(let step): try self.issue(step, action)
        case .commit(let step): try self.commit(step, action)
        case .reveal(let step): try self.reveal(step, action)
        case .state(let step): try self.state(step, action)
        case .openVote(let step): try self.openVote(step, action)
        }
        self.height = height
    }

    private func check(_ action: ElectionAction, at height: BlockNumber) throws(ElectionRefusal) {
        if let void { throw .void(void) }
        guard height >= self.height else { throw .heightGoesBack(from: self.height, to: height) }
        guard action.election == self.parameters.id else { throw .otherElection }
        if let mode = action.weightMode, mode != self.parameters.weightMode { throw .wrongMode(self.parameters.weightMode) }
        let now = self.parameters.schedule.phase(at: height)
        guard now == action.phase else { throw .wrongPhase(needed: action.phase, now: now) }
    }

    // MARK: candidates

    /// The ids of those who stand, ascending.
    package var candidates: [MSPID] { self.registrations.keys.sorted() }

    /// The registration of a candidate.
    package func registration(of member: MSPID) -> Registration? { self.registrations[member] }

    private mutating func register(_ step: Registration, _ action: ElectionAction) throws(ElectionRefusal) {
        guard let member = self.parameters.member(step.member) else { throw .notAMember(step.member) }
        guard member.mayStand else { throw .mayNotStand(step.member) }
        guard self.registrations[step.member] == nil else { throw .alreadyRegistered(step.member) }
        guard ElectionName.isValid(Array(step.endpoint.utf8), limit: ElectionLimits.endpointBytes) else { throw .malformed("the endpoint") }
        let keyHash = SHA256.hash(step.consensusKey)
        guard !self.keysInUse.contains(keyHash) else { throw .keyInUse(step.member) }
        try Self.verify(step.memberSignature, action, by: .registrant, key: member.identityKey, name: step.member.text)
        try Self.verify(step.possession, action, by: .consensusKey, key: step.consensusKey, name: "the consensus key of \(step.member)")
        self.keysInUse.insert(keyHash)
        self.registrations[step.member] = step
    }

    // MARK: validation numbers

    /// Members that have a number, ascending: the public list against which ballots are counted.
    package var numbered: [MSPID] { self.issues.keys.sorted() }

    /// Whether a member has its number.
    package func hasNumber(_ member: MSPID) -> Bool { self.issues[member] != nil }

    /// What an authority checks before it signs, and everybody after it has.
    package func checkRequest(
        of member: MSPID, parts: [NumberIssue.Part], signature: [UInt8], at height: BlockNumber
    ) throws(ElectionRefusal) {
        let step = NumberIssue(member: member, parts: parts, memberSignature: signature, authoritySignatures: [])
        let action = ElectionAction(election: self.parameters.id, step: .issue(step))
        try self.check(action, at: height)
        try self.checkRequest(step, action)
    }

    private func checkRequest(_ step: NumberIssue, _ action: ElectionAction) throws(ElectionRefusal) {
        guard let member = self.parameters.member(step.member) else { throw .notAMember(step.member) }
        guard self.issues[step.member] == nil else { throw .alreadyIssued(step.member) }
        try self.checkAuthorities(step.parts.map(\.authority))
        guard step.parts.allSatisfy({ $0.blindedHash.count == 32 }) else { throw .malformed("the hash of a blinded message") }
        try Self.verify(step.memberSignature, action, by: .requester, key: member.identityKey, name: step.member.text)
    }

    private mutating func issue(_ step: NumberIssue, _ action: ElectionAction) throws(ElectionRefusal) {
        try self.checkRequest(step, action)
        guard step.authoritySignatures.count == step.parts.count else {
            throw .tooFewAuthorities(found: step.authoritySignatures.count, needed: step.parts.count)
        }
        for (part, signature) in zip(step.parts, step.authoritySignatures) {
            let authority = self.parameters.authorities[Int(part.authority)]
            try Self.verify(signature, action, by: .authority, key: authority.statementKey, name: authority.name)
        }
        self.issues[step.member] = step
    }

    private func checkAuthorities(_ indices: [UInt8]) throws(ElectionRefusal) {
        for index in indices where Int(index) >= self.parameters.authorities.count { throw .unknownAuthority(index) }
        guard !zip(indices, indices.dropFirst()).contains(where: { $0 >= $1 }) else { throw .malformed("the list of authorities") }
        guard indices.count >= self.parameters.threshold else {
            throw .tooFewAuthorities(found: indices.count, needed: self.parameters.threshold)
        }
    }

    // MARK: ballots

    package var ballotCount: Int { self.ballots.count + self.openBallots.count }
    package var revealedCount: Int { self.openBallots.count + self.ballots.values.reduce(0) { $0 + ($1.reveal == nil ? 0 : 1) } }

    /// Whether a member has cast an open ballot; always false where ballots are secret.
    package func hasVotedOpenly(_ member: MSPID) -> Bool { self.openBallots[member] != nil }

    /// Whether exactly this ballot was cast under this number: what a voter looks for.
    package func holds(_ secret: BallotSecret, of number: ValidationNumber) -> Bool {
        let key = number.ballotKey.publicKey.x963
        return self.ballots[key]?.commitment
            == ElectionActionFormat.commitment(election: self.parameters.id, ballotKey: key, choices: secret.choices, salt: secret.salt)
    }

    private mutating func commit(_ step: BallotCommit, _ action: ElectionAction) throws(ElectionRefusal) {
        guard step.prefix.count == BlindRSA.prefixLength, step.commitment.count == 32 else { throw .malformed("prefix or commitment") }
        guard self.ballots[step.ballotKey] == nil else { throw .numberUsed }
        try self.checkAuthorities(step.marks.map(\.authority))
        try Self.verify(step.signature, action, by: .committer, key: step.ballotKey, name: "the ballot key")
        let message =
            step.prefix
            + ElectionActionFormat.numberMessage(chain: self.parameters.chain, election: self.parameters.id, ballotKey: step.ballotKey)
        for mark in step.marks {
            guard self.parameters.authorities[Int(mark.authority)].blindKey.isValid(signature: mark.signature, for: message) else {
                throw .unknownNumber(authority: mark.authority)
            }
        }
        guard self.ballots.count < self.issues.count else {
            // The number is genuine and one too many: which of them is the false one, nobody can say.
            self.void = .moreBallotsThanNumbers(issued: self.issues.count, ballots: self.ballots.count + 1)
            return
        }
        self.ballots[step.ballotKey] = Ballot(commitment: step.commitment)
    }

    private mutating func reveal(_ step: BallotReveal, _ action: ElectionAction) throws(ElectionRefusal) {
        guard step.salt.count == ElectionActionFormat.saltLength else { throw .malformed("the salt") }
        guard let ballot = self.ballots[step.ballotKey] else { throw .noSuchBallot }
        guard ballot.reveal == nil else { throw .alreadyRevealed }
        try Self.verify(step.signature, action, by: .revealer, key: step.ballotKey, name: "the ballot key")
        try self.checkChoices(step.choices)
        let commitment = ElectionActionFormat.commitment(
            election: self.parameters.id, ballotKey: step.ballotKey, choices: step.choices, salt: step.salt)
        guard constantTimeEqual(commitment, ballot.commitment) else { throw .otherBallot }
        self.ballots[step.ballotKey]?.reveal = step
    }

    private mutating func openVote(_ step: OpenBallot, _ action: ElectionAction) throws(ElectionRefusal) {
        guard let member = self.parameters.member(step.member) else { throw .notAMember(step.member) }
        guard self.openBallots[step.member] == nil else { throw .hasVoted(step.member) }
        try self.checkChoices(step.choices)
        try Self.verify(step.signature, action, by: .openVoter, key: member.identityKey, name: step.member.text)
        self.openBallots[step.member] = step
    }

    /// Throws unless the choices are at most as many as a ballot may approve, ascending, and of candidates.
    package func checkChoices(_ choices: [MSPID]) throws(ElectionRefusal) {
        guard choices.count <= self.parameters.sizes.maxChoices else {
            throw .tooManyChoices(found: choices.count, most: self.parameters.sizes.maxChoices)
        }
        guard !zip(choices, choices.dropFirst()).contains(where: { $0 >= $1 }) else { throw .choicesOutOfOrder }
        for choice in choices where self.registrations[choice] == nil { throw .notACandidate(choice) }
    }

    // MARK: the count

    /// Counts, at the height of the tally or later; `closing` is the id of the block of that height, 32 bytes.
    @discardableResult
    package mutating func close(at height: BlockNumber, closing: [UInt8]) throws(ElectionRefusal) -> ElectionTally {
        if let void { throw .void(void) }
        guard height >= self.height else { throw .heightGoesBack(from: self.height, to: height) }
        let now = self.parameters.schedule.phase(at: height)
        guard now == .tally else { throw .wrongPhase(needed: .tally, now: now) }
        guard self.tally == nil else { throw .alreadyTallied }
        guard closing.count == 32 else { throw .malformed("the id of the closing block") }
        let tally = self.counted(closing: closing)
        self.tally = tally
        self.height = height
        return tally
    }

    private func counted(closing: [UInt8]) -> ElectionTally {
        let opened = self.ballots.values.compactMap(\.reveal).sorted { $0.ballotKey.lexicographicallyPrecedes($1.ballotKey) }
        // No sum can overflow: each candidate gets at most the stake of all members together, which the opening has checked.
        var approvals: [MSPID: UInt64] = [:]
        for choice in opened.flatMap(\.choices) { approvals[choice, default: 0] += 1 }
        for ballot in self.openBallots.values {
            for choice in ballot.choices { approvals[choice, default: 0] += self.parameters.member(ballot.member)?.stake ?? 0 }
        }
        let isOpen = self.parameters.weightMode == .stake
        let seed = SHA256.hash(concatenating: opened.map(\.salt) + [closing])
        let standings = self.candidates.map { id in
            ElectionTally.Standing(
                member: id, approvals: approvals[id] ?? 0, offencePoints: self.parameters.member(id)?.offencePoints ?? 0)
        }
        return ElectionTally(
            election: self.parameters.id, issued: UInt32(clamping: isOpen ? self.parameters.members.count : self.issues.count),
            committed: UInt32(clamping: self.ballotCount), revealed: UInt32(clamping: opened.count + self.openBallots.count), seed: seed,
            ranking: ElectionTally.ranked(standings, seed: seed))
    }

    /// Whether the tabulating facility has stated something else than what was counted, which is an offence of its own.
    package var tabulatorContradicts: Bool {
        guard let tally, let statement else { return false }
        return !tally.agrees(with: statement)
    }

    private mutating func state(_ step: TallyStatement, _ action: ElectionAction) throws(ElectionRefusal) {
        guard self.tally != nil else { throw .notTallied }
        guard self.statement == nil else { throw .alreadyStated }
        guard step.tallyHash.count == 32 else { throw .malformed("the hash of the tally") }
        try Self.verify(step.signature, action, by: .tabulator, key: self.parameters.tabulator, name: "the tabulating facility")
        self.statement = step
    }

    private static func verify(
        _ signature: [UInt8], _ action: ElectionAction, by signer: ElectionActionFormat.Signer, key: [UInt8], name: String
    ) throws(ElectionRefusal) {
        guard let key = try? PublicKey(x963: key), key.isValid(signature: signature, for: ElectionActionFormat.signed(action, by: signer)) else {
            throw .wrongSignature(of: name)
        }
    }
}
