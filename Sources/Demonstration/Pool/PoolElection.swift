import CryptoPrimitives
import Identity
import LedgerModel
import Ordering

/// An election on the chain, with every part played by whom it belongs to: candidates, voters, relays and the two agencies.
///
/// What an institution keeps to itself, its number and its ballot, is in its own entry here and never leaves it before its time.
struct PoolElection {
    /// What one voter keeps.
    private struct Secret {
        let number: ValidationNumber
        var ballot: BallotSecret?
    }

    let parameters: ElectionParameters
    private var authority: LegitimationAuthority
    private let facility: TabulatingFacility
    private var secrets: [MSPID: Secret] = [:]
    private var random = SystemRandomSource()

    /// - Parameter blindKey: The key that the legitimation authority has made for this election.
    init(_ parameters: ElectionParameters, agencies: AgencyKeys, blindKey: BlindSigningKey) throws {
        self.parameters = parameters
        self.authority = try LegitimationAuthority(index: 0, blindKey: blindKey, statementKey: agencies.authority, parameters: parameters)
        self.facility = try TabulatingFacility(key: agencies.tabulator, parameters: parameters)
    }

    /// The candidate proves by two signatures that it is the institution and that it holds the consensus key.
    func registration(of candidate: Institution, with key: OrderingKey) throws -> GovernanceTransaction {
        let action = try Candidacy.register(
            member: candidate.id, identity: candidate.identityKey, consensusKey: key.key, endpoint: "\(key.endpoint)", election: self.parameters.id)
        return .registerCandidate(certificate: key.identity.certificate.pem, action)
    }

    /// The voter asks with a blinded message; the authority signs it without seeing it, and says in public who has received a number.
    mutating func issue(to voter: Institution, state: Election, at height: BlockNumber) throws -> GovernanceTransaction {
        let (request, pending) = try Voter.request(
            member: voter.id, identity: voter.identityKey, parameters: self.parameters, random: &self.random)
        let answer = try self.authority.certify(request, election: state, at: height)
        self.secrets[voter.id] = Secret(number: try Voter.number(pending, answers: [answer.blindSignature], parameters: self.parameters))
        return .election(ElectionAction(election: self.parameters.id, step: .issue(request.issue(signatures: [answer.signature]))))
    }

    /// The voter closes its ballot; nothing in it names the voter.
    mutating func ballot(of voter: Institution, approving choices: [MSPID]) throws -> GovernanceTransaction {
        guard let number = self.secrets[voter.id]?.number else { throw StoryError.unexpectedAnswer(voter.id.text) }
        let (action, ballot) = try Voter.commit(number, choices: choices, election: self.parameters.id, random: &self.random)
        self.secrets[voter.id]?.ballot = ballot
        return .election(action)
    }

    /// The voter opens its ballot.
    func opening(of voter: Institution) throws -> GovernanceTransaction {
        guard let secret = self.secrets[voter.id], let ballot = secret.ballot else { throw StoryError.unexpectedAnswer(voter.id.text) }
        return .election(try Voter.reveal(secret.number, ballot, election: self.parameters.id))
    }

    /// Whether the voter finds its own ballot in the public record.
    func finds(_ voter: Institution, in state: Election) -> Bool {
        guard let secret = self.secrets[voter.id], let ballot = secret.ballot else { return false }
        return state.holds(ballot, of: secret.number)
    }

    /// A second ballot under a number that was used: what a cheating voter would send.
    mutating func secondBallot(of voter: Institution, approving choices: [MSPID]) throws -> GovernanceTransaction {
        guard let number = self.secrets[voter.id]?.number else { throw StoryError.unexpectedAnswer(voter.id.text) }
        return .election(try Voter.commit(number, choices: choices, election: self.parameters.id, random: &self.random).action)
    }

    /// The tabulating facility signs what was counted.
    func statement(on tally: ElectionTally) throws -> GovernanceTransaction { .election(try self.facility.statement(on: tally)) }
}
