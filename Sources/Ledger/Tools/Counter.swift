import Synchronization

/// Counts up from one, from any thread.
final class Counter: Sendable {
    private let value = Mutex<UInt64>(0)

    func next() -> UInt64 {
        self.value.withLock { value in
            value += 1
            return value
        }
    }
}
