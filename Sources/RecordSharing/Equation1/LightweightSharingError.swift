/// Why an Eq. (1) record could not be split or recovered.
public enum LightweightSharingError: Error, Equatable, Sendable, CustomStringConvertible {
    case invalidThreshold(threshold: Int, shares: Int)
    case fieldTooSmall(shares: Int)
    case valueNotRepresentable(subMessage: Int, block: Int)
    case recordLengthMismatch(bytes: Int, bits: Int)
    case recordTooLong(bits: Int)
    case badShareFormat
    case headersDiffer(position: Int)
    case indexOutOfRange(Int)
    case duplicateIndex(Int)
    case shareLengthMismatch(index: Int, expected: Int, found: Int)
    case elementOutOfRange(index: Int, block: Int)
    case notEnoughShares(given: Int, needed: Int)
    case inconsistentShares
    case paddingNotZero

    /// What happened and what to do about it; never holds bytes of a record or share.
    public var description: String {
        switch self {
        case .invalidThreshold(let threshold, let shares):
            "a threshold of \(threshold) among \(shares) shares is impossible; choose 2 <= t <= n <= \(Limits.equation1Shares)"
        case .fieldTooSmall(let shares):
            "the prime is not above \(shares), the number of shares; use lossless or block mode for a record this short"
        case .valueNotRepresentable(let subMessage, let block):
            "sub-message \(subMessage) of block \(block) is not below the prime and would come back changed; use lossless or block mode"
        case .recordLengthMismatch(let bytes, let bits):
            "\(bytes) bytes are not \(bits) bits with zeros after the last; give the record with its length"
        case .recordTooLong: "the record is too long for this mode; use block mode, or split it"
        case .badShareFormat: "these bytes are not a share of this scheme; ask the holder for its copy again"
        case .headersDiffer(let position): "share \(position) of the list belongs to another record or splitting; leave it out"
        case .indexOutOfRange(let index): "there is no share \(index); indexes go from 1 to n"
        case .duplicateIndex(let index): "share \(index) was given twice; give each once"
        case .shareLengthMismatch(let index, let expected, let found):
            "share \(index) has \(found) bytes instead of \(expected); ask the holder for its copy again"
        case .elementOutOfRange(let index, let block): "share \(index) has a number at or above the prime in block \(block); leave it out"
        case .notEnoughShares(let given, let needed): "\(given) shares are given, \(needed) are needed; ask other holders"
        case .inconsistentShares: "the shares contradict each other and there are too few to tell which are wrong; ask for more shares"
        case .paddingNotZero: "the recovered padding is not zero, so a share is wrong; ask for more shares"
        }
    }

    /// The name of the case, as vector files write it.
    var name: String {
        switch self {
        case .invalidThreshold: "invalidThreshold"
        case .fieldTooSmall: "fieldTooSmall"
        case .valueNotRepresentable: "valueNotRepresentable"
        case .recordLengthMismatch: "recordLengthMismatch"
        case .recordTooLong: "recordTooLong"
        case .badShareFormat: "badShareFormat"
        case .headersDiffer: "headersDiffer"
        case .indexOutOfRange: "indexOutOfRange"
        case .duplicateIndex: "duplicateIndex"
        case .shareLengthMismatch: "shareLengthMismatch"
        case .elementOutOfRange: "elementOutOfRange"
        case .notEnoughShares: "notEnoughShares"
        case .inconsistentShares: "inconsistentShares"
        case .paddingNotZero: "paddingNotZero"
        }
    }
}
