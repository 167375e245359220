import LedgerModel

/// What became of a transaction that was handed to the ordering service: one of three, always.
public enum TransactionOutcome: Hashable, Sendable, CustomStringConvertible {
    /// It is in this block, and its writes count.
    case committed(block: UInt64)
    /// It is in this block and has no effect; the code is Fabric's name, such as `MVCC_READ_CONFLICT`.
    case invalid(code: String, block: UInt64)
    /// Nobody saw it in a block within the time that the caller gave. It may still come: ask for it again by its id, and never send the
    /// same deed as a new transaction before you know.
    case expired

    init(_ status: CommitStatus) {
        self = status.isValid ? .committed(block: status.block.rawValue) : .invalid(code: status.code.name, block: status.block.rawValue)
    }

    /// Whether its writes count.
    public var isCommitted: Bool { if case .committed = self { true } else { false } }

    /// Whether it read something that another transaction changed before it, so that running it again may help.
    public var isConflict: Bool {
        guard case .invalid(let code, _) = self else { return false }
        return [ValidationCode.mvccReadConflict, .phantomReadConflict].contains { $0.name.utf8.elementsEqual(code.utf8) }
    }

    /// In words.
    public var description: String {
        switch self {
        case .committed(let block): "committed in block \(block)"
        case .invalid(let code, let block): "invalid in block \(block): \(code)"
        case .expired: "in no block in time; ask for its status again later"
        }
    }
}

/// A transaction as its client sees it when all is done.
public struct SubmittedTransaction: Hashable, Sendable {
    /// The id of the attempt that decided.
    public let id: String
    /// What became of it.
    public let outcome: TransactionOutcome
    /// What the chaincode answered, as its endorsers signed it; empty when the transaction was found in the ledger, from an earlier run.
    public let result: [UInt8]
    /// How many times it was endorsed; 1 when there was no conflict.
    public let attempts: Int
    /// The last thing that went wrong on the way, for people; nil when nothing did.
    public let trouble: String?
}
