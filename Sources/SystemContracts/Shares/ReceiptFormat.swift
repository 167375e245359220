import Chaincode

// Keys and values of the namespace "shares". All values are canonical JSON (names sorted by bytes, no spaces, whole numbers).
//
// "receipt/" recordID "/" transactionID = { as, at, bad, by, good, grantId, mspId, recordId, transactionId, version }
//
// as      = "owner" / "author" / "delegate" / "grantee"      ; the right by which the caller reconstructed
// good    = array of share indexes, ascending, from 0
// bad     = array of { index, position, reason }             ; in the order offered; index is null when the file names none
// reason  = "badMagic" / "unsupportedSuite" / "badShareFormat" / "truncatedShare" / "trailingBytes" / "shareCommitmentMismatch" / "duplicateIndex"
// grantId = null unless `as` is "grantee"
// at      = seconds since 1970
//
// No byte of a fragment or of the ciphertext is in it. Golden bytes: SharesFormatTests.

/// The keys of the state of share reconstruction.
enum ReceiptKey {
    static func prefix(_ recordID: String) -> String { "receipt/" + recordID + "/" }
    static func receipt(_ recordID: String, _ transactionID: String) -> String { prefix(recordID) + transactionID }
}
