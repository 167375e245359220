import LedgerModel

/// A block whose transactions have been read under one configuration, and not been held against any state yet.
package struct BlockReading: Sendable {
    package let block: OrderedBlock
    let transactions: [TransactionReading]

    /// Whether the block may bring a configuration: what comes after it cannot be read before that is known.
    package var mayChangeConfiguration: Bool {
        self.transactions.contains { if case .configuration = $0.content { true } else { false } }
    }
}
