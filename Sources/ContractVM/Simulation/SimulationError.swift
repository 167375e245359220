import LedgerModel

/// Why the simulator refuses an access.
package enum SimulationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The state could not be read.
    case state(StateReadError)
    /// The transaction has read a page before.
    case writeAfterPagedQuery
    /// The transaction has written before.
    case pagedQueryAfterWrite

    package var description: String {
        switch self {
        case .state(let error): error.description
        case .writeAfterPagedQuery:
            "a transaction that has read a page may not write, because nothing protects pages against changes; read with a range query instead"
        case .pagedQueryAfterWrite:
            "a transaction that has written may not read pages, because nothing protects pages against changes; read with a range query instead"
        }
    }
}
