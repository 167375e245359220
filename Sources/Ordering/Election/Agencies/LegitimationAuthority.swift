import CryptoPrimitives
import LedgerModel

/// A legitimation authority (CLA): signs one blinded message for each member of the pool, and says so in public.
package struct LegitimationAuthority: Sendable {
    /// Its place in the parameters.
    package let index: UInt8
    private let blindKey: BlindSigningKey
    private let statementKey: SigningKey
    /// Whom it has answered, and what; a member may ask again for the same answer only.
    package private(set) var answered: [MSPID: [NumberIssue.Part]]

    /// Throws when the keys are not those that the election was opened with; `answered` is what it kept when it stopped.
    package init(
        index: UInt8, blindKey: BlindSigningKey, statementKey: SigningKey, parameters: ElectionParameters,
        answered: [MSPID: [NumberIssue.Part]] = [:]
    ) throws(ElectionAgencyError) {
        guard Int(index) < parameters.authorities.count else { throw .refused(.unknownAuthority(index)) }
        let keys = parameters.authorities[Int(index)]
        guard keys.blindKey == blindKey.verificationKey, keys.statementKey == statementKey.publicKey.x963 else { throw .otherKeys(keys.name) }
        self.index = index
        self.blindKey = blindKey
        self.statementKey = statementKey
        self.answered = answered
    }

    /// The blind signature for the voter, and the authority's signature for the public list.
    package struct Answer: Sendable {
        package let blindSignature: [UInt8]
        package let signature: [UInt8]
    }

    /// Answers a request of a member that has no number yet; `election` is the public state at `height`.
    package mutating func certify(
        _ request: NumberRequest, election: Election, at height: BlockNumber
    ) throws(ElectionAgencyError) -> Answer {
        do throws(ElectionRefusal) {
            try election.checkRequest(of: request.member, parts: request.publicParts, signature: request.signature, at: height)
        } catch {
            throw .refused(error)
        }
        if let earlier = self.answered[request.member], earlier != request.publicParts { throw .refused(.alreadyIssued(request.member)) }
        guard let part = request.parts.first(where: { $0.authority == self.index }) else { throw .refused(.unknownAuthority(self.index)) }
        let action = ElectionAction(election: election.parameters.id, step: .issue(request.issue(signatures: [])))
        do throws(CryptoError) {
            let answer = Answer(
                blindSignature: try self.blindKey.sign(blinded: part.blinded),
                signature: try self.statementKey.sign(ElectionActionFormat.signed(action, by: .authority)))
            self.answered[request.member] = request.publicParts
            return answer
        } catch {
            throw .crypto(error)
        }
    }
}

/// The tabulating facility (CTF): signs what was counted. It has no part in issuing numbers and knows no voter.
package struct TabulatingFacility: Sendable {
    private let key: SigningKey

    /// Throws when the key is not the one that the election was opened with.
    package init(key: SigningKey, parameters: ElectionParameters) throws(ElectionAgencyError) {
        guard key.publicKey.x963 == parameters.tabulator else { throw .otherKeys("the tabulating facility") }
        self.key = key
    }

    /// Its statement on a tally.
    package func statement(on tally: ElectionTally) throws(CryptoError) -> ElectionAction {
        func step(_ signature: [UInt8]) -> ElectionAction {
            ElectionAction(
                election: tally.election,
                step: .state(
                    TallyStatement(
                        issued: tally.issued, committed: tally.committed, revealed: tally.revealed, tallyHash: tally.hash, signature: signature)))
        }
        return step(try self.key.sign(ElectionActionFormat.signed(step([]), by: .tabulator)))
    }
}

/// Why an agency does not do what it was asked for.
package enum ElectionAgencyError: Error, Equatable, Sendable, CustomStringConvertible {
    case otherKeys(String)
    case refused(ElectionRefusal)
    case crypto(CryptoError)

    package var description: String {
        switch self {
        case .otherKeys(let name): "the keys of \(name) are not those that the election was opened with"
        case .refused(let refusal): "\(refusal)"
        case .crypto(let error): "\(error)"
        }
    }
}
