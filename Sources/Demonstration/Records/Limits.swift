/// Bounds on the records that the demo reads from a folder or makes itself.
package enum RecordLimits {
    /// The largest bundle that is read, 16 MiB; a record is sealed and split in memory.
    package static let maximumRecordBytes = 16 << 20

    /// The most bundles that one run reads from a folder.
    package static let maximumRecords = 1000

    /// How deep objects and arrays of a bundle may lie in each other; FHIR's own resources stay below 20.
    package static let maximumNesting = 64

    /// The sizes that a synthetic bundle can be asked to have. Below, the seven kinds of resource do not fit.
    package static let syntheticBytes = 5_000...400_000
}
