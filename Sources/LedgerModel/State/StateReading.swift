/// Why the state or an index could not be read. The store is damaged or gone, unless `firstBlock` is set: stop and run the repair of the ledger.
package struct StateReadError: Error, Equatable, Sendable, CustomStringConvertible {
    package let reason: String
    /// Nothing is damaged: what was asked for came before the snapshot with which the peer joined, and this is the first block that it has.
    package let firstBlock: BlockNumber?

    package init(reason: String, firstBlock: BlockNumber? = nil) {
        self.reason = reason
        self.firstBlock = firstBlock
    }

    package var description: String {
        self.firstBlock == nil ? "the world state cannot be read: \(self.reason); stop this node and rebuild its state from the blocks" : self.reason
    }
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

/// Which transactions the ledger already holds, valid or not.
package protocol TransactionIndexReading: Sendable {
    func contains(_ id: TransactionID) throws(StateReadError) -> Bool
}
