/// What our ordering service says of a block beyond Fabric's header; it travels inside the orderers' signed metadata.
///
/// A field whose subject does not exist yet (elections, governance, evidence, checkpoints) holds `zeroHash` or 0 and is part of the signed
/// bytes all the same, so that the layout never changes when the subject arrives.
package struct ExtendedHeader: Hashable, Sendable {
    /// Stands for a hash of nothing: a part without content yet, or the parent of the first block.
    package static let zeroHash = [UInt8](repeating: 0, count: 32)

    /// The chain: the header hash of its block 0.
    package var chain: [UInt8]
    /// The election period of the committee; 0 as long as there are no elections.
    package var epoch: UInt64
    /// The number of the block.
    package var height: UInt64
    /// Block id of the parent; for block 1, whose parent has no extended header, the zero hash.
    package var parentID: [UInt8]
    /// SHA-256 of the parent's certificate in slot 3; the zero hash when the slot is empty. Not to be confused with a peer's commit hash.
    package var parentCommitHash: [UInt8]
    /// Root of the `TransactionTree` over the envelopes.
    package var txRoot: [UInt8]
    /// How many envelopes the block holds, at least 1.
    package var txCount: UInt32
    /// How many envelopes all blocks from 1 up to the parent hold: the global number of the block's first envelope.
    package var txSeqBase: UInt64
    /// The block's time, milliseconds since 1970-01-01T00:00:00Z; always later than the parent's.
    package var timeMs: UInt64
    /// Consenter id of who proposed the block; ids start at 1.
    package var proposer: UInt32
    /// The committee that signs this block, see `CommitteeHashFormat`.
    package var committeeHash: [UInt8]
    /// The committee of the next epoch once it is known; else the zero hash.
    package var nextCommitteeHash: [UInt8]
    /// State of governance after the parent; the zero hash as long as there is none.
    package var govRoot: [UInt8]
    /// Evidence of misbehaviour that the block carries; the zero hash when there is none.
    package var evidenceRoot: [UInt8]
    /// Height of the last state checkpoint that a quorum attested; 0 when there is none.
    package var checkpointHeight: UInt64
    /// State root of that checkpoint; the zero hash when there is none.
    package var checkpointRoot: [UInt8]
    /// Sequence of the channel configuration that was in force when the block was made.
    package var configSeq: UInt64

    package init(
        chain: [UInt8], epoch: UInt64 = 0, height: UInt64, parentID: [UInt8], parentCommitHash: [UInt8], txRoot: [UInt8], txCount: UInt32,
        txSeqBase: UInt64, timeMs: UInt64, proposer: UInt32, committeeHash: [UInt8], nextCommitteeHash: [UInt8] = zeroHash,
        govRoot: [UInt8] = zeroHash, evidenceRoot: [UInt8] = zeroHash, checkpointHeight: UInt64 = 0, checkpointRoot: [UInt8] = zeroHash,
        configSeq: UInt64
    ) {
        self.chain = chain
        self.epoch = epoch
        self.height = height
        self.parentID = parentID
        self.parentCommitHash = parentCommitHash
        self.txRoot = txRoot
        self.txCount = txCount
        self.txSeqBase = txSeqBase
        self.timeMs = timeMs
        self.proposer = proposer
        self.committeeHash = committeeHash
        self.nextCommitteeHash = nextCommitteeHash
        self.govRoot = govRoot
        self.evidenceRoot = evidenceRoot
        self.checkpointHeight = checkpointHeight
        self.checkpointRoot = checkpointRoot
        self.configSeq = configSeq
    }
}

/// The orderers' opaque metadata of one of our blocks: the extended header, and the round in which the committee agreed.
package struct ConsenterMetadata: Hashable, Sendable {
    package var header: ExtendedHeader
    /// 0 when the first proposal was accepted. It is no part of the block's id.
    package var round: UInt32

    package init(header: ExtendedHeader, round: UInt32) {
        self.header = header
        self.round = round
    }
}
