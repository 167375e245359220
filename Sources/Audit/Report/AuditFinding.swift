import LedgerModel

/// Something in a ledger that is not as it must be.
package struct AuditFinding: Hashable, Sendable {
    /// What was violated.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// The bytes on the disk are those that were written.
        case blockFile = "block file"
        /// All blocks are there.
        case height
        /// Block 0 is the one that the auditor trusts.
        case genesis
        /// Number, previous hash, data hash and form of a block continue the chain.
        case chain
        /// The ordering service signed the block as the channel asks.
        case quorum
        /// The channel's configuration can be followed.
        case configuration
        /// Transactions are signed by who they name.
        case signatures
        /// Endorsers satisfy the policies of what is written.
        case policies
        /// What a transaction read had not changed, and its id was new.
        case reads
        /// The verdict on a transaction is the one that follows from the rules, in other respects.
        case validation
        /// The commit hash follows from the verdicts and writes.
        case commitHash = "commit hash"
        /// A contract run again gives what was endorsed.
        case reexecution = "re-execution"
        /// The stored state is the one that follows from the blocks.
        case state
    }

    package let rule: Rule
    package let block: UInt64?
    /// Index in the block.
    package let transaction: Int?
    package let transactionID: TransactionID?
    /// What it should be.
    package let expected: String
    /// What it is.
    package let found: String

    package init(
        _ rule: Rule, block: UInt64?, transaction: Int? = nil, transactionID: TransactionID? = nil, expected: String, found: String
    ) {
        self.rule = rule
        self.block = block
        self.transaction = transaction
        self.transactionID = transactionID
        self.expected = expected
        self.found = found
    }

    /// Where it is, such as "block 5, transaction 0".
    package var place: String {
        guard let block = self.block else { return "the ledger as a whole" }
        guard let transaction = self.transaction else { return "block \(block)" }
        return "block \(block), transaction \(transaction)" + (self.transactionID.map { " (\($0))" } ?? "")
    }

    /// What a person can do about it.
    package var advice: String {
        switch self.rule {
        case .blockFile: "restore the file from a copy or fetch the blocks from another peer, then audit again"
        case .height: "blocks are missing at the end: fetch them from another peer, or find out who cut the files"
        case .genesis: "this is not the channel you trust: get its genesis block from its founders"
        case .chain, .quorum: "nobody vouches for the ledger from here on: compare this block with another peer's"
        case .configuration: "this version cannot follow the channel from here on"
        case .signatures, .policies, .reads, .validation:
            "the peer that wrote this ledger judged wrongly or its file was altered: compare the block with another peer's"
        case .commitHash: "the peer's state left the rules here, or its file was altered: compare commit hashes with another peer"
        case .reexecution:
            "the contract's code does not give what its endorsers signed: either they colluded or ran other code; ask each for its code and log"
        case .state:
            "this state does not follow from the blocks: a peer of ours makes it again with 'selvage ledger rebuild'; a state written down "
                + "beside the blocks is not theirs, or was altered"
        }
    }
}

extension AuditFinding: CustomStringConvertible {
    package var description: String { "\(self.place): \(self.rule.rawValue): expected \(self.expected), found \(self.found)" }
}
