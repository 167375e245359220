/// What a check of a whole ledger found.
package struct LedgerCheckReport: Equatable, Sendable {
    /// What is wrong, in the order in which it was found; at most `LedgerLimits.maximumFindings`.
    package internal(set) var findings: [LedgerFinding] = []
    /// Findings beyond that number.
    package internal(set) var furtherFindings: UInt64 = 0
    /// The number of the first block in the files.
    package internal(set) var firstBlock: UInt64 = 0
    /// The number of the next block after those in the files.
    package internal(set) var height: UInt64 = 0
    /// Blocks that are whole and passed every check.
    package internal(set) var goodBlocks: UInt64 = 0
    package internal(set) var blockBytes: UInt64 = 0
    /// How many blocks the state database holds the effects of; nil when that cannot be read.
    package internal(set) var stateHeight: UInt64?
    package internal(set) var databaseBytes: UInt64 = 0
    /// Entries of the database that were compared with what the blocks give; nil when they could not be.
    package internal(set) var comparedEntries: UInt64?
    /// Why the entries could not be compared.
    package internal(set) var notComparedBecause: String?

    /// Findings that a crash alone cannot explain.
    package var damage: [LedgerFinding] { self.findings.filter { !$0.kind.isOfCrash } }

    /// Nothing is damaged. What an interrupted write left is no damage: opening the ledger mends it.
    package var isGood: Bool { self.damage.isEmpty && self.furtherFindings == 0 }

    mutating func add(_ finding: LedgerFinding) {
        if self.findings.count < LedgerLimits.maximumFindings { self.findings.append(finding) } else { self.furtherFindings += 1 }
    }
}

/// What a check of a ledger looks at. All of it, except in tests of what the parts are good for.
package struct LedgerCheckSteps: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The frames and checksums of the block files, and the chain of the blocks.
    package static let blocks = Self(rawValue: 1)
    /// Every checksum of the files of the state database.
    package static let databaseFiles = Self(rawValue: 2)
    /// Every entry of the state database against a replay of the blocks.
    package static let entries = Self(rawValue: 4)
    package static let all: Self = [.blocks, .databaseFiles, .entries]
}
