import LedgerModel

/// Why an action of an election does not count. The state is as it was before.
package enum ElectionRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The step belongs to another phase than the one of the height.
    case wrongPhase(needed: ElectionPhase, now: ElectionPhase)
    /// The height is below that of an earlier action.
    case heightGoesBack(from: BlockNumber, to: BlockNumber)
    /// The action names another election, or the same one of another chain.
    case otherElection
    /// Fields of a wrong length, which only a caller's mistake gives; the reader of bytes refuses them earlier.
    case malformed(String)
    /// The election was stopped.
    case void(VoidElection)

    case notAMember(MSPID)
    case mayNotStand(MSPID)
    case alreadyRegistered(MSPID)
    /// Another candidate has this consensus key, or it was used or burned before, or it is an identity key.
    case keyInUse(MSPID)
    case wrongSignature(of: String)
    /// A secret ballot in an election by stake, or an open one where ballots are secret.
    case wrongMode(WeightMode)
    case hasVoted(MSPID)

    case alreadyIssued(MSPID)
    case unknownAuthority(UInt8)
    case tooFewAuthorities(found: Int, needed: Int)
    /// The authority's signature is not one of this number in this election on this chain.
    case unknownNumber(authority: UInt8)
    case numberUsed
    case noSuchBallot
    case alreadyRevealed
    case otherBallot
    case tooManyChoices(found: Int, most: Int)
    case notACandidate(MSPID)
    /// Choices that are not ascending, or one twice.
    case choicesOutOfOrder

    case alreadyTallied
    case notTallied
    case alreadyStated

    package var description: String {
        switch self {
        case .wrongPhase(let needed, let now): "this belongs to the phase '\(needed)', and the phase is '\(now)'"
        case .heightGoesBack(let from, let to): "height \(to) comes after height \(from); actions are taken in the order of the chain"
        case .otherElection: "the action belongs to another election or chain; make it anew for this one"
        case .malformed(let field): "\(field) has a wrong length"
        case .void(let reason): "the election is void: \(reason)"
        case .notAMember(let id): "\(id) is not in the pool of this election"
        case .mayNotStand(let id): "\(id) may vote and not stand here: it is barred from office, or has a place already"
        case .alreadyRegistered(let id): "\(id) has registered already; one registration counts"
        case .keyInUse(let id): "the consensus key of \(id) is in use or was used before; make a new one"
        case .wrongSignature(let signer): "the signature of \(signer) is wrong: another key signed, or something was changed"
        case .wrongMode(.members): "ballots are secret in this election: get a validation number, and cast a closed ballot"
        case .wrongMode(.stake): "ballots count by stake in this election and are open: sign one ballot with the member's identity"
        case .hasVoted(let id): "\(id) has voted already; its first ballot counts"
        case .alreadyIssued(let id): "\(id) has a validation number already; each member gets one"
        case .unknownAuthority(let index): "there is no authority \(index) in this election"
        case .tooFewAuthorities(let found, let needed): "\(found) authorities have signed, \(needed) are needed"
        case .unknownNumber(let authority):
            "the validation number is unknown: it does not bear the signature of authority \(authority) for this election"
        case .numberUsed: "the validation number was used already; each counts once"
        case .noSuchBallot: "no ballot was cast under this key"
        case .alreadyRevealed: "the ballot was opened already"
        case .otherBallot: "this is not the ballot that was cast: choices or salt differ from what was committed to"
        case .tooManyChoices(let found, let most): "\(found) candidates are approved, at most \(most) may be"
        case .notACandidate(let id): "\(id) does not stand in this election"
        case .choicesOutOfOrder: "choices must be in ascending order, each once"
        case .alreadyTallied: "the tally is made already"
        case .notTallied: "the tally is not made yet"
        case .alreadyStated: "the tabulating facility has published its statement already"
        }
    }
}

/// Why an election has no result.
package enum VoidElection: Error, Equatable, Sendable, CustomStringConvertible {
    /// More ballots bear valid numbers than numbers were issued: the authorities made some for themselves.
    case moreBallotsThanNumbers(issued: Int, ballots: Int)

    package var description: String {
        switch self {
        case .moreBallotsThanNumbers(let issued, let ballots):
            "\(ballots) ballots bear valid numbers, but \(issued) were issued in public; the authorities have made numbers for themselves"
        }
    }
}
