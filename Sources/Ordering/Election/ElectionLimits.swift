/// Bounds on elections; larger ones are refused before anything is allocated for them.
package enum ElectionLimits {
    /// Members of a pool, and so voters and candidates.
    package static let members = 1_024
    /// Legitimation authorities of one election.
    package static let authorities = 16
    /// Keys that a list of used keys holds.
    package static let usedKeys = 60_000
    /// Bytes of a member's or authority's name.
    package static let nameBytes = 128
    /// Bytes of an endpoint, host and port.
    package static let endpointBytes = 255
    /// Bytes of an ECDSA signature in DER: P-256 needs at most 72.
    package static let signatureBytes = 80
    /// Bytes of a blind signature: a modulus of 4096 bits.
    package static let blindSignatureBytes = 512
    /// Bytes of a blind signer's public key in DER.
    package static let blindKeyBytes = 1_024
    /// Bytes of one action: a reveal with `members` choices of `nameBytes` is the longest.
    package static let actionBytes = 256 << 10
    /// Bytes of the parameters.
    package static let parameterBytes = 4 << 20
    /// Entries of a record: registrations, issues, commits and reveals of every member, and the statement.
    package static let entries = 8 * members
}
