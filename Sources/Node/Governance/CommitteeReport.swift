import ChannelConfiguration
import LedgerModel
import Ordering

/// What the blocks of a channel say about its committee: for people, and as JSON.
package struct CommitteeReport: Sendable, Codable, Equatable {
    /// An institution of the pool.
    package struct Member: Sendable, Codable, Equatable {
        package let institution: String
        /// "producer", "audit node", "standby"; nil for none.
        package let office: String?
        /// Within all offices, 1 first; nil without one.
        package let rank: Int?
        /// The number under which it signs blocks; nil without a consensus key.
        package let consenter: UInt32?
        package let produced: UInt64
        package let missedSignatures: UInt64
        package let missedProposals: UInt64
        /// Of this epoch.
        package let strikes: Int
        /// Ever.
        package let offences: UInt32
        /// "in epoch 1" or "for good"; nil when it may stand.
        package let barred: String?
    }

    /// Something that happened, in words.
    package struct Happening: Sendable, Codable, Equatable {
        package let block: UInt64
        package let what: String
    }

    package struct Offence: Sendable, Codable, Equatable {
        /// Where it came on the chain.
        package let block: UInt64
        /// E1 to E8.
        package let code: String
        package let institution: String?
        package let consenter: UInt32
        /// Where it was committed.
        package let height: UInt64
        package let round: Int32
    }

    package let channel: String
    /// The header hash of block 0, in hexadecimal digits.
    package let genesis: String
    package let blocks: UInt64
    package let epoch: UInt64
    package let epochBegan: UInt64
    /// How many of the committee sign a block.
    package let quorum: Int
    /// Producers by rank, then audit nodes, standbys, and everyone else by name.
    package let members: [Member]
    package let offences: [Offence]
    /// What comes next, in words.
    package let next: [String]
    package let happenings: [Happening]
}
