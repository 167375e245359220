/// Every bound of this module that protects it from a damaged length or an unreasonable input.
package enum LedgerLimits {
    /// The largest block that is stored or read, 100 MiB: Fabric's largest message, and the most a damaged length can make a reader allocate.
    package static let maximumBlockSizeBytes = 100 << 20

    /// A segment file that has reached this size gets no further block, 64 MiB; one block may reach beyond it.
    package static let segmentSizeBytes: UInt64 = 64 << 20

    /// What the state database keeps in memory before it writes a sorted file, 16 MiB.
    package static let stateBufferSizeBytes = 16 << 20

    /// The largest log or manifest of the state database that is read before the database opens it, 256 MiB.
    package static let maximumDatabaseLogSizeBytes: UInt64 = 256 << 20

    /// Segment files kept open for reading at the same time.
    package static let maximumOpenSegments = 32

    /// The largest number of segment files in one folder.
    package static let maximumSegments: UInt32 = 99_999_999

    /// Endorsed transactions whose private writes are held until they are in a block, and their bytes.
    package static let heldTransactions = 1024
    package static let heldBytes = 64 << 20

    /// Blocks after which private writes of a transaction that came in none are forgotten: Fabric's 1000.
    package static let heldBlocks: UInt64 = 1000

    /// The largest record of a snapshot that is read, 100 MiB: no block could have written a larger one.
    package static let maximumSnapshotRecordSizeBytes = 100 << 20

    /// The largest of a snapshot's JSON files that is read, 64 KiB; Fabric's have about one.
    package static let maximumSnapshotMetadataSizeBytes = 64 << 10

    /// The longest name of a namespace, a collection's included, and of a row of the configuration history, in a snapshot.
    package static let maximumNamespaceSizeBytes = 4 << 10

    /// The longest transaction id in a snapshot; Fabric's have 64 characters, and clients of an invalid transaction may put anything there.
    package static let maximumTransactionIDSizeBytes = 100 << 20

    /// The longest name of a channel, as Fabric has it.
    package static let maximumChannelNameSizeBytes = 249

    /// The largest block of a database table that is read, 128 MiB: LevelDB puts one value into one block.
    package static let maximumTableBlockSizeBytes = 128 << 20

    /// Findings that a check of a ledger reports one by one; more are counted.
    package static let maximumFindings = 1000

    /// Block files up to this size are replayed into memory when a ledger is checked, 32 MiB; larger ones into a database.
    package static let maximumReplayInMemoryBytes: UInt64 = 32 << 20

    /// Blocks whose place a check of a ledger remembers: the state may be so far behind the files and still be compared.
    package static let rememberedBlockEnds: UInt64 = 100_000
}
