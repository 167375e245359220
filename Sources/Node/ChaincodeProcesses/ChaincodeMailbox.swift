import ChaincodeShim
import Dispatch
import Synchronization

/// What has arrived for one transaction, between the stream that brings it and the thread that runs the transaction.
final class ChaincodeMailbox: Sendable {
    enum Item {
        case message(ShimMessage)
        /// The stream has ended, and nothing is left.
        case ended
        case outOfTime
    }

    private struct State {
        var messages: [ShimMessage] = []
        var isClosed = false
    }

    /// A request and the end of the transaction; a chaincode that says more than once that it is done is not listened to.
    private static let capacity = 2

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    func put(_ message: ShimMessage) {
        self.state.withLock { state in
            if !state.isClosed, state.messages.count < Self.capacity { state.messages.append(message) }
        }
        self.arrivals.signal()
    }

    func close() {
        self.state.withLock { $0.isClosed = true }
        self.arrivals.signal()
    }

    /// The next message, which is waited for.
    func take(nanoseconds: UInt64) -> Item {
        let deadline = DispatchTime.now() + .nanoseconds(Int(clamping: nanoseconds))
        while true {
            let item = self.state.withLock { state -> Item? in
                if !state.messages.isEmpty { return .message(state.messages.removeFirst()) }
                return state.isClosed ? .ended : nil
            }
            if let item { return item }
            // Signals of messages that were dropped wake for nothing, and only so often.
            if self.arrivals.wait(timeout: deadline) == .timedOut { return .outOfTime }
        }
    }
}
