/// The bounds on everything this module reads from outside.
enum Limits {
    /// Longest record that EMS1 seals in one piece, in bytes (section 3.1: single-shot AES-GCM).
    static let recordBytes = 1 << 31
    /// Longest inner plaintext: the longest record with its length field, rounded up by Padme.
    static let sealedBytes = EMS1Padding.padme(recordBytes + 8)
    /// Most shares of an EMS1 record: an index is one byte and x = i + 1 must be a non-zero field element.
    static let sharesPerRecord = 255
    /// Most shares of an Eq. (1) record; building the matrix costs about t x t x (n - t) products.
    static let equation1Shares = 255
    /// Widest sub-message, in bits, for which a prime is searched (some seconds at most); longer records use block mode.
    static let wholeRecordWidth = 2048
    /// Most sets of suspects tried when Eq. (1) shares disagree.
    static let suspectSets = 100_000
    /// Most products spent on inverting matrices for these sets; above t = 50 or so this is the tighter bound.
    static let suspectProducts = 400_000_000
    /// Longest organisation name, channel, record id or grant id, in bytes.
    static let nameBytes = 1024
    /// Largest vector file read by the conformance run.
    static let vectorFileBytes = 64 << 20
    /// Most share files offered to one opening; more than every index twice is an attempt to waste time.
    static let sharesOffered = 1024
}
