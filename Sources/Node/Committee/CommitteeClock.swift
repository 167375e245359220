import LedgerModel

/// The clock of a committee member.
package protocol CommitteeClock: Sendable {
    func now() -> Timestamp
    /// - Throws: When the task was cancelled.
    func sleep(milliseconds: UInt32) async throws
}

extension SystemEnvironment: CommitteeClock {
    package func sleep(milliseconds: UInt32) async throws {
        try await Task.sleep(for: .milliseconds(milliseconds))
    }
}
