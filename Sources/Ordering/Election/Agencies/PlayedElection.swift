import CryptoPrimitives
import LedgerModel

/// The keys of the two agencies: who certifies voters, and who tabulates.
package struct AgencyKeys: Sendable {
    package static let authorityName = "legitimation authority"

    /// Under this key the legitimation authority opens elections and says who received a number.
    package let authority: SigningKey
    package let tabulator: SigningKey

    package init(authority: SigningKey = .generate(), tabulator: SigningKey = .generate()) {
        self.authority = authority
        self.tabulator = tabulator
    }

    package var agencies: Agencies {
        Agencies(
            authorities: [Agencies.Authority(name: Self.authorityName, statementKey: self.authority.publicKey.x963)],
            tabulator: self.tabulator.publicKey.x963)
    }
}

/// An election on the chain, with every part played by whom it belongs to: candidates, voters, relays and the two agencies.
///
/// What a member keeps to itself, its number and its ballot, is in its own entry here and never leaves it before its time.
package struct PlayedElection: Sendable {
    /// A member of the pool, with the key under which the pool knows it.
    package struct Player: Sendable {
        package let id: MSPID
        package let identityKey: SigningKey

        package init(id: MSPID, identityKey: SigningKey) {
            self.id = id
            self.identityKey = identityKey
        }
    }

    /// What one voter keeps.
    private struct Secret {
        let number: ValidationNumber
        var ballot: BallotSecret?
    }

    /// A member acts before its time: it has no number, or has closed no ballot.
    package struct TooEarly: Error, CustomStringConvertible {
        package let member: MSPID
        package var description: String { "\(self.member) has no validation number, or has closed no ballot" }
    }

    package let parameters: ElectionParameters
    private var authority: LegitimationAuthority
    private let facility: TabulatingFacility
    private var secrets: [MSPID: Secret] = [:]
    private var random = SystemRandomSource()

    /// - Parameter blindKey: The key that the legitimation authority has made for this election.
    package init(_ parameters: ElectionParameters, agencies: AgencyKeys, blindKey: BlindSigningKey) throws {
        self.parameters = parameters
        self.authority = try LegitimationAuthority(index: 0, blindKey: blindKey, statementKey: agencies.authority, parameters: parameters)
        self.facility = try TabulatingFacility(key: agencies.tabulator, parameters: parameters)
    }

    /// The candidate proves by two signatures that it is the member and that it holds the consensus key.
    ///
    /// - Parameter certificate: Of the consensus key, PEM.
    package func registration(of candidate: Player, key: SigningKey, certificate: [UInt8], endpoint: Endpoint) throws -> GovernanceTransaction {
        let action = try Candidacy.register(
            member: candidate.id, identity: candidate.identityKey, consensusKey: key, endpoint: "\(endpoint)", election: self.parameters.id)
        return .registerCandidate(certificate: certificate, action)
    }

    /// The voter asks with a blinded message; the authority signs it without seeing it, and says in public who has received a number.
    package mutating func issue(to voter: Player, state: Election, at height: BlockNumber) throws -> GovernanceTransaction {
        let (request, pending) = try Voter.request(
            member: voter.id, identity: voter.identityKey, parameters: self.parameters, random: &self.random)
        let answer = try self.authority.certify(request, election: state, at: height)
        self.secrets[voter.id] = Secret(number: try Voter.number(pending, answers: [answer.blindSignature], parameters: self.parameters))
        return .election(ElectionAction(election: self.parameters.id, step: .issue(request.issue(signatures: [answer.signature]))))
    }

    /// The voter closes its ballot; nothing in it names the voter.
    package mutating func ballot(of voter: MSPID, approving choices: [MSPID]) throws -> GovernanceTransaction {
        guard let number = self.secrets[voter]?.number else { throw TooEarly(member: voter) }
        let (action, ballot) = try Voter.commit(number, choices: choices, election: self.parameters.id, random: &self.random)
        self.secrets[voter]?.ballot = ballot
        return .election(action)
    }

    /// The voter opens its ballot.
    package func opening(of voter: MSPID) throws -> GovernanceTransaction {
        guard let secret = self.secrets[voter], let ballot = secret.ballot else { throw TooEarly(member: voter) }
        return .election(try Voter.reveal(secret.number, ballot, election: self.parameters.id))
    }

    /// Whether the voter finds its own ballot in the public record.
    package func finds(_ voter: MSPID, in state: Election) -> Bool {
        guard let secret = self.secrets[voter], let ballot = secret.ballot else { return false }
        return state.holds(ballot, of: secret.number)
    }

    /// A second ballot under a number that was used: what a cheating voter would send.
    package mutating func secondBallot(of voter: MSPID, approving choices: [MSPID]) throws -> GovernanceTransaction {
        guard let number = self.secrets[voter]?.number else { throw TooEarly(member: voter) }
        return .election(try Voter.commit(number, choices: choices, election: self.parameters.id, random: &self.random).action)
    }

    /// The tabulating facility signs what was counted.
    package func statement(on tally: ElectionTally) throws -> GovernanceTransaction { .election(try self.facility.statement(on: tally)) }
}
