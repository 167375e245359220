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
        /// Fabric's name of the type in its header, the number of an unknown one, or nothing when there is no header.
        package let type: String
        /// The byte that the block has for it in slot 2; nil when the block has none.
        package let recorded: UInt8?
        /// The verdict that follows from the rules.
        package let code: ValidationCode
        /// Why it is not valid.
        package let reason: String?
        package let outcome: TransactionOutcome

        /// The name of the recorded code.
        package var recordedName: String? {
            self.recorded.map { ValidationCode(rawValue: $0)?.name ?? "unknown code \($0)" }
        }

        static func type(of envelope: [UInt8]) -> String {
            guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
                let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
            else { return "" }
            return switch header.kind {
            case .message: "MESSAGE"
            case .config: "CONFIG"
            case .configUpdate: "CONFIG_UPDATE"
            case .endorserTransaction: "ENDORSER_TRANSACTION"
            case .deliverSeekInfo: "DELIVER_SEEK_INFO"
            case nil: "\(header.type)"
            }
        }
    }

    /// What was derived again from the bytes, and how much of it equals what the blocks say.
    package struct Agreement: Hashable, Sendable, Encodable {
        /// Blocks whose header hash is what the next block names, and for the newest what the orderers signed.
        package var headerHashes = 0
        /// Blocks whose data hash is that of their envelopes.
        package var dataHashes = 0
        package var codesRecorded = 0
        package var codesEqual = 0
        /// Block 0 counts: it must have none.
        package var commitHashesRecorded = 0
        package var commitHashesEqual = 0
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

    /// A state that stands beside the blocks.
    package struct KnownState: Hashable, Sendable {
        /// A file or folder.
        package let source: String
        package let result: StateResult
        /// What its entries are, for people.
        package let detail: String
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
    /// All of them, unless they were handed on one by one.
    package internal(set) var transactions: [Transaction] = []
    package private(set) var transactionCount = 0
    package private(set) var counts = Counts()
    package internal(set) var agreement = Agreement()
    /// As derived, of the newest block that was replayed; empty after block 0.
    package internal(set) var commitHash: [UInt8] = []
    /// The committees in the order of their terms; empty for a channel that is not ordered by one.
    package internal(set) var committees: [Committee] = []
    package internal(set) var signatures = SignatureCounts()
    package internal(set) var isReexecuted: Bool
    package internal(set) var state = StateResult.notCompared(reason: "the replay did not get that far")
    /// The states that others wrote down beside the blocks, and what comparing each gave.
    package internal(set) var knownStates: [KnownState] = []
    /// In the order in which they were found, at most `AuditLimits.listedFindings`.
    package private(set) var findings: [AuditFinding] = []
    /// All findings, listed or not.
    package private(set) var findingCount = 0
    private var codeCounts: [ValidationCode: Int] = [:]
    private var invalidCounts: [ValidationCode: Int] = [:]
    private var obstacleCounts: [String: Int] = [:]

    init(anchor: Anchor, isReexecuted: Bool) {
        self.anchor = anchor
        self.isReexecuted = isReexecuted
    }

    /// True when nothing that was checked is wrong.
    package var isGood: Bool { self.findingCount == 0 }

    /// The first thing that is wrong.
    package var firstFailure: AuditFinding? { self.findings.first }

    /// The transactions by code, in the order of Fabric's numbers.
    package var codes: [Tally] { Self.tallies(self.codeCounts) }

    /// The invalid transactions by code, in the order of Fabric's numbers; envelopes for the ordering nodes are not among them.
    package var invalidCodes: [Tally] { Self.tallies(self.invalidCounts) }

    /// The transactions that could not be run again by reason, in byte order of the reasons.
    package var obstacles: [Tally] {
        let names = self.obstacleCounts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names.map { Tally(name: $0, count: self.obstacleCounts[$0] ?? 0) }
    }

    private static func tallies(_ counts: [ValidationCode: Int]) -> [Tally] {
        ValidationCode.allCases.compactMap { code in counts[code].map { Tally(name: code.name, count: $0) } }
    }

    /// Counts one more transaction; keeping it is the caller's affair.
    mutating func count(_ transaction: Transaction) {
        self.transactionCount += 1
        self.codeCounts[transaction.code, default: 0] += 1
        switch transaction.outcome {
        case .equal: self.counts.equal += 1
        case .different: self.counts.different += 1
        case .notReexecutable(let obstacle):
            self.counts.notReexecutable += 1
            self.obstacleCounts[obstacle.description, default: 0] += 1
        case .invalid:
            self.counts.invalid += 1
            self.invalidCounts[transaction.code, default: 0] += 1
        case .governance: self.counts.governance += 1
        }
    }

    mutating func add(_ finding: AuditFinding) {
        self.findingCount += 1
        if self.findings.count < AuditLimits.listedFindings { self.findings.append(finding) }
    }
}
