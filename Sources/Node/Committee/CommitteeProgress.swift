import LedgerModel
import Ordering
import Synchronization

/// How far each member of a committee has come, for those who wait for it; it decides nothing.
package final class CommitteeProgress: Sendable {
    package struct Member: Sendable {
        /// Number of its last stored block.
        package var head: UInt64 = 0
        /// Number of the first block after block 0 that it has; later than 1 where it joined with a snapshot.
        package var first: UInt64 = 1
        package var isRunning = false
        /// Why it stopped by itself.
        package var failure: String?
        /// Whether its key may sign.
        package var isObserver = false
        /// Why the last invalid block was invalid.
        package var lastFault: CandidateFault?
        /// Envelopes that other members pushed and that this one refused.
        package var refusedEnvelopes = 0
        /// Facts that it has charged others with, the last few.
        package var charges: [Evidence.Identity] = []
        /// Why its last charge that was not taken was refused.
        package var refusedCharge: BroadcastRefusal?
        /// Messages that it refused, by their sender.
        package var refused: [UInt32: Int] = [:]
    }

    /// All of it at one moment.
    package struct Snapshot: Sendable {
        package var members: [UInt32: Member] = [:]
        /// Proofs of misbehaviour, each once, with the member that found it first.
        package var evidence: [(evidence: Evidence, finder: UInt32)] = []

        /// One line for each member, for people who look for what holds the committee up.
        package var lines: [String] {
            self.members.sorted { $0.key < $1.key }.map { id, member in
                let state = member.failure.map { "stopped: \($0)" } ?? (member.isRunning ? (member.isObserver ? "follows" : "in office") : "down")
                return "member \(id): block \(member.head), \(state)" + (member.lastFault.map { ", saw an invalid block: \($0)" } ?? "")
                    + (member.refusedEnvelopes > 0 ? ", refused \(member.refusedEnvelopes) pushed envelopes" : "")
                    + member.refused.sorted { $0.key < $1.key }.map { ", refused \($0.value) messages of member \($0.key)" }.joined()
            }
        }
    }

    private struct Waiter {
        let id: UInt64
        let holds: @Sendable (Snapshot) -> Bool
        let continuation: CheckedContinuation<Snapshot, any Error>
    }

    private struct State {
        var snapshot = Snapshot()
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var snapshot: Snapshot { self.state.withLock { $0.snapshot } }

    /// Waits until a condition holds, and returns the state in which it did.
    @discardableResult
    package func wait(until holds: @escaping @Sendable (Snapshot) -> Bool) async throws -> Snapshot {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = self.state.withLock { state -> Snapshot? in
                    if holds(state.snapshot) { return state.snapshot }
                    state.waiters.append(Waiter(id: id, holds: holds, continuation: continuation))
                    return nil
                }
                if let isOver { return continuation.resume(returning: isOver) }
                if Task.isCancelled { self.remove(id)?.continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            self.remove(id)?.continuation.resume(throwing: CancellationError())
        }
    }

    func update(_ member: UInt32, _ change: (inout Member) -> Void) {
        self.change { change(&$0.members[member, default: Member()]) }
    }

    func report(_ evidence: Evidence, by finder: UInt32) {
        self.change { snapshot in
            guard snapshot.evidence.count < NodeLimits.heldEvidence else { return }
            guard !snapshot.evidence.contains(where: { $0.evidence.identity == evidence.identity }) else { return }
            snapshot.evidence.append((evidence, finder))
        }
    }

    func countRefusal(at member: UInt32, of sender: UInt32) {
        self.update(member) { $0.refused[sender, default: 0] += 1 }
    }

    /// Lets those who wait look again: something beside the members has changed.
    func touch() {
        self.change { _ in }
    }

    private func change(_ body: (inout Snapshot) -> Void) {
        let (snapshot, over) = self.state.withLock { state in
            body(&state.snapshot)
            let snapshot = state.snapshot
            let over = state.waiters.filter { $0.holds(snapshot) }
            if !over.isEmpty { state.waiters.removeAll { waiter in over.contains { $0.id == waiter.id } } }
            return (snapshot, over)
        }
        for waiter in over { waiter.continuation.resume(returning: snapshot) }
    }

    private func remove(_ id: UInt64) -> Waiter? {
        self.state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
    }
}
