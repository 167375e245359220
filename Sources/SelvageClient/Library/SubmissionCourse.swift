/// Decides what a submission does next. It calls nobody: whoever drives it tells what happened.
protocol SubmissionDeciding: Sendable {
    /// The next step after something happened.
    ///
    /// - Parameter random: Any number; spreads pauses.
    mutating func next(after event: SubmissionCourse.Event, random: UInt64) -> SubmissionCourse.Step
}

/// The course of one deed from its first endorsement to its outcome.
///
/// It runs a deed again only after a verdict that says that it had no effect. What nobody has a verdict on may still take effect, so an expired
/// wait ends the course. Endorsers that come apart, as when one of them is a block behind, are asked again under the same id: nothing was sent, and a new
/// id would make a deed of its own out of what may have been endorsed and sent by an earlier run. An envelope whose arrival is unclear is handed in again as it is: its id makes that harmless.
struct SubmissionCourse: SubmissionDeciding {
    enum Event: Hashable, Sendable {
        case begun
        /// Enough peers have endorsed the attempt.
        case endorsed
        /// The endorsers computed different results.
        case disagreed
        /// A peer says that the ledger has the attempt's transaction: an earlier run of this deed.
        case known
        case taken
        /// It is not clear whether the ordering service has the envelope.
        case unclear
        case verdict(TransactionOutcome)
    }

    enum Step: Hashable, Sendable {
        /// Has the attempt endorsed (from 1), after a pause.
        case endorse(attempt: Int, afterMilliseconds: UInt64)
        /// Hands the attempt's envelope to the ordering service, after a pause.
        case send(afterMilliseconds: UInt64)
        case askForVerdict
        case finish(TransactionOutcome)
        /// Tells why the last endorsement failed.
        case giveUp
    }

    private let policy: RetryPolicy
    private var attempt = 0
    private var sendings = 0
    private var disagreements = 0
    private var end: Step?

    init(_ policy: RetryPolicy) { self.policy = policy }

    mutating func next(after event: Event, random: UInt64) -> Step {
        if let end { return end }
        switch event {
        case .begun: return self.endorse(random)
        case .endorsed:
            self.sendings = 1
            return .send(afterMilliseconds: 0)
        case .disagreed:
            self.disagreements += 1
            guard self.disagreements < self.policy.attempts else { return self.finish(.giveUp) }
            return .endorse(attempt: self.attempt, afterMilliseconds: self.policy.pause(before: self.disagreements + 1, random: random))
        case .known, .taken: return .askForVerdict
        case .unclear:
            guard self.sendings <= self.policy.resends else { return .askForVerdict }
            self.sendings += 1
            return .send(afterMilliseconds: self.policy.pause(before: self.sendings, random: random))
        case .verdict(let verdict):
            if verdict.isConflict, self.attempt < self.policy.attempts { return self.endorse(random) }
            return self.finish(.finish(verdict))
        }
    }

    private mutating func finish(_ step: Step) -> Step {
        self.end = step
        return step
    }

    private mutating func endorse(_ random: UInt64) -> Step {
        self.attempt += 1
        self.sendings = 0
        return .endorse(attempt: self.attempt, afterMilliseconds: self.attempt == 1 ? 0 : self.policy.pause(before: self.attempt, random: random))
    }
}
