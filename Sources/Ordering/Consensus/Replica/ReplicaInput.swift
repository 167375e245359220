/// What happens to a replica. The host says it in the order in which it happened; the same inputs in the same order give the same outputs.
package enum ReplicaInput: Sendable {
    /// The parent is durable (W4): a height begins, or goes on after a restart.
    case startHeight(HeightStart)
    /// There is something to order, or a block is due: the first reason ends idling (1.12).
    case reason(height: UInt64)
    /// The block that `buildCandidate` asked for is assembled. Its verdict is told apart, as for anybody's block.
    case candidate(height: UInt64, round: Round, id: BlockID)
    /// A message from a member's authenticated channel, or one's own message after it was signed.
    case message(ConsensusMessage, from: UInt32)
    /// The host holds the whole block and has judged it by the validity predicate.
    case verdict(height: UInt64, id: BlockID, Verdict)
    case timeout(height: UInt64, round: Round, TimeoutKind)
    /// The periodic tick for relays.
    case rebroadcast
}

package struct HeightStart: Sendable {
    package let height: UInt64
    package let committee: Committee
    package let schedule: ProposerSchedule
    /// Consenter id of this node while it may sign; nil for an observer, for a burned key, and while it abstains (W5).
    package let signer: UInt32?
    /// Given when the node restarts in a height in which it has signed.
    package let record: SafetyRecord?
    /// Whether there is something to order already.
    package let hasReason: Bool

    package init(
        height: UInt64, committee: Committee, schedule: ProposerSchedule, signer: UInt32?, record: SafetyRecord? = nil, hasReason: Bool = false
    ) {
        self.height = height
        self.committee = committee
        self.schedule = schedule
        self.signer = signer
        self.record = record
        self.hasReason = hasReason
    }
}

/// What a block is worth to this node.
package enum Verdict: Hashable, Sendable {
    /// Its time was near the clock when it came; that matters to a fresh proposal only (R5).
    case valid(BlockForm, isTimely: Bool)
    case invalid
}

package enum TimeoutKind: UInt8, Hashable, Sendable {
    case propose, prevote, precommit
}

/// How long a phase lasts, in milliseconds: base + round * growth, linear, capped (1.6).
package struct ConsensusTimeouts: Hashable, Sendable {
    package var propose: UInt32
    package var proposeGrowth: UInt32
    package var vote: UInt32
    package var voteGrowth: UInt32
    package var cap: UInt32 = 30_000

    package static let lan = ConsensusTimeouts(propose: 500, proposeGrowth: 250, vote: 250, voteGrowth: 125)
    package static let wan = ConsensusTimeouts(propose: 3000, proposeGrowth: 500, vote: 1000, voteGrowth: 500)

    package init(propose: UInt32, proposeGrowth: UInt32, vote: UInt32, voteGrowth: UInt32) {
        self.propose = propose
        self.proposeGrowth = proposeGrowth
        self.vote = vote
        self.voteGrowth = voteGrowth
    }

    package func milliseconds(_ kind: TimeoutKind, round: Round) -> UInt32 {
        let (base, growth) = kind == .propose ? (self.propose, self.proposeGrowth) : (self.vote, self.voteGrowth)
        return UInt32(min(UInt64(self.cap), UInt64(base) + UInt64(max(0, round)) * UInt64(growth)))
    }
}
