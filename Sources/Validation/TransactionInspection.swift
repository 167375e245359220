import LedgerModel

/// What phase A found out about one transaction without looking at the others of its block.
struct TransactionInspection: Sendable {
    enum Content: Sendable {
        /// Failed before its content mattered.
        case none
        /// A serialised `common.ConfigEnvelope`.
        case configuration([UInt8])
        case endorsed(EndorsedContent)
    }

    /// The id under which the transaction is indexed, valid or not.
    let transactionID: TransactionID?
    /// The failure of a check that concerns the transaction as a whole; nil while it is still good.
    let failure: TransactionVerdict?
    let content: Content
}

/// What an endorsed transaction reads and writes, and how its namespaces fared.
struct EndorsedContent: Sendable {
    struct NamespaceOutcome: Sendable {
        let namespace: Namespace
        /// Nil when the endorsements suffice for this namespace.
        let failure: TransactionVerdict?
    }

    let readWriteSet: ReadWriteSet
    /// In the order of checking, up to and including the first that failed.
    let outcomes: [NamespaceOutcome]
}

/// Carries a verdict out of nested checks.
struct TransactionFailure: Error {
    let verdict: TransactionVerdict

    init(_ code: ValidationCode, _ reason: String) {
        self.verdict = TransactionVerdict(code: code, reason: reason)
    }
}

/// What interrupts the inspection of a transaction: its own fault, or the store's.
enum InspectionInterruption: Error {
    case transaction(TransactionFailure)
    case state(StateReadError)

    static func invalid(_ code: ValidationCode, _ reason: String) -> InspectionInterruption {
        .transaction(TransactionFailure(code, reason))
    }
}
