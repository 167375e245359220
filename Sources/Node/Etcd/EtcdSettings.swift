import SelvageClient

/// How a node reaches the etcd cluster on which it orders channels.
package struct EtcdSettings: Sendable {
    /// The members' client ports.
    package var endpoints: [NodeAddress]
    /// Nil for plain text.
    package var tls: ClientTLS?
    /// What all keys begin with.
    package var root: String
    /// Where the other ordering nodes reach this one, "host:port"; no two have the same.
    package var address: String
    /// How long a lease outlives its holder.
    package var leaseSeconds: Int64
    /// How long one call may take.
    package var callSeconds: Int64
    /// Whether the holder of the lease has etcd forget old revisions, of all keys; false where others share the cluster.
    package var compacts: Bool
    /// How often old blocks are deleted from etcd.
    package var housekeepingSeconds: Int64
    /// Blocks that stay in etcd below those that every live consenter has.
    package var keptBlocks: UInt64

    package init(
        endpoints: [NodeAddress], tls: ClientTLS? = nil, root: String = "selvage", address: String, leaseSeconds: Int64 = 5,
        callSeconds: Int64 = 3, compacts: Bool = true, housekeepingSeconds: Int64 = 60, keptBlocks: UInt64 = 64
    ) {
        self.endpoints = endpoints
        self.tls = tls
        self.root = root
        self.address = address
        self.leaseSeconds = leaseSeconds
        self.callSeconds = callSeconds
        self.compacts = compacts
        self.housekeepingSeconds = housekeepingSeconds
        self.keptBlocks = keptBlocks
    }
}

/// Bounds and intervals of a node that orders on etcd.
enum EtcdNodeLimits {
    /// Envelopes that wait for their answer at one node.
    static let waitingEnvelopes = 20_000
    /// How often a connection is pinged, and how long the answer may take; etcd takes no more than one ping in 5 s.
    static let pingSeconds: Int64 = 10
    static let pingAnswerSeconds: Int64 = 5
    /// A member's file is made smaller when so much of it is empty, and that is more than half.
    static let emptyFileBytes: Int64 = 64 << 20
    /// The longest time that a member takes to make its file smaller.
    static let defragmentSeconds: Int64 = 120
    /// How long the end of a node may wait for the end of its lease.
    static let farewellMilliseconds: Int64 = 1_000
    /// How long one other ordering node is asked for blocks.
    static let fetchMilliseconds: Int64 = 10_000
    /// Connections to other ordering nodes that have held the lease.
    static let forwardConnections = 64
}
