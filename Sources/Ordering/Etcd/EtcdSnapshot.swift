import LedgerModel

/// The end of the chain as etcd says.
package struct EtcdHead: Hashable, Sendable {
    package let height: UInt64
    package let hash: [UInt8]
    /// The revision that wrote it: what the next block is built on.
    package let modRevision: Int64
}

/// Who holds the lease.
package struct EtcdLeader: Hashable, Sendable {
    /// Where other consenters reach the holder.
    package let address: String
    package let lease: Int64
    /// Never the same again: it tells one leadership from all others.
    package let createRevision: Int64

    package init(address: String, lease: Int64, createRevision: Int64) {
        self.address = address
        self.lease = lease
        self.createRevision = createRevision
    }

    package init?(_ item: EtcdKeyValue) {
        guard item.value.count <= EtcdLimits.addressBytes else { return nil }
        self.init(address: String(decoding: item.value, as: UTF8.self), lease: item.lease, createRevision: item.createRevision)
    }
}

/// A block that was seen in etcd.
package struct EtcdSeenBlock: Hashable, Sendable {
    package let height: UInt64
    package let modRevision: Int64
    /// Nil when it cannot be read: its parts are gone, or the value is none of ours.
    package let block: OrderedBlock?

    package init(height: UInt64, modRevision: Int64, block: OrderedBlock?) {
        self.height = height
        self.modRevision = modRevision
        self.block = block
    }
}

/// The channel at one revision of etcd, read linearizably.
package struct EtcdSnapshot: Hashable, Sendable {
    package let revision: Int64
    /// Nil before the first block.
    package let head: EtcdHead?
    package let leader: EtcdLeader?
    /// From a height on, ascending, perhaps not all.
    package let blocks: [EtcdSeenBlock]

    package init(revision: Int64, head: EtcdHead?, leader: EtcdLeader?, blocks: [EtcdSeenBlock]) {
        self.revision = revision
        self.head = head
        self.leader = leader
        self.blocks = blocks
    }
}

extension EtcdKeyFormat {
    /// Asks for head, leader and the blocks after a height, at one revision.
    package func snapshot(after height: UInt64) -> EtcdTransaction {
        let next = height.addingReportingOverflow(1)
        return EtcdTransaction(success: [
            .get(key: self.head, end: [], limit: 0), .get(key: self.leader, end: [], limit: 0),
            .get(key: self.block(next.overflow ? .max : next.partialValue), end: self.blocksEnd, limit: EtcdLimits.blocksOfOneRead),
        ])
    }

    /// What etcd answered to `snapshot(after:)`; nil when it is no such answer, or another than ours has written the head.
    ///
    /// - Parameter blocks: The third item's blocks, with the parts that they are in.
    package func snapshot(_ answer: EtcdAnswer, blocks: [EtcdSeenBlock]) -> EtcdSnapshot? {
        guard answer.results.count == 3 else { return nil }
        var head: EtcdHead?
        if let item = answer.results[0].first {
            guard let value = Self.head(in: item.value) else { return nil }
            head = EtcdHead(height: value.height, hash: value.hash, modRevision: item.modRevision)
        }
        return EtcdSnapshot(
            revision: answer.revision, head: head, leader: answer.results[1].first.flatMap(EtcdLeader.init), blocks: blocks)
    }

    /// Takes the lead unless somebody has it.
    package func campaign(address: String, lease: Int64) -> EtcdTransaction {
        EtcdTransaction(
            compares: [EtcdCompare(key: self.leader, target: .createRevision, revision: 0)],
            success: [.put(key: self.leader, value: Array(address.utf8), lease: lease)])
    }
}
