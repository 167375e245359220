import CryptoPrimitives
import LedgerModel
import TestSupport

@testable import Ordering

/// Keys that are slow to make, once for all tests.
enum ElectionKeys {
    static let blind = (0..<3).map { _ in Result { try BlindSigningKey.generate(bits: 2048) } }
    static let statements = (0..<3).map { index in Result { try SigningKey(rawScalar: scalar(1_000 + index)) } }
    static let tabulator = Result { try SigningKey(rawScalar: scalar(2_000)) }

    /// 32 bytes of a small number, for keys that stay the same.
    static func scalar(_ number: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: 28) + [UInt8(number >> 24 & 255), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
    }
}

/// An election with everybody in it: pool, agencies, voters and the public record.
struct ElectionWorld {
    static let chain = [UInt8](repeating: 0xC1, count: 32)
    static let schedule = ElectionSchedule(registration: 10, issue: 20, commit: 30, reveal: 40, tally: 50)

    let parameters: ElectionParameters
    let identities: [MSPID: SigningKey]
    let consensusKeys: [MSPID: SigningKey]
    var authorities: [LegitimationAuthority]
    let facility: TabulatingFacility
    var random: SeededRandomSource

    var election: Election
    var record: ElectionRecord
    var numbers: [MSPID: ValidationNumber] = [:]
    var secrets: [MSPID: BallotSecret] = [:]
    /// What the authorities and everybody see of an issue: requests as they came.
    var requests: [MSPID: NumberRequest] = [:]

    init(
        _ preset: ElectionSizes.Preset = .dev, members count: Int? = nil, authorities authorityCount: Int = 1, threshold: Int = 1,
        chain: [UInt8] = Self.chain, epoch: UInt64 = 1, seed: UInt64 = 16, offences: [Int: UInt32] = [:], barred: Set<Int> = [],
        usedKeys: [[UInt8]] = [], seats: Int? = nil
    ) throws {
        let ids = (1...(count ?? preset.sizes.pool)).map { Self.id($0) }
        let identityKeys = try (0..<ids.count).map { try SigningKey(rawScalar: ElectionKeys.scalar(1 + $0)) }
        self.identities = Dictionary(uniqueKeysWithValues: zip(ids, identityKeys))
        self.consensusKeys = Dictionary(
            uniqueKeysWithValues: try ids.enumerated().map { ($1, try SigningKey(rawScalar: ElectionKeys.scalar(5_000 + $0))) })
        let blind = try ElectionKeys.blind.prefix(authorityCount).map { try $0.get() }
        let statements = try ElectionKeys.statements.prefix(authorityCount).map { try $0.get() }
        let parameters = try ElectionParameters(
            chain: chain, epoch: epoch, seats: seats, sizes: preset.sizes, schedule: Self.schedule,
            authorities: zip(blind, statements).enumerated().map { index, keys in
                AuthorityKeys(name: "CLA \(index + 1)", blindKey: keys.0.verificationKey, statementKey: keys.1.publicKey.x963)
            }, threshold: threshold, tabulator: ElectionKeys.tabulator.get().publicKey.x963,
            members: ids.enumerated().map { index, id in
                PoolMember(
                    id: id, identityKey: identityKeys[index].publicKey.x963, offencePoints: offences[index + 1] ?? 0,
                    mayStand: !barred.contains(index + 1))
            }, usedKeys: usedKeys)
        self.parameters = parameters
        self.authorities = try zip(blind, statements).enumerated().map { index, keys in
            try LegitimationAuthority(index: UInt8(index), blindKey: keys.0, statementKey: keys.1, parameters: parameters)
        }
        self.facility = try TabulatingFacility(key: ElectionKeys.tabulator.get(), parameters: parameters)
        self.random = SeededRandomSource(seed: seed)
        self.election = Election(parameters)
        self.record = ElectionRecord(parameters: parameters)
    }

    static func id(_ number: Int) -> MSPID { MSPID("member-" + (number < 10 ? "00" : number < 100 ? "0" : "") + String(number)) }

    var members: [MSPID] { self.parameters.members.map(\.id) }

    struct Missing: Error {
        let what: String
    }

    func identity(of member: MSPID) throws -> SigningKey { try self.found(self.identities[member], "identity of \(member)") }
    func consensusKey(of member: MSPID) throws -> SigningKey { try self.found(self.consensusKeys[member], "consensus key of \(member)") }
    func number(of member: MSPID) throws -> ValidationNumber { try self.found(self.numbers[member], "number of \(member)") }
    func secret(of member: MSPID) throws -> BallotSecret { try self.found(self.secrets[member], "ballot of \(member)") }

    private func found<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw Missing(what: what) }
        return value
    }

    mutating func apply(_ action: ElectionAction, at height: BlockNumber) throws {
        try self.election.apply(action, at: height)
        self.record.append(action, at: height)
    }

    func registration(of member: MSPID) throws -> ElectionAction {
        try Candidacy.register(
            member: member, identity: self.identity(of: member), consensusKey: self.consensusKey(of: member), endpoint: "\(member).example:7050",
            election: self.parameters.id)
    }

    mutating func register(_ members: [MSPID]? = nil) throws {
        for member in members ?? self.members { try self.apply(try self.registration(of: member), at: 10) }
    }

    /// A request, the answers of the authorities asked, and the number that the voter makes of them.
    mutating func issue(_ member: MSPID, asking: [UInt8]? = nil, at height: BlockNumber = 20) throws {
        let (request, pending) = try Voter.request(
            member: member, identity: self.identity(of: member), parameters: self.parameters, authorities: asking, random: &self.random)
        let answers = try self.answers(to: request, at: height)
        try self.apply(
            ElectionAction(election: self.parameters.id, step: .issue(request.issue(signatures: answers.map(\.signature)))), at: height)
        self.requests[member] = request
        self.numbers[member] = try Voter.number(pending, answers: answers.map(\.blindSignature), parameters: self.parameters)
    }

    mutating func answers(to request: NumberRequest, at height: BlockNumber = 20) throws -> [LegitimationAuthority.Answer] {
        var answers: [LegitimationAuthority.Answer] = []
        for part in request.parts {
            answers.append(try self.authorities[Int(part.authority)].certify(request, election: self.election, at: height))
        }
        return answers
    }

    @discardableResult
    mutating func vote(_ member: MSPID, for choices: [MSPID], at height: BlockNumber = 30) throws -> ElectionAction {
        let (action, secret) = try Voter.commit(
            self.number(of: member), choices: choices, election: self.parameters.id, random: &self.random)
        try self.apply(action, at: height)
        self.secrets[member] = secret
        return action
    }

    mutating func reveal(_ member: MSPID, at height: BlockNumber = 40) throws {
        try self.apply(try Voter.reveal(self.number(of: member), self.secret(of: member), election: self.parameters.id), at: height)
    }

    /// Counts, and has the tabulating facility say so.
    @discardableResult
    mutating func finish(at height: BlockNumber = 50) throws -> ElectionTally {
        let tally = try self.election.close(at: height, closing: self.record.closing)
        try self.apply(try self.facility.statement(on: tally), at: height)
        return tally
    }

    /// A whole election: everybody votes as told, those not named abstain.
    @discardableResult
    mutating func run(_ ballots: [MSPID: [MSPID]]) throws -> ElectionTally {
        try self.register()
        for member in self.members { try self.issue(member) }
        for member in self.members { if let choices = ballots[member] { try self.vote(member, for: choices) } }
        for member in self.members where ballots[member] != nil { try self.reveal(member) }
        return try self.finish()
    }
}
