/// Why a message was not taken in. The sender is wrong or late; the host counts them.
package enum ConsensusRefusal: String, Error, Hashable, Sendable, CustomStringConvertible {
    case malformed = "a field is out of its range, or the parts do not fit together"
    case stranger = "it is signed by nobody of the committee"
    case badSignature = "a signature is wrong"
    case tooFewSigners = "it has too few signers to prove anything"
    case wrongProposer = "it proposes in the turn of another member"
    case outOfPlace = "it comes in the wrong height or order"

    package var description: String { self.rawValue }
}
