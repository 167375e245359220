import LedgerModel
import SelvageClient
import Synchronization

/// Those who wait for a transaction to be committed.
///
/// A waiter asks the ledger again after it has entered itself here, so a commit between the two questions is not missed.
final class CommitWaiters: Sendable {
    private struct State {
        var nextID: UInt64 = 0
        /// Set when no more commits will come.
        var failure: (any Error)?
        var waiting: [TransactionID: [(id: UInt64, continuation: CheckedContinuation<CommitStatus, any Error>)]] = [:]
    }

    private let state = Mutex(State())

    /// Waits for a transaction.
    ///
    /// - Parameter known: Looks into the ledger; called once after the waiter has been entered.
    func wait(for transaction: TransactionID, known: @Sendable () throws -> CommitStatus?) async throws -> CommitStatus {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let failure = self.state.withLock { state in
                    state.waiting[transaction, default: []].append((id, continuation))
                    return state.failure
                }
                do {
                    if Task.isCancelled { throw CancellationError() }
                    if let status = try known() { self.take(id, transaction)?.resume(returning: status) } else if let failure { throw failure }
                } catch {
                    self.take(id, transaction)?.resume(throwing: error)
                }
            }
        } onCancel: {
            self.take(id, transaction)?.resume(throwing: CancellationError())
        }
    }

    /// Tells all who wait for these transactions.
    func resume(_ statuses: [CommitStatus]) {
        for status in statuses {
            let waiters = self.state.withLock { $0.waiting.removeValue(forKey: status.transaction) } ?? []
            for waiter in waiters { waiter.continuation.resume(returning: status) }
        }
    }

    /// Tells all who wait, now or later, that what they wait for will not come.
    func fail(_ error: any Error) {
        let waiters = self.state.withLock { state in
            state.failure = error
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap { $0 }
        }
        for waiter in waiters { waiter.continuation.resume(throwing: error) }
    }

    /// Removes one waiter; nil when somebody has resumed it already.
    private func take(_ id: UInt64, _ transaction: TransactionID) -> CheckedContinuation<CommitStatus, any Error>? {
        self.state.withLock { state in
            guard let index = state.waiting[transaction]?.firstIndex(where: { $0.id == id }) else { return nil }
            let continuation = state.waiting[transaction]?.remove(at: index).continuation
            if state.waiting[transaction]?.isEmpty == true { state.waiting[transaction] = nil }
            return continuation
        }
    }
}
