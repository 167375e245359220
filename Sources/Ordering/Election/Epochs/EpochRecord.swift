import ChannelConfiguration
import LedgerModel

/// Who is in office, who audits and who stands by, from one height on (consensus 2.5).
///
/// Every change is a pure function from record to record, so that the committee of a height follows from the decided blocks below it.
package struct EpochRecord: Hashable, Sendable {
    package let number: UInt64
    /// The first height of the epoch.
    package let firstHeight: BlockNumber
    package let sizes: ElectionSizes
    /// In the order that the proposer schedule permutes; a successor takes the place of the one it replaces.
    package internal(set) var producers: [MSPID]
    /// Rank order.
    package internal(set) var auditNodes: [MSPID]
    /// Rank order.
    package internal(set) var standbys: [MSPID]
    package let seed: [UInt8]
    /// Whether the chain ever had a committee of four: it then never goes below.
    package internal(set) var hadFour: Bool
    /// Producers that are to leave and have not yet, in the order of their proofs.
    package internal(set) var leaving: [MSPID]
    /// Seats of the pool that evictions left empty.
    package internal(set) var vacantSeats: Int

    /// The record of an election's result.
    package init(_ result: CommitteeResult, sizes: ElectionSizes, firstHeight: BlockNumber, hadFour: Bool = false) {
        self.init(
            number: result.epoch, firstHeight: firstHeight, sizes: sizes, producers: result.producers, auditNodes: result.auditNodes,
            standbys: result.standbys, seed: result.seed, hadFour: hadFour)
    }

    init(
        number: UInt64, firstHeight: BlockNumber, sizes: ElectionSizes, producers: [MSPID], auditNodes: [MSPID], standbys: [MSPID], seed: [UInt8],
        hadFour: Bool = false, leaving: [MSPID] = [], vacantSeats: Int = 0
    ) {
        self.number = number
        self.firstHeight = firstHeight
        self.sizes = sizes
        self.producers = producers
        self.auditNodes = auditNodes
        self.standbys = standbys
        self.seed = seed
        self.hadFour = hadFour || producers.count >= 4
        self.leaving = leaving
        self.vacantSeats = vacantSeats
    }

    /// f of the committee in office.
    package var faults: Int { CommitteeQuorum.faults(of: self.producers.count) }
    /// n - f.
    package var quorum: Int { CommitteeQuorum.size(of: self.producers.count) }
    /// The fewest producers that a change may leave.
    package var fewestProducers: Int { self.hadFour ? 4 : 1 }
    /// A by-election starts by itself: seats are empty and nobody stands by.
    package var needsByElection: Bool { self.vacantSeats > 0 && self.standbys.isEmpty }
}

/// Something for people to look at; none of it changes what was decided.
package enum EpochAlarm: Hashable, Sendable, CustomStringConvertible {
    /// The old committee stays, as too few stood.
    case tooFewCandidates(found: Int, needed: Int)
    /// A convicted producer stays in its place, as nobody can take it and the committee must not become smaller.
    case nobodyToPromote(MSPID)
    /// More producers were convicted at one height than the protocol bears: the chain may have been forked. Ordering has to halt.
    case possibleFork(convicted: Int, faults: Int)

    package var description: String {
        switch self {
        case .tooFewCandidates(let found, let needed): "\(found) candidates stood and \(needed) are needed: the old committee stays in office"
        case .nobodyToPromote(let id): "\(id) is convicted but stays until somebody can take its place"
        case .possibleFork(let convicted, let faults):
            "\(convicted) producers were convicted at one height and only \(faults) may be faulty: halt ordering and keep all certificates"
        }
    }
}

/// Where epochs begin.
package struct EpochCalendar: Hashable, Sendable {
    /// Heights of one epoch.
    package let blocks: UInt64

    /// - Returns: nil for epochs without heights.
    package init?(blocks: UInt64) {
        guard blocks > 0 else { return nil }
        self.blocks = blocks
    }

    /// The epoch's first height at which an election that closed at `closed` takes effect: the first boundary at or above closed + 2.
    ///
    /// - Returns: nil when there is no such height any more.
    package func firstHeight(afterElectionClosedAt closed: BlockNumber) -> BlockNumber? {
        let (earliest, overflow) = closed.rawValue.addingReportingOverflow(HandOver.delay)
        guard !overflow else { return nil }
        let rest = earliest % self.blocks
        guard rest > 0 else { return BlockNumber(earliest) }
        let (boundary, beyond) = earliest.addingReportingOverflow(self.blocks - rest)
        return beyond ? nil : BlockNumber(boundary)
    }
}

/// When changes act.
package enum HandOver {
    /// What is decided at h acts at h + 2 (consensus D9).
    package static let delay: UInt64 = 2

    /// - Returns: nil when there is no such height any more.
    package static func acts(decidedAt height: BlockNumber) -> BlockNumber? {
        let (acting, overflow) = height.rawValue.addingReportingOverflow(self.delay)
        return overflow ? nil : BlockNumber(acting)
    }
}
