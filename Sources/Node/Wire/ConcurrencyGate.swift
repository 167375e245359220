import GRPCCore
import Synchronization

/// How many calls of one kind run at a time; one more is refused, not queued.
final class ConcurrencyGate: Sendable {
    private let running = Mutex(0)
    private let limit: Int
    private let name: String

    /// - Parameter name: Of the service, for the one who is refused.
    init(_ name: String, limit: Int) {
        self.name = name
        self.limit = limit
    }

    /// - Throws: `RPCError` RESOURCE_EXHAUSTED, as Fabric's peers answer.
    func enter() throws {
        let isIn = self.running.withLock { running in
            guard running < self.limit else { return false }
            running += 1
            return true
        }
        guard isIn else {
            throw RPCError(code: .resourceExhausted, message: "too many requests for \(self.name), exceeding concurrency limit (\(self.limit))")
        }
    }

    func leave() {
        self.running.withLock { $0 -= 1 }
    }

    var count: Int { self.running.withLock { $0 } }
}
