import LedgerModel

/// What a validated block will change once it is committed: all that the validation of the next block has to know of it.
package struct PendingBlock: Sendable {
    /// Sorted by address, each once.
    let updates: [StateUpdate]
    /// Of all its transactions, valid or not.
    let transactionIDs: Set<TransactionID>

    package init(_ block: ValidatedBlock) {
        self.updates = block.updates
        self.transactionIDs = Set(block.transactionIDs.compactMap { $0 })
    }

    /// The place of the first update that is not before an address.
    fileprivate func firstIndex(notBefore address: StateAddress) -> Int {
        var (low, high) = (0, self.updates.count)
        while low < high {
            let middle = low + (high - low) / 2
            if self.updates[middle].address < address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The state and the transaction index as they will be after a block that is validated and not yet committed.
///
/// So the next block can be validated while this one is made durable: definitions, key policies, versions and transaction ids are those that
/// it will find in the ledger (interop 13.3).
package struct PendingState: StateReading, TransactionIndexReading {
    package typealias Base = StateReading & TransactionIndexReading

    private let base: any Base
    private let block: PendingBlock

    /// - Parameter base: After the block before the pending one, or after the pending one itself: the result is the same.
    package init(_ block: PendingBlock, over base: any Base) {
        self.base = base
        self.block = block
    }

    package func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        let index = self.block.firstIndex(notBefore: address)
        if index < self.block.updates.count, self.block.updates[index].address == address { return self.block.updates[index].result }
        return try self.base.value(at: address)
    }

    package func contains(_ id: TransactionID) throws(StateReadError) -> Bool {
        if self.block.transactionIDs.contains(id) { return true }
        return try self.base.contains(id)
    }

    package func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        let first = self.block.firstIndex(notBefore: .key(namespace, start))
        let changes = self.block.updates[first...].prefix { update in
            guard case .key(namespace, let key) = update.address else { return false }
            return end.map { key < $0 } ?? true
        }
        let scan = try self.base.scan(namespace, from: start, to: end)
        return changes.isEmpty ? scan : try PendingScan(changes, scan)
    }
}

/// A walk over committed keys as a pending block will have changed them.
private final class PendingScan: StateScan {
    private var changes: ArraySlice<StateUpdate>
    private let scan: any StateScan
    private var committed: (key: StateKey, value: VersionedValue)?

    init(_ changes: ArraySlice<StateUpdate>, _ scan: any StateScan) throws(StateReadError) {
        self.changes = changes
        self.scan = scan
        self.committed = try scan.next()
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        while let update = self.changes.first, case .key(_, let key) = update.address {
            if let found = self.committed, found.key < key { return try self.nextCommitted() }
            if let found = self.committed, found.key == key { self.committed = try self.scan.next() }
            self.changes.removeFirst()
            if let value = update.result { return (key, value) }
        }
        return try self.nextCommitted()
    }

    private func nextCommitted() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        guard let found = self.committed else { return nil }
        self.committed = try self.scan.next()
        return found
    }
}
