import NIOCore
import NIOPosix

/// Waiting that ends: whoever waits for others gives them a time, and says afterwards what did not come.
package enum Deadline {
    /// Runs something, and cancels it when it takes too long.
    ///
    /// - Parameters:
    ///   - late: Made when the time is over; says what was waited for, and what to do.
    ///   - body: Must end when its task is cancelled.
    /// - Throws: What `body` throws, or `late`.
    package static func wait<Result: Sendable>(
        _ duration: Duration, orThrow late: @escaping @Sendable () -> any Error, for body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await self.sleep(duration)
                return nil
            }
            defer { group.cancelAll() }
            // The sleep is cancelled with the whole group only, so whichever comes first decides.
            guard let first = try await group.next(), let result = first else { throw late() }
            return result
        }
    }

    /// The same, unless whoever is asked sees to it itself and needs no longer.
    package static func wait<Result: Sendable>(
        _ duration: Duration, unless own: Int64?, orThrow late: @escaping @Sendable () -> any Error,
        for body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        if let own, .seconds(own) <= duration { return try await body() }
        return try await self.wait(duration, orThrow: late, for: body)
    }

    /// Waits on the event loop whose thread this is, or on another: a call that ends in time, as nearly all do, wakes no other thread for it.
    package static func sleep(_ duration: Duration) async throws {
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(duration)) {}
        try await withTaskCancellationHandler {
            do {
                try await timer.futureResult.get()
            } catch {
                throw CancellationError()
            }
        } onCancel: {
            timer.cancel()
        }
    }
}
