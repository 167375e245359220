import LedgerModel

/// Why a Deliver request ends (interop 7.4); a client sees the status alone.
package enum DeliverRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// Envelope, payload or headers do not parse or are missing.
    case malformed(MessageError)
    case noTimestamp
    /// The request's time is too far from the node's.
    case outsideTimeWindow
    /// The request does not name the certificate of its connection.
    case wrongCertificate
    case unknownChannel(ChannelID)
    case badRange(reason: String)
    case accessDenied(missing: String)
    /// The certificate of who asks is over.
    case expired
    /// The block does not exist, or not yet for one who does not wait.
    case notFound(block: UInt64)
    /// A stored block cannot be read.
    case unreadable(block: UInt64, reason: String)
    /// New blocks cannot come at present, and the request is strict.
    case outage
    /// The node stops.
    case stopping

    /// A `common.Status` number.
    package var status: Int32 {
        switch self {
        case .malformed, .noTimestamp, .outsideTimeWindow, .wrongCertificate, .badRange: 400
        case .accessDenied, .expired: 403
        case .unknownChannel, .notFound: 404
        case .unreadable: 500
        case .outage, .stopping: 503
        }
    }

    package var description: String {
        switch self {
        case .malformed(let error): "\(error)"
        case .noTimestamp: "the channel header has no timestamp"
        case .outsideTimeWindow:
            "the time of the request is more than \(WireLimits.deliverWindowSeconds / 60) minutes from this node's; check the clock"
        case .wrongCertificate: "the request does not carry the hash of the TLS certificate of its connection"
        case .unknownChannel(let channel): "channel \(channel) is not here"
        case .badRange(let reason): reason
        case .accessDenied(let missing): "access denied: \(missing)"
        case .expired: "the certificate of the client has expired; enroll again"
        case .notFound(let block): "block \(block) is not here"
        case .unreadable(let block, let reason): "block \(block) cannot be read: \(reason)"
        case .outage: "this node does not learn of new blocks at present; ask another one, or ask for what is there with BEST_EFFORT"
        case .stopping: "the node is being stopped; ask another one"
        }
    }
}
