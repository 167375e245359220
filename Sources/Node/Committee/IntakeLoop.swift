import LedgerModel
import Ordering
import SelvageClient

/// The owner of a member's door: checks envelopes and queues them durably, on a thread of its own.
///
/// While one sync is under way the next envelopes gather, and then share one.
actor IntakeLoop {
    private let thread: MemberThread
    private let inbox: MemberInbox
    private var intake: MemberIntake?

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

    init(intake: MemberIntake, inbox: MemberInbox, name: String) {
        self.thread = MemberThread(label: "\(name) intake")
        self.inbox = inbox
        self.intake = intake
    }

    /// Runs until the inbox is closed; whoever waits for an answer then hears that there is none.
    ///
    /// - Throws: What the disk or the key says when it forbids to go on.
    func run(restoring logged: [[UInt8]]) async throws {
        defer { self.inbox.refuseSubmissions() }
        self.intake?.restore(logged)
        if !logged.isEmpty { self.inbox.post(.reason) }
        for await _ in self.inbox.wakeIntake {
            if self.intake?.isBusy == true { try? await Deadline.sleep(.milliseconds(MemberLimits.gatheringMilliseconds)) }
            while let work = self.inbox.nextIntake() {
                switch work {
                case .submissions(let submissions): try self.answer(submissions)
                case .pushed(let envelopes): if self.intake?.take(pushed: envelopes) == true { self.inbox.post(.reason) }
                case .blockStored: try self.intake?.compact()
                }
            }
        }
    }

    /// Gives disk and key back.
    func close() { self.intake = nil }

    private func answer(_ submissions: [MemberInbox.Submission]) throws {
        var answers: [MemberIntake.Answer] = []
        // Without an answer nobody may believe that the envelope is safe.
        defer { for submission in submissions.dropFirst(answers.count) { submission.reply(.refused(.unavailable(reason: "it has stopped"))) } }
        guard let taken = try self.intake?.take(submissions.map(\.envelope)) else { return }
        answers = taken
        self.inbox.post(.reason)
        for (submission, answer) in zip(submissions, answers) { submission.reply(answer) }
    }
}
