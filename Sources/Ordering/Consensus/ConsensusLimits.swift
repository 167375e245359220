/// Bounds on what a replica of the committee accepts and keeps, whoever sends it.
package enum ConsensusLimits {
    /// Members of one committee.
    package static let members = 64
    /// Bytes of one signature: a P-256 signature in DER has at most 72.
    package static let signatureBytes = 80
    /// Rounds above the current one whose votes are kept; beyond it only each member's highest vote is.
    package static let roundsAhead: Round = 8
    /// Rounds below the current one that are kept.
    package static let roundsBehind: Round = 32
    /// The highest round that is read at all: far from where counting on would overflow.
    package static let highestRound: Round = 1 << 30
    /// Heights above the current one whose direct messages are kept.
    package static let heightsAhead: UInt64 = 2
    /// Rounds of those heights.
    package static let futureRounds: Round = 2
    /// Different polkas that are kept for one round, and different commits for one height.
    package static let certificatesOfOneKind = 2
    /// Blocks of one height whose verdict is remembered.
    package static let verdicts = 128
    /// Rounds whose own messages the safety record holds: more would not fit into a slot.
    package static let recordedRounds: Round = 4
    /// Bytes of one slot of the safety record.
    package static let slotBytes = 8192
    /// Bytes of a block header and of an extended header that a signed precommit may carry.
    package static let headerBytes = 512
    /// Ticks after which an idle replica says where it stands.
    package static let idleTicks = 8
}
