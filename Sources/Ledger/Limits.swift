/// Every bound of this module that protects it from a damaged length or an unreasonable input.
package enum LedgerLimits {
    /// The largest block that is stored or read, 100 MiB: Fabric's largest message, and the most a damaged length can make a reader allocate.
    package static let maximumBlockSizeBytes = 100 << 20

    /// A segment file that has reached this size gets no further block, 64 MiB; one block may reach beyond it.
    package static let segmentSizeBytes: UInt64 = 64 << 20

    /// Segment files kept open for reading at the same time.
    package static let maximumOpenSegments = 32

    /// The largest number of segment files in one folder.
    package static let maximumSegments: UInt32 = 99_999_999

    /// Metadata entries of one key that are read back; the peers of a channel write one.
    package static let maximumMetadataEntries: UInt64 = 1024
}
