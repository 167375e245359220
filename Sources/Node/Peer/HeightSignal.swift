import Synchronization

/// Tells those who wait for a block that it is there.
final class HeightSignal: Sendable {
    private struct State {
        var height: UInt64
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: (number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = [:]
    }

    private let state: Mutex<State>

    /// - Parameter height: The number of blocks, and the number of the next one.
    init(height: UInt64) {
        self.state = Mutex(State(height: height))
    }

    var height: UInt64 { self.state.withLock { $0.height } }

    func advance(to height: UInt64) {
        let ready = self.state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            guard height > state.height else { return [] }
            state.height = height
            let ready = state.waiters.filter { $0.value.number < height }
            for id in ready.keys { state.waiters[id] = nil }
            return ready.values.map(\.continuation)
        }
        for waiter in ready { waiter.resume(returning: true) }
    }

    /// Waits until a block is there; false when the task is cancelled first.
    func wait(for number: UInt64) async -> Bool {
        let id = self.state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = self.state.withLock { state -> Bool? in
                    if state.height > number { return true }
                    // A cancellation before this line found nobody to wake.
                    if Task.isCancelled { return false }
                    state.waiters[id] = (number, continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
        }
    }
}
