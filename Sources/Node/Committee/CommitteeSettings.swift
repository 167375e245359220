import LedgerModel
import Ordering

/// What the operator of committee members chooses; all members need the same `ordering`, which is part of what makes a block valid.
package struct CommitteeSettings: Hashable, Sendable {
    package var ordering: OrderingSettings
    package var timeouts: ConsensusTimeouts
    /// How often a member sends again what others may have missed.
    package var tickMilliseconds: UInt32
    /// How far the time of a fresh proposal may be from this member's clock.
    package var timelinessMilliseconds: UInt64
    /// The folder was moved here and no copy of it runs anywhere else (W8).
    package var isMoveApproved: Bool

    package init(
        ordering: OrderingSettings = OrderingSettings(), timeouts: ConsensusTimeouts = .lan, tickMilliseconds: UInt32 = 300,
        timelinessMilliseconds: UInt64 = 1_500, isMoveApproved: Bool = false
    ) {
        self.ordering = ordering
        self.timeouts = timeouts
        self.tickMilliseconds = tickMilliseconds
        self.timelinessMilliseconds = timelinessMilliseconds
        self.isMoveApproved = isMoveApproved
    }
}

/// The clock of a committee member.
package protocol CommitteeClock: Sendable {
    func now() -> Timestamp
    /// - Throws: When the task was cancelled.
    func sleep(milliseconds: UInt32) async throws
}

extension SystemEnvironment: CommitteeClock {
    package func sleep(milliseconds: UInt32) async throws {
        try await Task.sleep(for: .milliseconds(milliseconds))
    }
}
