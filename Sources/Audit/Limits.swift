/// Bounds of an audit.
package enum AuditLimits {
    /// Findings that a report lists; later ones are only counted.
    package static let listedFindings = 100
    /// The largest written-down state that is read, 512 MiB: it is held in memory as a whole.
    static let stateDocumentBytes: UInt64 = 512 << 20
    /// Bytes copied at a time.
    static let copyChunkBytes = 1 << 20
}
