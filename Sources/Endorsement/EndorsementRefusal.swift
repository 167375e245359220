import LedgerModel

/// Why an endorser did not even run a proposal; on the wire a call that fails with this text, as Fabric words it.
package enum EndorsementRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// A part of the proposal is missing or does not parse.
    case malformed(MessageError)
    /// The proposal is over the size that a node accepts.
    case tooLarge(sizeBytes: Int)
    /// The certificate of the creator has expired: enroll again.
    case creatorExpired(MSPID)
    /// The proposal's time is not near the endorser's: set the client's clock, or sign a new proposal.
    case outsideTimeWindow
    /// A header field has a value that it must not have.
    case badHeader(reason: String)
    /// The transaction id is not the hash of nonce and creator.
    case wrongTransactionID
    /// The creator is unknown, not valid, or did not sign this; which of them is not told.
    case accessDenied(ChannelID, MSPID)
    /// The transaction id is on the ledger already: make a new proposal.
    case duplicateTransaction(TransactionID)
    /// The creator's organisation may not propose on this channel.
    case notWriter(ChannelID, Namespace, missing: String)
    /// The endorser's own ledger or key failed; ask another one.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .malformed(let error): "error validating proposal: \(error)"
        case .tooLarge(let size): "error validating proposal: \(size) bytes, the limit is \(EndorsementLimits.proposalBytes)"
        case .creatorExpired(let organization): "error validating proposal: proposal client identity expired: \(organization); enroll again"
        case .outsideTimeWindow:
            "error validating proposal: its time is more than \(EndorsementLimits.timeWindowSeconds / 60) minutes from this peer's; check the clock"
        case .badHeader(let reason): "error validating proposal: \(reason)"
        case .wrongTransactionID: "error validating proposal: the transaction id is not the hash of nonce and creator"
        case .accessDenied(let channel, let organization):
            "error validating proposal: access denied: channel [\(channel)] creator org [\(organization)]"
        case .duplicateTransaction(let id): "duplicate transaction found [\(id)]; propose again with a new nonce"
        case .notWriter(let channel, let chaincode, let missing):
            "failed evaluating policy on signed data during check policy on channel [\(channel)] for chaincode \(chaincode): \(missing)"
        case .failed(let reason): "endorsement failed: \(reason)"
        }
    }
}
