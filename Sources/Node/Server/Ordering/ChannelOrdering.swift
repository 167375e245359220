import SelvageClient

/// A channel's ordering service on this node: takes envelopes, gives blocks, and runs until it is stopped.
package protocol ChannelOrdering: OrdererConnection, DeliverSource {
    /// What the node is to the channel now.
    var participation: Participation { get }
    func run() async throws(NodeError)
    func stop()
}

/// What a node is to a channel, in the words of Fabric's channel participation (interop 11.4).
package struct Participation: Equatable, Sendable {
    package enum Relation: String, Sendable {
        /// It takes part in ordering.
        case consenter
        /// It has the blocks, and orders nothing.
        case follower
    }

    package enum Status: String, Sendable {
        case active
        /// It was stopped.
        case inactive
        /// It stopped by itself.
        case failed
    }

    package let relation: Relation
    package let status: Status

    package init(_ relation: Relation, _ status: Status = .active) {
        self.relation = relation
        self.status = status
    }
}

extension OrderingNode: ChannelOrdering {
    /// A node that orders alone opens no other channels.
    package var participation: Participation { Participation(.consenter) }
}
