import LedgerModel

/// Why a governance transaction may not stand in a block of this height. A block with one that may not is invalid.
package enum GovernanceRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(MessageError)
    /// The fork alarm was raised: nothing is ordered until people have looked.
    case halted
    case notAMember(MSPID)
    case wrongSignature(of: String)
    /// The certificate of a consensus key is not one of its member for ordering, or of another key.
    case certificate(MSPID, reason: String)
    case keyInUse(MSPID)
    case endpoint(MSPID)
    case barred(MSPID)
    case notInOffice(MSPID)
    case alreadyResigned(MSPID)
    case alreadyRotated(MSPID)
    case otherKey(named: UInt32, now: UInt32)
    case otherEpoch(named: UInt64, now: UInt64)
    case noAgencies
    case electionRunning
    case noElection
    /// The moment for this election has not come, or there is nothing to elect.
    case notDue(String)
    case schedule
    case parameters(ElectionParameterError)
    case election(ElectionRefusal)
    case evidence(EvidenceRefusal)
    case tooMuchEvidence
    case heartbeat(String)
    /// Below the service threshold only governance and configuration are ordered.
    case warmingUp(height: UInt64, threshold: UInt64)

    package var description: String {
        switch self {
        case .malformed(let error): "\(error)"
        case .halted: "the fork alarm was raised: keep all certificates, find the culprits, and restart the chain by agreement of the members"
        case .notAMember(let id): "\(id) is not in the pool; a configuration update admits members"
        case .wrongSignature(let signer): "the signature of \(signer) is wrong: another key signed, or something was changed"
        case .certificate(let id, let reason): "the certificate of \(id)'s consensus key cannot be used: \(reason)"
        case .keyInUse(let id): "the consensus key of \(id) is in use or was used before; make a new one"
        case .endpoint(let id): "the endpoint of \(id) is not host and port"
        case .barred(let id): "\(id) is barred from office; only a vote of the members can lift that"
        case .notInOffice(let id): "\(id) holds no office"
        case .alreadyResigned(let id): "\(id) has resigned already"
        case .alreadyRotated(let id): "\(id) has a new key already, which takes over at the next boundary; one change between two boundaries counts"
        case .otherKey(let named, let now): "it is about consenter \(named), and the member's key has the number \(now); make it anew"
        case .otherEpoch(let named, let now): "it is for epoch \(named), and the epoch is \(now); make it anew"
        case .noAgencies: "the settings name no agencies, so no election can be held; a configuration update adds them"
        case .electionRunning: "an election is running; wait for its tally"
        case .noElection: "no election is running"
        case .notDue(let reason): "no election can be opened now: \(reason)"
        case .schedule: "the phases begin in the past, are shorter than the settings demand, or reach too far into the future"
        case .parameters(let error): "\(error)"
        case .election(let refusal): "\(refusal)"
        case .evidence(let refusal): "\(refusal)"
        case .tooMuchEvidence: "the block holds more than \(GovernanceLimits.evidencePerBlock) pieces of evidence; send the rest for later blocks"
        case .heartbeat(let reason): "the heartbeat is wrong: \(reason)"
        case .warmingUp(let height, let threshold):
            "warming up (\(height) of \(threshold)): only governance and configuration are ordered until height \(threshold)"
        }
    }
}

/// Why evidence proves nothing, or nothing new.
package enum EvidenceRefusal: String, Error, Hashable, Sendable, CustomStringConvertible {
    case enough = "so many offences of this key are proven already that one more changes nothing"
    case alreadyKnown = "this offence is on the chain already"
    case tooOld = "the offence is older than evidence may be"
    case inTheFuture = "it is about a height that is not decided yet"
    case notInOffice = "the accused was not in office at that height"
    case wrongSignature = "a signature is not the accused's on this chain, epoch and height"
    case malformed = "a field is out of its range"
    case sameContent = "both messages say the same; signing one thing twice is no offence"
    case noContradiction = "the two messages may both come from an honest member"
    case notItsTurn = "the accused was not the proposer of that round; accuse it of proposing in another's turn"
    case itsOwnTurn = "the accused was the proposer of that round"
    case noFault = "the proposal has the value that it must have"
    case unknownHeight = "the block that it has to be compared with is not known"
    case notInBlock = "the envelope is not in that block"
    case notRepeated = "the transaction was not on the chain before"
    case tooEarly = "the accused has not had the promised number of turns yet"
    case notItsBlock = "the accused did not propose the block that is named"
    case noRoom = "the block that is named had no room for the transaction"
    case ordered = "the transaction was ordered in time"
    case notOwed = "the transaction could not be ordered: it was too old, its creator may not write, or it is governance's own"
    case otherConfiguration = "the configuration has changed since, so the limits of that block are not known any more"
    case notProvable = "wrong answers cannot be proven yet: there are no proofs of the state to compare them with"
    case rightAnswer = "the proof establishes the very answer that was given, or none"

    package var description: String { self.rawValue }
}
