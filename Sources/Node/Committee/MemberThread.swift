import Dispatch

/// A thread's worth of work of one member, in order: its syncs and signature checks may wait there without holding anybody else up.
///
/// The cooperative pool has as many threads as the machine has cores; a disk that takes its time would stop all members at once.
final class MemberThread: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        self.queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Has work done behind what is queued, without waiting for it.
    func run(_ work: @escaping @Sendable () -> Void) { self.queue.async(execute: work) }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
