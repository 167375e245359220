/// Why the state or an index could not be read. The store is damaged or gone: stop and run the repair of the ledger.
package struct StateReadError: Error, Equatable, Sendable, CustomStringConvertible {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }

    package var description: String { "the world state cannot be read: \(self.reason); stop this node and rebuild its state from the blocks" }
}

/// An immutable view of the world state as it was after some block.
package protocol StateReading: Sendable {
    /// The value at an address; nil when there is none.
    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue?

    /// The public keys of a namespace from `start` (inclusive) to `end` (exclusive; nil: to the end), in byte order.
    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan
}

/// A walk over keys in byte order.
package protocol StateScan: AnyObject {
    /// The next key and its value; nil at the end.
    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)?
}

/// One change of a key in the past.
package struct KeyModification: Hashable, Sendable {
    package let transaction: TransactionID
    /// The value written; empty for a delete.
    package let value: [UInt8]
    /// The client's time, from the transaction's channel header.
    package let timestamp: Timestamp
    package let isDelete: Bool

    package init(transaction: TransactionID, value: [UInt8], timestamp: Timestamp, isDelete: Bool) {
        self.transaction = transaction
        self.value = value
        self.timestamp = timestamp
        self.isDelete = isDelete
    }
}

/// The past of public keys.
package protocol HistoryReading: Sendable {
    /// All changes of a key by valid endorser transactions, newest first.
    func history(of key: StateKey, in namespace: Namespace) throws(StateReadError) -> [KeyModification]
}

/// Which transactions the ledger already holds, valid or not.
package protocol TransactionIndexReading: Sendable {
    func contains(_ id: TransactionID) throws(StateReadError) -> Bool
}
