/// Why a custodian keeps a share to itself. Nothing of the share is in any of these.
package enum CustodianError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such grant on the ledger that this custodian follows.
    case unknownGrant(custodian: String, grant: String)
    /// The grant is for something or someone else.
    case grantDoesNotMatch(custodian: String, reason: String)
    /// The grant is on the ledger but no longer good.
    case grantRefused(custodian: String, reason: String)
    /// The request is not signed by the grantee's registered key.
    case badSignature(custodian: String, requester: String)
    /// The request's time is too far from the custodian's.
    case outsideWindow(custodian: String, seconds: Int64)
    /// The request's nonce has not the length of one.
    case badNonce(custodian: String)
    /// The request was answered before.
    case replayed(custodian: String)
    /// The custodian holds no share of that record.
    case noShare(custodian: String, record: String, version: UInt64)
    /// The custodian cannot be reached.
    case unavailable(custodian: String)
    /// A share under that name is already held, and it is another one.
    case shareExists(custodian: String, record: String, version: UInt64)
    /// What was given for keeping is not a share file.
    case notAShare(custodian: String)
    /// A name that cannot be a file name.
    case badRecordName(custodian: String)
    /// The custodian's own storage, ledger or key failed.
    case failed(custodian: String, reason: String)

    package var description: String {
        switch self {
        case .unknownGrant(let custodian, let grant): "\(custodian): no grant \(grant) on the ledger; ask the patient for one"
        case .grantDoesNotMatch(let custodian, let reason): "\(custodian): the grant does not cover this request: \(reason)"
        case .grantRefused(let custodian, let reason): "\(custodian): the grant is no longer good: \(reason); ask the patient for a new one"
        case .badSignature(let custodian, let requester): "\(custodian): the request is not signed by the registered key of \(requester)"
        case .outsideWindow(let custodian, let seconds): "\(custodian): the request is \(seconds) s off this custodian's clock; sign a new one"
        case .badNonce(let custodian): "\(custodian): the request's nonce must have 16 bytes; sign a new one"
        case .replayed(let custodian): "\(custodian): this request was answered before; sign a new one"
        case .noShare(let custodian, let record, let version): "\(custodian): holds no share of record \(record) version \(version)"
        case .unavailable(let custodian): "\(custodian): cannot be reached; try another custodian"
        case .shareExists(let custodian, let record, let version):
            "\(custodian): already holds another share of record \(record) version \(version); upload a new version instead"
        case .notAShare(let custodian): "\(custodian): what was sent is not a share file"
        case .badRecordName(let custodian): "\(custodian): a record's id is 32 lower case hexadecimal digits"
        case .failed(let custodian, let reason): "\(custodian): \(reason)"
        }
    }
}
