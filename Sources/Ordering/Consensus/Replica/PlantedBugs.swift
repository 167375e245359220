/// Mistakes that tests switch on to see that they are found; a release build has none of them.
package struct PlantedBugs: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The quorum is 2f + 1.
    package static let smallQuorum = PlantedBugs(rawValue: 1 << 0)
    /// A locked replica prevotes its locked block even when it is proposed afresh or with an older valid round.
    package static let textbookLock = PlantedBugs(rawValue: 1 << 1)
    /// No lock is looked at.
    package static let noLock = PlantedBugs(rawValue: 1 << 2)
    /// A re-proposal is believed without its polka.
    package static let anyValidRound = PlantedBugs(rawValue: 1 << 3)
    /// A vote counts as often as it comes.
    package static let countedTwice = PlantedBugs(rawValue: 1 << 4)
    /// Only own votes of the current round are relayed.
    package static let ownVotesOnly = PlantedBugs(rawValue: 1 << 5)
    /// Polkas are not relayed.
    package static let noPolkaRelay = PlantedBugs(rawValue: 1 << 6)
    /// Nothing is relayed.
    package static let noRelay = PlantedBugs(rawValue: 1 << 7)
    /// The valid block is not updated by a late polka.
    package static let noLatePolka = PlantedBugs(rawValue: 1 << 8)
    /// No round is skipped.
    package static let noSkip = PlantedBugs(rawValue: 1 << 9)
}
