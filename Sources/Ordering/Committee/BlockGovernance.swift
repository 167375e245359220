import ChannelConfiguration
import LedgerModel

/// What the committee's own contract demands of the block that follows a certain one: the same for all members.
package protocol BlockGovernance: Sendable {
    /// The term of office at a height, which is at most the next one; nil for a committee that nobody elected: then the configuration names it.
    func term(at height: UInt64) -> CommitteeTerm?
    /// The members and audit nodes of a height, ascending by consenter id: whose charges are taken whatever the channel says about writers.
    func officeHolders(at height: UInt64) -> [OfficeHolder]
    /// For the next block's extended header: the state of governance after its parent.
    var root: [UInt8] { get }
    /// For the next block's extended header: the committee that comes into office after it, or the zero hash.
    var nextCommitteeHash: [UInt8] { get }
    /// The change of configuration that the next block must hold, and nothing else; nil when none is due.
    var dueChange: ChannelConfiguration.CommitteeChange? { get }
    /// Whether nothing is ordered until people have looked.
    var isHalted: Bool { get }
    /// The first of a block's envelopes that governance does not allow, and why; nil when all are allowed.
    func fault(in envelopes: [[UInt8]], height: UInt64, proposer: UInt32) -> (index: Int, reason: String)?
    /// Governance after a decided block.
    ///
    /// - Throws: `OrderingError.governance` when a decided block cannot be taken in: this node and the committee compute differently.
    func successor(after block: OrderedBlock) throws(OrderingError) -> any BlockGovernance
}

/// A channel whose committee stays as block 0 has it: envelopes for the committee's contract are ordered like any others.
package struct NoGovernance: BlockGovernance {
    package init() {}

    package func term(at height: UInt64) -> CommitteeTerm? { nil }
    package func officeHolders(at height: UInt64) -> [OfficeHolder] { [] }
    package var root: [UInt8] { ExtendedHeader.zeroHash }
    package var nextCommitteeHash: [UInt8] { ExtendedHeader.zeroHash }
    package var dueChange: ChannelConfiguration.CommitteeChange? { nil }
    package var isHalted: Bool { false }
    package func fault(in envelopes: [[UInt8]], height: UInt64, proposer: UInt32) -> (index: Int, reason: String)? { nil }
    package func successor(after block: OrderedBlock) throws(OrderingError) -> any BlockGovernance { self }
}
