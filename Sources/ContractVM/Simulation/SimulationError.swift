import LedgerModel

/// Why the simulator refuses an access.
package enum SimulationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The state could not be read.
    case state(StateReadError)
    /// The transaction has read a page before.
    case writeAfterPagedQuery
    /// The transaction has written before.
    case pagedQueryAfterWrite
    /// The ledger has the hash of a private value of which this node lacks the value itself, or has an older one.
    case privateValueMissing(CollectionName)
    /// The transaction has queried private data before.
    case writeAfterPrivateQuery
    /// The transaction has written before.
    case privateQueryAfterWrite

    package var description: String {
        switch self {
        case .state(let error): error.description
        case .writeAfterPagedQuery:
            "a transaction that has read a page may not write, because nothing protects pages against changes; read with a range query instead"
        case .privateValueMissing(let collection):
            "this node lacks a private value of collection \(collection) whose hash is on the ledger; ask the node that endorsed the write"
        case .writeAfterPrivateQuery: "a transaction that has queried private data may not write, because nothing protects such queries"
        case .privateQueryAfterWrite: "a transaction that has written may not query private data, because nothing protects such queries"
        case .pagedQueryAfterWrite:
            "a transaction that has written may not read pages, because nothing protects pages against changes; read with a range query instead"
        }
    }
}
