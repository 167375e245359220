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
    /// Invalid transactions of one block that are reported one by one.
    package static let reportedInvalid = 16
    /// Peers and ordering nodes that the gateway asks, of one channel each, and connections to them of all channels.
    package static let gatewayNodes = 256
    package static let gatewayConnections = 4_096
    /// The longest pause before the gateway tries a connection again that has failed.
    package static let gatewayRetryMilliseconds: Int64 = 1_000
    /// Members of an etcd cluster that a node's file names.
    package static let etcdMembers = 32
    /// How long an ordering node may give nothing before others are asked whether they have more, in milliseconds; it holds a peer up so long.
    package static let silenceMs: UInt64 = 10_000
    /// How long these others may take to answer.
    package static let answerMs: UInt64 = 5_000
    /// The pause after every ordering node has failed, the first and the longest, in milliseconds; it doubles in between.
    package static let firstRetryMs: UInt64 = 100
    package static let longestRetryMs: UInt64 = 10_000
    /// Different things that a follower says between two blocks before it may repeat one.
    static let rememberedEvents = 256
    /// Snapshots that a peer has been asked for and that are not made yet.
    package static let pendingSnapshots = 1_000
}
