/// Bounds of an audit.
package enum AuditLimits {
    /// Findings that a report lists; later ones are only counted.
    package static let listedFindings = 100
    /// Bytes copied at a time.
    static let copyChunkBytes = 1 << 20
    /// Digits of a hash that a person is shown where the whole is not needed.
    static let shownDigestBytes = 6
}
