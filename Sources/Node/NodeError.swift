import LedgerModel

/// Why a node cannot start or go on: which node, and what to do.
package enum NodeError: Error, Sendable, CustomStringConvertible {
    /// The node could not open its ledger or join the channel.
    case notJoined(node: String, reason: String)
    /// The node's ledger began from a snapshot, and what is needed to go on from there is missing or wrong.
    case notStarted(node: String, SnapshotStartError)
    /// A block was refused; the chain of this node ends before it.
    case blockRefused(node: String, block: BlockNumber, reason: String)
    /// A block was not looked at any more, because one before it was refused or could not be stored.
    case blockDropped(node: String, block: BlockNumber)
    /// The node's own disk or database failed under a block, with which nothing is wrong. Nothing of it is visible; what was committed is safe.
    case storageFailed(node: String, block: BlockNumber, reason: String)
    /// The ordering node cannot make or keep a block; it stops, so that it never signs two blocks of one number.
    case orderingStopped(node: String, reason: String)
    /// No block will come any more for those who wait for a transaction.
    case noMoreBlocks(node: String, reason: String)

    package var description: String {
        switch self {
        case .notJoined(let node, let reason): "\(node) cannot join the channel: \(reason)"
        case .notStarted(let node, let error): "\(node) cannot start: \(error)"
        case .blockRefused(let node, let block, let reason): "\(node) refuses block \(block): \(reason); fetch it from another ordering node"
        case .blockDropped(let node, let block): "\(node) did not take block \(block): a block before it was not committed; send both again"
        case .storageFailed(let node, let block, let reason):
            "\(node) cannot commit block \(block): \(reason); the block is not to blame: mend the cause, start the node again and send the block again"
        case .orderingStopped(let node, let reason): "\(node) stopped ordering: \(reason); mend the cause and start it again"
        case .noMoreBlocks(let node, let reason): "\(node) gets no more blocks: \(reason)"
        }
    }
}
