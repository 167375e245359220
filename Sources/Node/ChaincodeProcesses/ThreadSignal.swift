import Dispatch
import Synchronization

/// Something that happens once and that threads wait for; tasks must not, since they would hold a thread of their pool.
final class ThreadSignal<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [DispatchSemaphore] = []
    }

    private let state = Mutex(State())

    /// Makes it happen; only the first call counts.
    func fire(_ value: Value) {
        let waiters = self.state.withLock { state -> [DispatchSemaphore] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.signal() }
    }

    /// Waits for it; nil when the time is over first.
    func wait(nanoseconds: UInt64) -> Value? {
        let waiter = DispatchSemaphore(value: 0)
        let value = self.state.withLock { state in
            if state.value == nil { state.waiters.append(waiter) }
            return state.value
        }
        if let value { return value }
        _ = waiter.wait(timeout: .now() + .nanoseconds(Int(clamping: nanoseconds)))
        return self.state.withLock { state in
            state.waiters.removeAll { $0 === waiter }
            return state.value
        }
    }
}
