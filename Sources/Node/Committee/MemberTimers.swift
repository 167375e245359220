import Ordering

/// The timers of one member: each puts its input into the inbox when it has run out.
struct MemberTimers: Sendable {
    private let clock: any CommitteeClock
    private let inbox: MemberInbox
    private let started: AsyncStream<(input: MemberInput, milliseconds: UInt32)>
    private let starter: AsyncStream<(input: MemberInput, milliseconds: UInt32)>.Continuation

    init(clock: any CommitteeClock, inbox: MemberInbox) {
        self.clock = clock
        self.inbox = inbox
        (self.started, self.starter) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.queuedTimers))
    }

    func start(_ input: MemberInput, milliseconds: UInt32) {
        self.starter.yield((input, milliseconds))
    }

    /// Runs until the task is cancelled; timers that have not run out then are forgotten.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await timer in self.started {
                group.addTask {
                    guard (try? await self.clock.sleep(milliseconds: timer.milliseconds)) != nil else { return }
                    self.inbox.post(timer.input)
                }
            }
            group.cancelAll()
        }
    }
}
