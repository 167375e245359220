import LedgerModel
import Validation

/// What an audit found; it claims only what ran.
package struct AuditReport: Hashable, Sendable {
    /// Why the genesis block is believed.
    package enum Anchor: String, Hashable, Sendable {
        /// The auditor gave its hash.
        case pinned
        /// It is the one in the ledger.
        case ledger
    }

    /// One transaction.
    package struct Transaction: Hashable, Sendable {
        package let block: UInt64
        /// Index in the block, from 0.
        package let index: Int
        /// Nil when there is none that can be read.
        package let id: TransactionID?
        /// The verdict that follows from the rules.
        package let code: ValidationCode
        /// Why it is not valid.
        package let reason: String?
        package let outcome: TransactionOutcome
    }

    /// How many transactions ended in each class.
    package struct Counts: Hashable, Sendable, Encodable {
        package var equal = 0
        package var different = 0
        package var notReexecutable = 0
        package var invalid = 0
        package var governance = 0
    }

    /// An ordering committee and the first block that it signs.
    package struct Committee: Hashable, Sendable {
        package struct Member: Hashable, Sendable {
            package let consenter: UInt32
            package let mspID: MSPID
            /// As configured: a member may get another.
            package let certificate: [UInt8]
        }

        package let firstBlock: UInt64
        /// In the order of the configuration.
        package let members: [Member]
        /// How many of them sign every block.
        package let quorum: Int
    }

    /// A number of things of one kind, such as transactions with one code.
    package struct Tally: Hashable, Sendable, Encodable {
        package let name: String
        package let count: Int
    }

    /// What became of the comparison with the stored state.
    package enum StateResult: Hashable, Sendable {
        /// All entries are equal.
        case equal(entries: Int, height: UInt64)
        /// Some are not; the first is among the findings.
        case different
        /// Nothing was compared.
        case notCompared(reason: String)
    }

    package internal(set) var anchor: Anchor
    /// Header hash of block 0; empty when it could not be read.
    package internal(set) var genesisHash: [UInt8] = []
    /// Empty when the genesis block could not be read.
    package internal(set) var channel = ChannelID("")
    /// How the blocks are written; nil when there is none after the genesis block.
    package internal(set) var form: BlockVerifier.Form?
    /// Blocks whose frames are whole.
    package internal(set) var storedBlocks: UInt64 = 0
    /// Blocks that were replayed, from 0 on.
    package internal(set) var replayedBlocks: UInt64 = 0
    /// Bytes of an unfinished write at the end of the block files; no block was in them.
    package internal(set) var unfinishedBytes: UInt64 = 0
    package internal(set) var transactions: [Transaction] = []
    /// The committees in the order of their terms; empty for a channel that is not ordered by one.
    package internal(set) var committees: [Committee] = []
    package internal(set) var signatures = SignatureCounts()
    package internal(set) var isReexecuted: Bool
    package internal(set) var state = StateResult.notCompared(reason: "the replay did not get that far")
    /// In the order in which they were found, at most `AuditLimits.listedFindings`.
    package private(set) var findings: [AuditFinding] = []
    /// All findings, listed or not.
    package private(set) var findingCount = 0

    init(anchor: Anchor, isReexecuted: Bool) {
        self.anchor = anchor
        self.isReexecuted = isReexecuted
    }

    /// True when nothing that was checked is wrong.
    package var isGood: Bool { self.findingCount == 0 }

    /// The first thing that is wrong.
    package var firstFailure: AuditFinding? { self.findings.first }

    package var counts: Counts {
        var counts = Counts()
        for transaction in self.transactions {
            switch transaction.outcome {
            case .equal: counts.equal += 1
            case .different: counts.different += 1
            case .notReexecutable: counts.notReexecutable += 1
            case .invalid: counts.invalid += 1
            case .governance: counts.governance += 1
            }
        }
        return counts
    }

    /// The invalid transactions by code, in the order of Fabric's numbers.
    package var invalidCodes: [Tally] {
        ValidationCode.allCases.compactMap { code in
            let count = self.transactions.count { $0.outcome == .invalid && $0.code == code }
            return count > 0 ? Tally(name: code.name, count: count) : nil
        }
    }

    /// The transactions that could not be run again by reason, in byte order of the reasons.
    package var obstacles: [Tally] {
        var counts: [String: Int] = [:]
        for transaction in self.transactions {
            if case .notReexecutable(let obstacle) = transaction.outcome { counts[obstacle.description, default: 0] += 1 }
        }
        let names = counts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names.map { Tally(name: $0, count: counts[$0] ?? 0) }
    }

    mutating func add(_ finding: AuditFinding) {
        self.findingCount += 1
        if self.findings.count < AuditLimits.listedFindings { self.findings.append(finding) }
    }
}

/// Signatures that were checked and are right.
package struct SignatureCounts: Hashable, Sendable, Encodable {
    /// Of orderers over blocks; one that the next block carries again as its parent's certificate counts again.
    package var orderers = 0
    /// Of clients over transactions.
    package var creators = 0
    /// Of endorsing peers.
    package var endorsers = 0
    /// Signatures that were checked and are wrong: they count for nothing, which may leave a policy unmet.
    package var wrong = 0
}
