/// Bounds on what a chaincode process makes its peer hold (interop 10.3).
package enum ShimLimits {
    /// The largest message in either direction, Fabric's 100 MiB.
    package static let messageBytes = 104_857_600
    /// Transactions at a time on one stream: as many as the gateway takes calls, and fewer than a peer runs, so that a chaincode that hangs does not stop the others.
    package static let transactions = 512
    /// Histories of keys that one transaction has open at a time.
    package static let openHistories = 100
    /// The most results of one page; the limit of Fabric's default configuration.
    package static let pageResults: Int32 = 100_000
    /// Records of a batch of writes, and keys of a batch of reads, that are announced to the chaincode.
    package static let batchRecords: UInt32 = 1_000
    /// The longest name under which a chaincode registers, in bytes.
    package static let nameBytes = 256
    /// The most of a chaincode's own words that is passed on, in bytes.
    package static let reasonBytes = 16 << 10
}
