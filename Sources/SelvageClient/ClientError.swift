import CryptoPrimitives
import LedgerModel

/// Why a call did not become a valid transaction: the stage, who said so, and what to do.
package enum ClientError: Error, Sendable, CustomStringConvertible {
    /// No peer was asked.
    case noEndorsement
    /// The chaincode answered with an error; its own text is kept.
    case chaincode(peer: String, status: Int32, message: String)
    /// A peer would not simulate the proposal.
    case refused(peer: String, reason: String)
    /// The peer answered without an endorsement.
    case notEndorsed(peer: String)
    /// The endorsers' results differ: the chaincode is not deterministic, or one peer is behind.
    case endorsersDisagree(EndorsementDifference)
    /// The ordering service did not take the envelope.
    case notOrdered(transaction: TransactionID, status: Int32, reason: String)
    /// The ordering service took the envelope, and the peer has no block with it in time; it may come later.
    case notCommitted(peer: String, transaction: TransactionID, seconds: Int64)
    /// The transaction is in a block and has no effect.
    case invalid(CommitStatus)
    /// The identity cannot sign.
    case signing(CryptoError)

    package var description: String {
        switch self {
        case .noEndorsement: "endorse: no peer was asked; name at least one"
        case .chaincode(let peer, let status, let message): "endorse: \(peer): chaincode response \(status), \(message)"
        case .refused(let peer, let reason): "endorse: \(peer) refused: \(reason)"
        case .notEndorsed(let peer): "endorse: \(peer) answered but did not endorse; ask another peer of its organisation"
        case .endorsersDisagree(let difference): "endorse: \(difference); submit again, and if it stays, make the chaincode deterministic"
        case .notOrdered(let transaction, let status, let reason): "order: transaction \(transaction): status \(status), \(reason)"
        case .notCommitted(let peer, let transaction, let seconds):
            "commit: transaction \(transaction.text.prefix(8))… was taken, and after \(seconds) s \(peer) has no block with it; ask for its status again later, "
                + "and send it a second time only if it is in no block"
        case .invalid(let status):
            "commit: transaction \(status.transaction.text.prefix(8))… in block \(status.block) is invalid: \(status.code)"
                + (status.reason.map { ": \($0)" } ?? "")
        case .signing(let error): "sign: \(error)"
        }
    }
}
