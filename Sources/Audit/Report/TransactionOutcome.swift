import LedgerModel

/// What running a transaction again showed; every transaction has exactly one.
package enum TransactionOutcome: Hashable, Sendable {
    /// Reads, writes, response and event are byte for byte what was endorsed.
    case equal
    /// They are not: a failure of the audit.
    case different(ActionDifference)
    /// The ledger alone does not allow it.
    case notReexecutable(Obstacle)
    /// The transaction has no effect, so its result does not matter.
    case invalid
    /// An envelope for the ordering nodes, such as a ballot: well-formed and signed, without effect on the state as no peer knows its contract.
    case governance

    /// Why a valid transaction could not be run again with a result that says anything.
    package enum Obstacle: Hashable, Sendable, CustomStringConvertible {
        /// A configuration: no contract made it.
        case configuration
        /// The contract looked for transient data, which never reach the ledger, and gave another result without them.
        case transientInput
        /// The contract looked for private data in the clear, of which the ledger holds hashes.
        case privateData
        /// The contract read the history of a key, which no read set covers, and gave another result with the history of today.
        case historyQuery
        /// The auditor has no code for this chaincode.
        case externalCode(Namespace)
        /// The auditor did not ask for it.
        case switchedOff

        /// The kind, without names.
        package var kind: String {
            switch self {
            case .configuration: "configuration"
            case .transientInput: "transient input"
            case .privateData: "private data"
            case .historyQuery: "history query"
            case .externalCode: "external code"
            case .switchedOff: "switched off"
            }
        }

        package var description: String {
            if case .externalCode(let name) = self { return "chaincode \(name) is not among ours" }
            return self.kind
        }
    }

    /// The class, as counted.
    package var kind: String {
        switch self {
        case .equal: "equal"
        case .different: "different"
        case .notReexecutable: "not re-executable"
        case .invalid: "invalid"
        case .governance: "governance"
        }
    }
}
