/// Why one share, fragment or key part of an EMS1 record was left out.
public enum EMS1ShareError: String, Error, Equatable, Sendable, CustomStringConvertible {
    case badMagic, unsupportedSuite, badShareFormat, truncatedShare, trailingBytes, shareCommitmentMismatch, duplicateIndex

    /// What is wrong with the share and what to do about it.
    public var description: String {
        switch self {
        case .badMagic: "these bytes are not an EMS1 share; give the share file itself"
        case .unsupportedSuite: "the share uses a suite this version does not know; open it with a newer version"
        case .badShareFormat: "a field of the share is impossible; ask the custodian for its copy again"
        case .truncatedShare: "the share ends too early; ask the custodian for its copy again"
        case .trailingBytes: "bytes follow the end of the share; ask the custodian for its copy again"
        case .shareCommitmentMismatch: "the share does not lead to the published commitment: it was altered or belongs to another record or epoch"
        case .duplicateIndex: "another share with this index was already accepted; one of each index counts"
        }
    }
}

/// What became of one offered share: its place in the offered list, its index if it could be read, and the reason if it was left out.
public struct EMS1ShareVerdict: Equatable, Sendable {
    /// The place in the list that was offered, from 0.
    public let position: Int
    /// The share index that the file names, if it could be read.
    public let index: Int?
    /// Why it was left out, or nil if it was accepted.
    public let error: EMS1ShareError?
}

/// Why sealing, opening or renewing an EMS1 record failed as a whole.
public enum EMS1Error: Error, Equatable, Sendable, CustomStringConvertible {
    case invalidThreshold(threshold: Int, shares: Int)
    case recordTooLong(bytes: Int)
    case tooManySharesOffered(Int)
    case notEnoughValidShares(valid: Int, needed: Int?, verdicts: [EMS1ShareVerdict])
    case contextMismatch
    case keyCommitmentMismatch
    case paddingNotZero
    case authenticationFailed
    case badInnerPadding
    case sealedObjectDigestMismatch
    case inconsistentDealer
    case epochExhausted
    case invalidIndex(Int)
    case badSecretLength
    case cryptographyFailed

    /// What happened and what to do about it; never holds bytes of a record, share or key.
    public var description: String {
        switch self {
        case .invalidThreshold(let threshold, let shares):
            "a threshold of \(threshold) among \(shares) shares is impossible; choose 2 <= t <= n <= 255"
        case .recordTooLong(let bytes): "the record has \(bytes) bytes, more than \(Limits.recordBytes); split it first"
        case .tooManySharesOffered(let count): "\(count) shares were offered, more than \(Limits.sharesOffered); offer one of each index"
        case .notEnoughValidShares(let valid, let needed, let verdicts):
            "\(valid) valid shares, but \(needed.map(String.init) ?? "an unknown number of") are needed; \(verdicts.count - valid) of "
                + "\(verdicts.count) were left out, each with its reason: ask other custodians"
        case .contextMismatch: "the record was sealed for another context; open it with the context it was sealed with"
        case .keyCommitmentMismatch: "the key shares give a key that the header does not commit to: whoever sealed the record committed wrong shares"
        case .paddingNotZero: "the padding of the last fragment is not zero: whoever sealed the record committed wrong fragments"
        case .authenticationFailed: "the ciphertext does not authenticate: whoever sealed the record committed wrong fragments"
        case .badInnerPadding: "the length or padding inside the sealed record is impossible: it was not sealed by this construction"
        case .sealedObjectDigestMismatch: "the fragments lead to the published root but not to the published digest of the sealed object"
        case .inconsistentDealer: "the shares are committed but do not belong together, so they cannot be renewed; seal the record again"
        case .epochExhausted: "the last epoch number is used; seal the record again"
        case .invalidIndex(let index): "there can be no share with index \(index)"
        case .badSecretLength: "a key, record id or coefficient has the wrong length or number"
        case .cryptographyFailed: "the cryptographic library refused an operation that cannot fail on valid input"
        }
    }

    /// The name of the case, as vector files write it.
    package var name: String {
        switch self {
        case .invalidThreshold: "invalidThreshold"
        case .recordTooLong: "recordTooLong"
        case .tooManySharesOffered: "tooManySharesOffered"
        case .notEnoughValidShares: "notEnoughValidShares"
        case .contextMismatch: "contextMismatch"
        case .keyCommitmentMismatch: "keyCommitmentMismatch"
        case .paddingNotZero: "paddingNotZero"
        case .authenticationFailed: "authenticationFailed"
        case .badInnerPadding: "badInnerPadding"
        case .sealedObjectDigestMismatch: "sealedObjectDigestMismatch"
        case .inconsistentDealer: "inconsistentDealer"
        case .epochExhausted: "epochExhausted"
        case .invalidIndex: "invalidIndex"
        case .badSecretLength: "badSecretLength"
        case .cryptographyFailed: "cryptographyFailed"
        }
    }
}
