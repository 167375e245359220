import LedgerModel

/// The past of public keys in memory.
package struct InMemoryHistory: HistoryReading {
    private var changes: [StateAddress: [KeyModification]] = [:]

    package init() {}

    package func history(of key: StateKey, in namespace: Namespace) throws(StateReadError) -> [KeyModification] {
        (changes[.key(namespace, key)] ?? []).reversed()
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
