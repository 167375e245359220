import FabricMessages

/// A block with a verdict on every transaction and the changes that follow from it: the only thing a ledger commits.
package struct ValidatedBlock: Sendable {
    /// The block with slots 2 (codes) and 4 (commit hash) filled.
    package let block: OrderedBlock
    /// One code per envelope.
    package let codes: [ValidationCode]
    /// The net changes of the state, sorted by address.
    package let updates: [StateUpdate]
    /// The public writes of valid transactions, in order.
    package let history: [HistoryWrite]
    /// The transaction id of each envelope; nil where there is none that can be read.
    package let transactionIDs: [TransactionID?]
    /// The commit hash of this block; empty for block 0.
    package let commitHash: [UInt8]

    /// Joins an ordered block and the outcome of its validation.
    ///
    /// Calling this claims that the codes were derived by validation, or read from a ledger that derived them: the validator and the
    /// recovery of the ledger are the only callers, which a tidy test checks.
    package init(
        unchecked block: OrderedBlock, codes: [ValidationCode], transactionIDs: [TransactionID?], overlay: BlockOverlay,
        previousCommitHash: [UInt8]
    ) {
        let filter = codes.map(\.rawValue)
        let updates = overlay.updates
        var stored = block.with(.transactionsFilter, filter)
        if block.number == 0 {
            self.commitHash = []
        } else {
            self.commitHash = CommitHashFormat.hash(filter: filter, updates: updates, previous: previousCommitHash)
            var message = Common_Metadata()
            message.value = self.commitHash.data
            stored = stored.with(.commitHash, message.encoded())
        }
        self.block = stored
        self.codes = codes
        self.updates = updates
        self.history = overlay.history
        self.transactionIDs = transactionIDs
    }
}
