import Synchronization

/// Counts down to nothing, from any thread.
final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { self.left = Mutex(count) }

    /// Takes one; false when none is left.
    func take() -> Bool {
        self.left.withLock { left in
            left -= 1
            return left >= 0
        }
    }

    var isDone: Bool { self.left.withLock { $0 < 0 } }
}
