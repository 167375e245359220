import LedgerModel

/// Why a node cannot start or go on: which node, and what to do.
package enum NodeError: Error, Sendable, CustomStringConvertible {
    /// The node could not open its ledger or join the channel.
    case notJoined(node: String, reason: String)
    /// A block was refused; the chain of this node ends before it.
    case blockRefused(node: String, block: BlockNumber, reason: String)
    /// The ordering node cannot make or keep a block; it stops, so that it never signs two blocks of one number.
    case orderingStopped(node: String, reason: String)
    /// No block will come any more for those who wait for a transaction.
    case noMoreBlocks(node: String, reason: String)
    /// A node's files could not be written.
    case files(HostFileError)

    package var description: String {
        switch self {
        case .notJoined(let node, let reason): "\(node) cannot join the channel: \(reason)"
        case .blockRefused(let node, let block, let reason): "\(node) refuses block \(block): \(reason); fetch it from another ordering node"
        case .orderingStopped(let node, let reason): "\(node) stopped ordering: \(reason); mend the cause and start it again"
        case .noMoreBlocks(let node, let reason): "\(node) gets no more blocks: \(reason)"
        case .files(let error): "\(error)"
        }
    }
}
