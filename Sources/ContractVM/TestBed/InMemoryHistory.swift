import LedgerModel

/// The past of public keys in memory.
package struct InMemoryHistory: HistoryReading {
    private var changes: [StateAddress: [KeyModification]] = [:]

    package init() {}

    package func history(
        of key: StateKey, in namespace: Namespace, from start: StateVersion?, limit: Int
    ) throws(StateReadError) -> HistoryPage {
        // A version stands for a position here: the block's number is how many changes are older.
        let past = changes[.key(namespace, key)] ?? []
        let newest = start.map { Int(clamping: $0.block) } ?? past.count - 1
        guard newest >= 0, newest < past.count else { return HistoryPage(modifications: [], next: nil) }
        let oldest = max(0, newest - max(0, limit) + 1)
        let next = oldest > 0 ? StateVersion(block: UInt64(oldest - 1), transaction: 0) : nil
        return HistoryPage(modifications: past[oldest...newest].reversed(), next: next)
    }

    /// Adds the writes of a valid transaction; changes of metadata alone do not count.
    package mutating func append(_ readWriteSet: ReadWriteSet, of invocation: Invocation) {
        for part in readWriteSet.namespaces {
            for write in part.writes {
                changes[.key(part.namespace, write.key), default: []].append(
                    KeyModification(
                        transaction: invocation.transaction, value: write.value, timestamp: invocation.timestamp, isDelete: write.isDelete))
            }
        }
    }
}
