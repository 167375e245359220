import LedgerModel

/// Why a link between members is not made or ends; what goes over the wire of it is in `CommitteeService`.
package enum CommitteeLinkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection has no TLS, or the other side showed no certificate.
    case noCertificate
    /// This node has no member of that chain.
    case unknownChain
    /// The chain does not name the member, or its key is burned.
    case stranger(consenter: UInt32)
    /// The link is meant for another member than the one that is here.
    case notMeantForUs(consenter: UInt32)
    /// The configuration names another TLS certificate for the member.
    case wrongTLSCertificate(consenter: UInt32)
    /// The proof is not signed by the member's key, or for another connection.
    case notProven(consenter: UInt32)
    /// The proofs took too long.
    case tooSlow
    /// Bytes that are not what they should be.
    case malformed(MessageError)
    /// A message is larger than its lane allows.
    case tooLarge(sizeBytes: Int, limit: Int)
    /// A parcel of one lane came in another.
    case wrongLane
    /// The same member has made a newer link of the same lane.
    case replaced
    /// The other side has ended the stream.
    case ended
    /// The node stops.
    case stopping

    package var description: String {
        switch self {
        case .noCertificate: "members speak over TLS and both show a certificate: give this node a pair for TLS"
        case .unknownChain: "no member of this channel runs here: check the member's address in the configuration"
        case .stranger(let id): "member \(id) is not known to the channel, or its key is burned"
        case .notMeantForUs(let id): "the link is meant for member \(id), which does not run here: check the addresses in the configuration"
        case .wrongTLSCertificate(let id): "member \(id) shows another TLS certificate than the configuration names: update the configuration first"
        case .notProven(let id): "the proof of being member \(id) is not right"
        case .tooSlow: "the proofs took too long"
        case .malformed(let error): error.description
        case .tooLarge(let size, let limit): "a message of \(size) bytes is larger than its lane allows, \(limit)"
        case .wrongLane: "a parcel came in the lane of another kind"
        case .replaced: "the member has made a newer link"
        case .ended: "the other side has ended the stream"
        case .stopping: "the node is being stopped"
        }
    }
}
