import Ordering

/// The owner of a member's core: takes what is in the inbox, one after the other, on a thread of its own.
actor CoreLoop {
    private let thread: MemberThread
    private let inbox: MemberInbox
    private var core: MemberCore?

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

    init(core: MemberCore, inbox: MemberInbox, name: String) {
        self.thread = MemberThread(label: "\(name) core")
        self.inbox = inbox
        self.core = core
    }

    /// Runs until the inbox is closed.
    ///
    /// - Throws: What the disk, the key or the protocol says when it forbids to go on.
    func run(resuming record: SafetyRecord?) async throws {
        try self.core?.begin(resuming: record)
        for await _ in self.inbox.wake {
            while let input = self.inbox.next() { try self.core?.take(input) }
        }
    }

    /// Gives disk and key back.
    func close() { self.core = nil }
}
