import LedgerModel

/// The committee from one height on: who votes, in which turns, and who audits. It lasts until the next term begins.
package struct CommitteeTerm: Hashable, Sendable {
    package let firstHeight: UInt64
    package let epoch: UInt64
    /// Consenter ids in the order of their turns.
    package let order: [UInt32]
    /// Where the turns are counted from: the first height of the epoch.
    package let scheduleStart: UInt64
    package let turn: UInt64
    /// Consenter ids of the audit nodes in rank order.
    package let auditors: [UInt32]

    package init(firstHeight: UInt64, epoch: UInt64, order: [UInt32], scheduleStart: UInt64, turn: UInt64, auditors: [UInt32]) {
        self.firstHeight = firstHeight
        self.epoch = epoch
        self.order = order
        self.scheduleStart = scheduleStart
        self.turn = turn
        self.auditors = auditors
    }

    /// The turns of members given in rank order (consensus 1.12): the seed shuffles places, so a successor takes over the turn of its place.
    static func order(_ members: [UInt32], epoch: UInt64, seed: [UInt8]) -> [UInt32] {
        guard let places = Committee(epoch: epoch, members: (0..<members.count).map { UInt32($0 + 1) }),
            let schedule = ProposerSchedule(committee: places, seed: seed, firstHeight: 0)
        else { return members }
        return schedule.order.map { members[Int($0) - 1] }
    }

    /// Nil only for a term that nobody could have made.
    package var committee: Committee? { Committee(epoch: self.epoch, members: self.order) }
    package var schedule: ProposerSchedule? { ProposerSchedule(order: self.order, firstHeight: self.scheduleStart, turn: self.turn) }

    /// Whether two terms differ in nothing but their beginning.
    func continues(_ other: CommitteeTerm) -> Bool {
        self.epoch == other.epoch && self.order == other.order && self.scheduleStart == other.scheduleStart && self.turn == other.turn
            && self.auditors == other.auditors
    }
}

/// A committee that has to take office: the host makes it the configuration of the next block (consensus 0.1).
package struct CommitteeDue: Hashable, Sendable {
    /// The block that has to be exactly the configuration with these consenters.
    package let configurationHeight: UInt64
    /// Consenter ids in ascending order.
    package let consenters: [UInt32]

    /// The first height that the new committee decides.
    package var firstHeight: UInt64 { self.configurationHeight &+ 1 }
}
