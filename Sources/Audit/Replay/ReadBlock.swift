import Ledger

/// A block as it was read from wherever the ledger keeps it.
struct ReadBlock: Sendable {
    /// Its place in the chain, whatever the block says of itself.
    let number: UInt64
    /// The serialised `common.Block`.
    let bytes: [UInt8]
    /// Where it can be read again; nil outside of our own block files.
    let place: BlockCheckpoint?

    init(number: UInt64, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
        self.place = nil
    }

    init(_ stored: StoredBlock) {
        self.number = stored.number
        self.bytes = stored.bytes
        self.place = BlockCheckpoint(height: stored.number, end: stored.location.position)
    }
}

extension LedgerReplay {
    /// Gives the transactions judged since the last call to a taker, or keeps them in the report when there is none.
    mutating func handOn(_ each: ((AuditReport.Transaction) -> Void)?) {
        if let each {
            for transaction in self.judged { each(transaction) }
        } else {
            self.report.transactions += self.judged
        }
        self.judged.removeAll(keepingCapacity: true)
    }
}
