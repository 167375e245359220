/// Bounds of a node that is a process of its own.
extension NodeLimits {
    /// A node's file, and each file that it names.
    package static let nodeFileBytes = 1 << 20
    /// The largest genesis block that is joined.
    package static let genesisBytes = 16 << 20
    /// The largest request to the admin port, Fabric's 1 MB, and how long a connection to it may be silent.
    package static let adminBodyBytes = 1 << 20
    package static let adminIdleSeconds: Int64 = 60
    /// Channels of one node.
    package static let channels = 256
    /// How long an ordering node may give nothing before the next one is asked, in milliseconds. One that withholds blocks holds a peer up so long.
    package static let silenceMs: UInt64 = 10_000
    /// The pause after every ordering node has failed, the first and the longest, in milliseconds; it doubles in between.
    package static let firstRetryMs: UInt64 = 100
    package static let longestRetryMs: UInt64 = 10_000
}
