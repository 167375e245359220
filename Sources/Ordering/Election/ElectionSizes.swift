/// How many are elected: of a pool, the first ranks produce blocks (the paper's RTN), the next audit (ATN), the rest stand by.
package struct ElectionSizes: Hashable, Sendable {
    /// Seats of the pool.
    package let pool: Int
    /// Producers, the paper's representative nodes.
    package let producers: Int
    /// Audit nodes.
    package let auditNodes: Int
    /// Most candidates that one ballot approves.
    package let maxChoices: Int

    /// Throws unless 1 <= producers, producers + audit nodes <= pool <= 1,024 and 1 <= choices <= pool (consensus 2.2).
    package init(pool: Int, producers: Int, auditNodes: Int, maxChoices: Int) throws(ElectionParameterError) {
        guard (1...ElectionLimits.members).contains(pool) else {
            throw .sizes("the pool has \(pool) seats; it must have 1 to \(ElectionLimits.members)")
        }
        guard producers >= 1, producers <= pool else { throw .sizes("\(producers) producers of a pool of \(pool): there must be at least one") }
        guard auditNodes >= 0, auditNodes <= pool - producers else {
            throw .sizes("\(producers) producers and \(auditNodes) audit nodes do not fit into a pool of \(pool)")
        }
        guard maxChoices >= 1, maxChoices <= pool else { throw .sizes("a ballot of \(maxChoices) choices in a pool of \(pool)") }
        self.init(unchecked: (pool, producers, auditNodes, maxChoices))
    }

    private init(unchecked sizes: (pool: Int, producers: Int, auditNodes: Int, maxChoices: Int)) {
        (self.pool, self.producers, self.auditNodes, self.maxChoices) = sizes
    }

    /// The sizes that have a name.
    package enum Preset: String, CaseIterable, Sendable {
        /// BPDST: 101 institutions, 30 RTN, 20 ATN.
        case paper
        /// A pilot.
        case medium
        /// Integration tests.
        case dev
        /// Unit tests.
        case solo

        package var sizes: ElectionSizes {
            switch self {
            case .paper: ElectionSizes(unchecked: (101, 30, 20, 30))
            case .medium: ElectionSizes(unchecked: (21, 7, 4, 7))
            case .dev: ElectionSizes(unchecked: (6, 4, 2, 4))
            case .solo: ElectionSizes(unchecked: (1, 1, 0, 1))
            }
        }

        /// How long proof of misbehaviour keeps an institution out: the paper says for ever, the rest leave that to a vote.
        package var barring: BarringPolicy { self == .paper ? .forGood : .forTheEpoch }
    }
}
