import ChannelConfiguration
import LedgerModel

/// Makes a chain of blocks out of batches: the seam between cutting and agreement.
///
/// A consenter is a value with one owner, and a pure function of its inputs but for the random part of signatures: clock, disk and network are
/// the host's. The committee of one decides inside `order`. A consenter that has to ask others (an elected committee, an etcd cluster) adopts
/// the protocol too: its `order` takes the batch and returns nothing yet, its own inputs (messages, alarms, watch events) later return the
/// decisions, and `unavailability` says while there is no leader or no quorum in sight. Decisions may then hold batches of other members.
package protocol BlockConsenter: Sendable {
    /// The last block decided.
    var position: ChainPosition { get }

    /// Why no batch can be ordered at present; nil when one can. Clients are told to come again (503).
    var unavailability: String? { get }

    /// Takes a batch, and returns the blocks that are decided with it, in ascending order.
    ///
    /// - Parameter now: The host's clock; it becomes the block's time if that is later than the parent's.
    /// - Throws: When no block can be made any more; the batch is then not in any block.
    mutating func order(_ batch: Batch, now: Timestamp) throws(OrderingError) -> [Decision]

    /// Makes the envelope of type CONFIG that a request for another configuration leads to; it is alone in its block, and once that block is
    /// decided the new configuration is in force here too.
    ///
    /// - Throws: When this consenter cannot go on under the new configuration, or takes none from clients.
    func configuration(_ transaction: ConfigurationTransaction, now: Timestamp) throws(BroadcastRefusal) -> Envelope
}

extension BlockConsenter {
    package func configuration(_ transaction: ConfigurationTransaction, now: Timestamp) throws(BroadcastRefusal) -> Envelope {
        throw .configurationUpdate
    }
}

/// A block that is final, with all its signatures.
package struct Decision: Hashable, Sendable {
    package let block: OrderedBlock
    /// What the block was made from.
    package let batch: Batch
    /// To be made durable after the block and before the block leaves the node.
    package let signingGuard: SigningGuard

    package init(block: OrderedBlock, batch: Batch, signingGuard: SigningGuard) {
        self.block = block
        self.batch = batch
        self.signingGuard = signingGuard
    }
}
