import Dispatch
import Foundation
import Synchronization

/// Threads on which proposals run that may have to wait for a chaincode process: the cooperative pool has none to spare for that.
///
/// Threads are made when all others are taken, up to a limit, and end with their owner. What comes beyond the limit waits in line; beyond the
/// length of that line it is refused.
final class SimulationThreads: Sendable {
    /// More proposals than may wait.
    struct Overload: Error, CustomStringConvertible {
        let limit: Int
        var description: String { "too many proposals wait to be run, exceeding the limit (\(limit)); try again later" }
    }

    private typealias Job = @Sendable () -> Void

    /// What threads share; they outlive their owner by a moment.
    private final class Line: Sendable {
        struct State {
            var jobs: [Job] = []
            var idle = 0
            var threads = 0
            var isOver = false
        }

        let state = Mutex(State())
        let arrivals = DispatchSemaphore(value: 0)

        /// Runs jobs until the owner is gone.
        func work() {
            Thread.current.threadDictionary[SimulationThreads.mark] = true
            while true {
                self.arrivals.wait()
                let job = self.state.withLock { state -> Job? in
                    if state.jobs.isEmpty { return nil }
                    state.idle -= 1
                    return state.jobs.removeFirst()
                }
                // Woken without a job: it is over.
                guard let job else { return }
                job()
                self.state.withLock { $0.idle += 1 }
            }
        }
    }

    private static let mark = "selvage.simulation"

    /// Whether this code runs on such a thread, and may wait.
    static var isCurrent: Bool { Thread.current.threadDictionary[Self.mark] != nil }

    private let line = Line()
    private let threads: Int
    private let waiting: Int

    /// - Parameters:
    ///   - threads: More than a chaincode may hold, see `ShimLimits.transactions`.
    ///   - waiting: Proposals in line.
    init(threads: Int = 640, waiting: Int = 2_500) {
        self.threads = threads
        self.waiting = waiting
    }

    deinit {
        let count = self.line.state.withLock { state in
            state.isOver = true
            return state.threads
        }
        for _ in 0..<count { self.line.arrivals.signal() }
    }

    /// Runs a body on one of the threads.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let isRefused = self.line.state.withLock { state in
                guard state.jobs.count < self.waiting else { return true }
                state.jobs.append { continuation.resume(with: Swift.Result(catching: body)) }
                if state.jobs.count > state.idle, state.threads < self.threads {
                    state.threads += 1
                    state.idle += 1
                    let line = self.line
                    Thread.detachNewThread { line.work() }
                }
                return false
            }
            if isRefused {
                continuation.resume(throwing: Overload(limit: self.waiting))
            } else {
                self.line.arrivals.signal()
            }
        }
    }
}
