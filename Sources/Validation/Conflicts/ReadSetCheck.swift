import LedgerModel

/// Phase B for one transaction: is what it read still so, after the earlier valid transactions of its block (interop 8.3)?
enum ReadSetCheck {
    /// The verdict when something changed, else nil.
    static func failure(
        _ readWriteSet: ReadWriteSet, overlay: borrowing BlockOverlay, state: any StateReading
    ) throws(StateReadError) -> TransactionVerdict? {
        for part in readWriteSet.namespaces {
            for read in part.reads {
                let address = StateAddress.key(part.namespace, read.key)
                if let failure = try self.failure(at: address, read: read.version, overlay: overlay, state: state) { return failure }
            }
            for query in part.rangeQueries where try !RangeCheck.isUnchanged(query, in: part.namespace, overlay: overlay, state: state) {
                return TransactionVerdict(
                    code: .phantomReadConflict, reason: "a range of keys that it read in '\(part.namespace)' holds other keys or versions now")
            }
            for collection in part.collections {
                for read in collection.reads {
                    let address = StateAddress.hashed(part.namespace, collection.collection, keyHash: read.keyHash)
                    if let failure = try self.failure(at: address, read: read.version, overlay: overlay, state: state) { return failure }
                }
            }
        }
        return nil
    }

    private static func failure(
        at address: StateAddress, read version: StateVersion?, overlay: borrowing BlockOverlay, state: any StateReading
    ) throws(StateReadError) -> TransactionVerdict? {
        if let update = overlay.update(at: address) {
            return TransactionVerdict(
                code: .mvccReadConflict, reason: "key \(address), which it read, was written by transaction \(update.version) of the same block")
        }
        let current = try state.value(at: address)?.version
        guard current != version else { return nil }
        let (then, now) = (version.map { "\($0)" } ?? "absent", current.map { "\($0)" } ?? "absent")
        return TransactionVerdict(code: .mvccReadConflict, reason: "key \(address) was \(then) when it was read and is \(now) now")
    }
}
