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
                try await Task.sleep(for: duration)
                return nil
            }
            defer { group.cancelAll() }
            // The sleep is cancelled with the whole group only, so whichever comes first decides.
            guard let first = try await group.next(), let result = first else { throw late() }
            return result
        }
    }
}
