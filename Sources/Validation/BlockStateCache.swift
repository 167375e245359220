import LedgerModel
import Synchronization

/// The state before a block, with what the block's transactions touch read once and kept for all checks of the block.
///
/// A written key is asked for its policy, its version and its metadata, a read key for its version; phase A asks first and on all cores, so
/// that phase B finds everything in memory. Bounded: large values are not kept, and nothing more is once the memory is full.
final class BlockStateCache: StateReading {
    private struct Memory {
        var values: [StateAddress: VersionedValue?] = [:]
        var bytes = 0
    }

    private let base: any StateReading
    private let limitBytes: Int
    private let memory = Mutex(Memory())

    init(_ base: any StateReading, limitBytes: Int = Limits.blockCacheBytes) {
        self.base = base
        self.limitBytes = limitBytes
    }

    /// Roughly what is kept.
    var sizeBytes: Int { self.memory.withLock { $0.bytes } }

    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        if let known = self.memory.withLock({ $0.values[address] }) { return known }
        // Read outside of the lock: two threads may do it twice, with the same result.
        let value = try self.base.value(at: address)
        let size = Limits.cachedValueOverhead + (value?.value.count ?? 0) + (value?.metadata.reduce(0) { $0 + $1.value.count } ?? 0)
        guard size <= Limits.cachedValueBytes else { return value }
        self.memory.withLock { memory in
            guard memory.bytes <= self.limitBytes - size else { return }
            if memory.values.updateValue(value, forKey: address) == nil { memory.bytes += size }
        }
        return value
    }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        try self.base.scan(namespace, from: start, to: end)
    }

    /// Reads what phase B will ask for.
    func prepare(_ readWriteSet: ReadWriteSet) throws(StateReadError) {
        for part in readWriteSet.namespaces {
            for read in part.reads { _ = try self.value(at: .key(part.namespace, read.key)) }
            for collection in part.collections {
                for read in collection.reads { _ = try self.value(at: .hashed(part.namespace, collection.collection, keyHash: read.keyHash)) }
            }
        }
    }
}
