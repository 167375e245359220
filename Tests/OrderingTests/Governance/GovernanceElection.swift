import CryptoPrimitives
import LedgerModel
import TestSupport

@testable import Ordering

/// A whole election on the chain of a test.
extension GovernanceWorld {
    var election: Election? { self.plane.election?.election }

    /// An opening that is in time for the next block: four phases of two heights each.
    func opening(
        epoch: UInt64? = nil, seats: Int? = nil, from first: UInt64? = nil, phase: UInt64 = 2, signers: Range<Int> = 0..<1
    ) throws -> GovernanceTransaction {
        let start = first ?? self.height + 2
        let heights = (0..<5).map { BlockNumber(start + UInt64($0) * phase) }
        return try GovernanceSigning.opening(
            epoch: epoch ?? self.plane.epoch.number + (seats == nil ? 1 : 0), seats: seats,
            schedule: ElectionSchedule(registration: heights[0], issue: heights[1], commit: heights[2], reveal: heights[3], tally: heights[4]),
            blindKeys: [try found(ElectionKeys.blind.first).get().verificationKey],
            authorities: try ElectionKeys.statements[signers].map { try $0.get() }, chain: self.chain)
    }

    /// A registration with a new key, which the member then holds under the next consenter id.
    mutating func registration(
        of member: MSPID, key: SigningKey? = nil, certificateOf other: SigningKey? = nil, issuer: MSPID? = nil, client: Bool = false,
        endpoint: String = "next.example:7050"
    ) throws -> (transaction: GovernanceTransaction, key: SigningKey) {
        let key = try key ?? SigningKey(rawScalar: [UInt8](repeating: 0, count: 16) + self.random.bytes(count: 16))
        let action = try Candidacy.register(
            member: member, identity: found(self.network.identityKeys[member]), consensusKey: key, endpoint: endpoint,
            election: found(self.election).parameters.id)
        let certificate = try self.network.certificate(
            other ?? key, of: issuer ?? member, role: client ? .client : .orderer, random: &self.random)
        return (.registerCandidate(certificate: certificate, action), key)
    }

    /// Decides a block in which members register; their keys get the numbers that the plane gives.
    mutating func register(_ members: [MSPID]) throws {
        var transactions: [GovernanceTransaction] = []
        var keys: [MSPID: SigningKey] = [:]
        for member in members {
            let made = try self.registration(of: member)
            transactions.append(made.transaction)
            keys[member] = made.key
        }
        for case .candidateRegistered(let member, let id) in try self.decide(transactions) { self.keys[id] = keys[member] }
    }

    /// Opens, registers, issues, commits and reveals; ends before the tally's height. Ballots approve in the given order of preference.
    mutating func hold(seats: Int? = nil, candidates: [MSPID], ballots: [MSPID: [MSPID]]) throws {
        try self.decide([try self.opening(seats: seats)])
        let parameters = try found(self.election).parameters
        try self.advance(to: parameters.schedule.registration.rawValue - 1)
        try self.register(candidates)
        try self.advance(to: parameters.schedule.issue.rawValue - 1)
        var authority = try LegitimationAuthority(
            index: 0, blindKey: found(ElectionKeys.blind.first).get(), statementKey: found(ElectionKeys.statements.first).get(),
            parameters: parameters)
        var numbers: [MSPID: ValidationNumber] = [:]
        var issues: [GovernanceTransaction] = []
        for voter in ballots.keys.sorted() {
            let (request, pending) = try Voter.request(
                member: voter, identity: found(self.network.identityKeys[voter]), parameters: parameters, authorities: nil, random: &self.random)
            let answer = try authority.certify(request, election: found(self.election), at: BlockNumber(self.height + 1))
            numbers[voter] = try Voter.number(pending, answers: [answer.blindSignature], parameters: parameters)
            issues.append(.election(ElectionAction(election: parameters.id, step: .issue(request.issue(signatures: [answer.signature])))))
        }
        try self.decide(issues)
        try self.advance(to: parameters.schedule.commit.rawValue - 1)
        var commits: [GovernanceTransaction] = []
        var secrets: [MSPID: BallotSecret] = [:]
        for voter in ballots.keys.sorted() {
            let (action, secret) = try Voter.commit(
                found(numbers[voter]), choices: (ballots[voter] ?? []).sorted(), election: parameters.id, random: &self.random)
            commits.append(.election(action))
            secrets[voter] = secret
        }
        try self.decide(commits)
        try self.advance(to: parameters.schedule.reveal.rawValue - 1)
        try self.decide(
            try ballots.keys.sorted().map {
                .election(try Voter.reveal(found(numbers[$0]), found(secrets[$0]), election: parameters.id))
            })
        try self.advance(to: parameters.schedule.tally.rawValue - 1)
    }

    /// Everybody approves the same four, so that these produce.
    mutating func elect(_ chosen: [Int]) throws {
        let members = GovernanceNetwork.members
        try self.hold(
            candidates: members, ballots: Dictionary(uniqueKeysWithValues: members.map { ($0, chosen.map(GovernanceNetwork.id)) }))
    }
}
