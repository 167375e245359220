/// What the operator of committee members chooses; all members need the same `ordering`, which is part of what makes a block valid.
package struct CommitteeSettings: Hashable, Sendable {
    package var ordering: OrderingSettings
    package var timeouts: ConsensusTimeouts
    /// How often a member sends again what others may have missed.
    package var tickMilliseconds: UInt32
    /// How far the time of a fresh proposal may be from this member's clock.
    package var timelinessMilliseconds: UInt64
    /// How long a member waits for pushed envelopes of a candidate before it asks the proposer for them.
    package var missingMilliseconds: UInt32
    /// In how many blocks a receipt promises that an envelope is ordered.
    package var receiptBlocks: UInt64
    /// The folder was moved here and no copy of it runs anywhere else (W8).
    package var isMoveApproved: Bool

    package init(
        ordering: OrderingSettings = OrderingSettings(), timeouts: ConsensusTimeouts = .lan, tickMilliseconds: UInt32 = 300,
        timelinessMilliseconds: UInt64 = 1_500, missingMilliseconds: UInt32 = 20, receiptBlocks: UInt64 = 64, isMoveApproved: Bool = false
    ) {
        self.ordering = ordering
        self.timeouts = timeouts
        self.tickMilliseconds = tickMilliseconds
        self.timelinessMilliseconds = timelinessMilliseconds
        self.missingMilliseconds = missingMilliseconds
        self.receiptBlocks = receiptBlocks
        self.isMoveApproved = isMoveApproved
    }
}
