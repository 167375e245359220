import LedgerModel

/// Bounds on what a replica of the committee accepts and keeps, whoever sends it.
package enum ConsensusLimits {
    /// Members of one committee.
    package static let members = 64
    /// Bytes of one signature: a P-256 signature in DER has at most 72.
    package static let signatureBytes = 72
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
    /// Rounds whose own messages the safety record holds: more tell nothing that is still needed.
    package static let recordedRounds: Round = 4
    /// Bytes of one slot of the safety record: what the largest committee can need at worst, see `SafetyRecordFormat`.
    package static let slotBytes = 32_768
    /// Bytes of one slot of the signer's guard: room for each kind of message in all recorded rounds.
    package static let guardSlotBytes = 2048
    /// A record fills a whole number of such pieces of its slot, and no more of them is written than it needs.
    package static let slotPageBytes = 4096
    /// Bytes of a block header in DER: an INTEGER of up to 9 bytes and two hashes.
    package static let blockHeaderBytes = 81
    /// Bytes of the extended header that a signed precommit carries.
    package static let extendedHeaderBytes = ExtendedHeaderFormat.headerBytes
    /// Ticks after which an idle replica says where it stands.
    package static let idleTicks = 8
}
