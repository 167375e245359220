/// Bounds of validation.
package enum Limits {
    /// How many transactions one task of phase A takes: enough to make tasks cheap, few enough to keep all cores busy to the end.
    package static let transactionsPerTask = 8
    /// Namespaces whose rules are kept from block to block.
    static let plannedNamespaces = 4_096
    /// The longest name of such a namespace; usual ones are far shorter.
    static let plannedNamespaceBytes = 256
    /// The largest value that is kept in memory while its block is validated, with its metadata and overhead.
    static let cachedValueBytes = 4_096
    /// What is kept of the state while one block is validated.
    static let blockCacheBytes = 16 << 20
    /// What an entry takes beside its bytes, roughly: its key, the slot, the arrays.
    static let cachedValueOverhead = 256
}
