import Ledger
import Synchronization

/// A key-value store in memory whose writes fail from some write on, before or after they took effect.
final class FaultyStore: KeyValueStore {
    /// What outlives the "process".
    let durable: InMemoryStore
    private let isAppliedBeforeFailing: Bool
    private let writesLeft: Mutex<Int>

    init(_ durable: InMemoryStore, failsAfter writes: Int, isAppliedBeforeFailing: Bool) {
        self.durable = durable
        self.isAppliedBeforeFailing = isAppliedBeforeFailing
        self.writesLeft = Mutex(writes)
    }

    func snapshot() -> any KeyValueSnapshot { self.durable.snapshot() }

    func write(_ batch: WriteBatch) throws(KeyValueError) {
        let left = self.writesLeft.withLock { left in
            left -= 1
            return left
        }
        guard left < 0 else { return try self.durable.write(batch) }
        if left == -1 && self.isAppliedBeforeFailing { try self.durable.write(batch) }
        throw KeyValueError(operation: "write", reason: "planted")
    }
}
