import NIOCore
import NIOPosix

/// Runs tasks on an event loop: a call whose stream is on the same loop goes from bytes to answer and back without changing threads.
///
/// What computes for long must leave it, for all other streams of the loop wait meanwhile.
package final class LoopExecutor: TaskExecutor {
    package let loop: any EventLoop

    /// On the loop whose thread this is, or on the next one of those that all share.
    package init() { self.loop = MultiThreadedEventLoopGroup.singleton.any() }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
