import LedgerModel

/// A block on its way into etcd, and everything that its place in the chain is tied to.
package struct EtcdCommit: Hashable, Sendable {
    package let block: OrderedBlock
    /// The create revision of `leader`: refused once another holds the lease, or the same one again.
    package let leadership: Int64
    /// The mod revision of `head` that the block is built on; 0 before the first block.
    package let headRevision: Int64

    package init(block: OrderedBlock, leadership: Int64, headRevision: Int64) {
        self.block = block
        self.leadership = leadership
        self.headRevision = headRevision
    }

    /// What is written before the transaction; repeated or abandoned, it does no harm.
    package func parts(_ keys: EtcdKeyFormat, record: EtcdBlockFormat.Record) -> [EtcdOperation] {
        record.parts.enumerated().map { index, bytes in
            .put(key: keys.part(self.block.number.rawValue, hash: self.block.headerHash, index: index), value: bytes, lease: 0)
        }
    }

    /// The one transaction by which a block comes into the chain. Sent twice, it is carried out once at most.
    package func transaction(_ keys: EtcdKeyFormat, record: EtcdBlockFormat.Record, bug: EtcdBug? = nil) -> EtcdTransaction {
        let height = self.block.number.rawValue
        let lead = EtcdCompare(key: keys.leader, target: .createRevision, revision: self.leadership)
        let chain = [
            EtcdCompare(key: keys.head, target: .modRevision, revision: self.headRevision),
            EtcdCompare(key: keys.block(height), target: .createRevision, revision: 0),
        ]
        return EtcdTransaction(
            compares: bug == .trustsTheLease ? [] : bug == .noCompareOfTheChain ? [lead] : [lead] + chain,
            success: [
                .put(key: keys.block(height), value: record.value, lease: 0),
                .put(key: keys.head, value: EtcdKeyFormat.headValue(height: height, hash: self.block.headerHash), lease: 0),
            ],
            failure: [.get(key: keys.head, end: [], limit: 0), .get(key: keys.leader, end: [], limit: 0)])
    }
}

/// Mistakes that a test plants, to see that its simulation finds them.
package enum EtcdBug: String, CaseIterable, Sendable {
    /// The transaction compares the leadership alone.
    case noCompareOfTheChain
    /// The transaction compares nothing: who believes that it holds the lease writes.
    case trustsTheLease
    /// A transaction without an answer counts as carried out.
    case unknownIsSuccess
    /// A transaction without an answer counts as lost, and its envelopes are ordered again without looking.
    case unknownIsFailure
    /// Envelopes are acknowledged when they arrive.
    case acknowledgesEarly
}

/// Which old blocks etcd need not hold any more.
package enum EtcdHousekeeping {
    /// The first block that stays; nil when none can go.
    ///
    /// - Parameter acks: The values below `acks`, of consenters that are alive.
    package static func firstKept(acks: [EtcdKeyValue], kept: UInt64 = EtcdLimits.keptBlocks) -> UInt64? {
        var lowest: UInt64?
        for ack in acks {
            // A value that cannot be read stands for a consenter that has nothing.
            let height = EtcdKeyFormat.ack(in: ack.value) ?? 0
            lowest = min(lowest ?? height, height)
        }
        guard let lowest, lowest > kept else { return nil }
        return lowest - kept
    }

    /// Deletes blocks and parts below a height, while the leadership lasts.
    package static func deletion(below height: UInt64, leadership: Int64, keys: EtcdKeyFormat) -> EtcdTransaction {
        EtcdTransaction(
            compares: [EtcdCompare(key: keys.leader, target: .createRevision, revision: leadership)],
            success: [
                .delete(key: keys.blocks, end: keys.block(height)), .delete(key: keys.parts, end: keys.partsBelow(height)),
                .get(key: keys.block(height), end: [], limit: 0),
            ])
    }

    /// Up to which revision etcd may forget: right before the oldest block that stays; nil when it is not there.
    package static func compaction(after deletion: EtcdAnswer) -> Int64? {
        guard deletion.succeeded, deletion.results.count == 3, let block = deletion.results[2].first, block.createRevision > 1 else { return nil }
        return block.createRevision - 1
    }
}
