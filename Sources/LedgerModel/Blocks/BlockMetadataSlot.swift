/// The positional slots of a block's metadata (interop 4.7).
package enum BlockMetadataSlot: Int, Sendable, CaseIterable {
    /// `common.Metadata` with the orderers' signatures over the header.
    case signatures = 0
    /// `common.Metadata` with the number of the last configuration block; for old clients.
    case lastConfig = 1
    /// One raw `ValidationCode` byte per transaction; empty at the orderer.
    case transactionsFilter = 2
    /// The certificate of the parent block; empty in blocks of a stock orderer.
    case orderer = 3
    /// `common.Metadata` with the commit hash.
    case commitHash = 4
}
