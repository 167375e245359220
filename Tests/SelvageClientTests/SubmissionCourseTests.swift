import CryptoPrimitives
import TestSupport
import Testing

@testable import SelvageClient

/// A network as a course sees it: transactions by id, each in the ledger, on its way, or lost.
private struct CourseWorld {
    enum Fate: Equatable {
        case committed
        case conflicted
        /// The ordering service has it; nobody knows when it comes.
        case underWay(conflicts: Bool)
    }

    var random: SplitMix64
    /// By attempt: the ids of a deed follow from its business id.
    var transactions: [Int: Fate] = [:]
    /// Sendings after a verdict said that the deed is done.
    var sendingsAfterCommit = 0

    var commits: Int { self.transactions.values.count { $0 == .committed } }

    private mutating func chance(_ percent: UInt64) -> Bool { self.random.next() % 100 < percent }

    /// What is under way may arrive at any moment.
    private mutating func arrive() {
        for (attempt, fate) in self.transactions.sorted(by: { $0.key < $1.key }) {
            guard case .underWay(let conflicts) = fate, self.chance(30) else { continue }
            self.transactions[attempt] = conflicts ? .conflicted : .committed
        }
    }

    /// Drives a course to its end, or until the client's process dies.
    mutating func run(_ start: some SubmissionDeciding) -> TransactionOutcome? {
        var (course, event, attempt, hasCommit) = (start, SubmissionCourse.Event.begun, 0, false)
        for _ in 0..<200 {
            if self.chance(2) { return nil }
            self.arrive()
            switch course.next(after: event, random: self.random.next()) {
            case .endorse(let next, _):
                attempt = next
                // A peer refuses an id that is in its ledger.
                switch self.transactions[attempt] {
                case .committed, .conflicted: event = .known
                case .underWay, nil: event = self.chance(20) ? .disagreed : .endorsed
                }
            case .giveUp: return nil
            case .send:
                if hasCommit { self.sendingsAfterCommit += 1 }
                event = self.send(attempt)
            case .askForVerdict:
                self.arrive()
                switch self.transactions[attempt] {
                case .committed:
                    hasCommit = true
                    event = .verdict(.committed(block: 7))
                case .conflicted: event = .verdict(.invalid(code: self.chance(50) ? "MVCC_READ_CONFLICT" : "PHANTOM_READ_CONFLICT", block: 7))
                case .underWay, nil: event = .verdict(.expired)
                }
            case .finish(let outcome): return outcome
            }
        }
        return nil
    }

    private mutating func send(_ attempt: Int) -> SubmissionCourse.Event {
        let (arrives, isAnswered) = (self.chance(80), self.chance(70))
        // The same id counts once, however often its envelope comes.
        if arrives, self.transactions[attempt] == nil { self.transactions[attempt] = .underWay(conflicts: self.chance(40)) }
        return arrives && isAnswered ? .taken : .unclear
    }
}

/// The planted bug: what has not come in time is taken for lost, and done again under a new id.
private struct ImpatientCourse: SubmissionDeciding {
    var course: SubmissionCourse
    var attempts = 1

    mutating func next(after event: SubmissionCourse.Event, random: UInt64) -> SubmissionCourse.Step {
        if case .verdict(.expired) = event, self.attempts < 5 {
            self.attempts += 1
            return .endorse(attempt: self.attempts, afterMilliseconds: 0)
        }
        if case .endorse(let attempt, let pause) = self.course.next(after: event, random: random) {
            self.attempts = max(self.attempts, attempt)
            return .endorse(attempt: self.attempts, afterMilliseconds: pause)
        }
        return self.course.next(after: event, random: random)
    }
}

struct SubmissionCourseTests {
    /// Runs a deed several times under one business id, as programs that are started again do; says what went wrong.
    private static func misdeed(seed: UInt64, _ course: () -> any SubmissionDeciding) -> String? {
        var world = CourseWorld(random: SplitMix64(seed: seed))
        var outcomes: [TransactionOutcome] = []
        for _ in 0..<4 { if let outcome = world.run(course()) { outcomes.append(outcome) } }
        if world.commits > 1 { return "done \(world.commits) times" }
        if world.sendingsAfterCommit > 0 { return "sent after it was committed" }
        if outcomes.contains(where: \.isCommitted), world.commits != 1 { return "said to be done, and is not" }
        return nil
    }

    @Test func `a deed is done at most once, whatever is lost, late or killed`() {
        for seed in UInt64(1)...3_000 {
            let misdeed = Self.misdeed(seed: seed) { SubmissionCourse(RetryPolicy()) }
            #expect(misdeed == nil, "seed \(seed)")
            if misdeed != nil { return }
        }
    }

    @Test func `a course that does again what is only late is caught`() {
        let caught = (UInt64(1)...3_000).contains { Self.misdeed(seed: $0) { ImpatientCourse(course: SubmissionCourse(RetryPolicy())) } != nil }
        #expect(caught)
    }

    @Test func `after the end nothing is sent, whatever is told`() {
        let events: [SubmissionCourse.Event] = [
            .begun, .endorsed, .known, .taken, .unclear, .verdict(.expired), .verdict(.committed(block: 1)),
            .verdict(.invalid(code: "MVCC_READ_CONFLICT", block: 2)),
        ]
        for outcome in [TransactionOutcome.committed(block: 3), .expired, .invalid(code: "ENDORSEMENT_POLICY_FAILURE", block: 3)] {
            var course = SubmissionCourse(RetryPolicy())
            _ = course.next(after: .begun, random: 0)
            #expect(course.next(after: .verdict(outcome), random: 0) == .finish(outcome))
            for event in events { #expect(course.next(after: event, random: 1) == .finish(outcome)) }
        }
    }

    @Test func `conflicts are run again up to the bound, and told then`() {
        var course = SubmissionCourse(RetryPolicy(attempts: 3, firstPauseMilliseconds: 100, longestPauseMilliseconds: 150))
        let conflict = SubmissionCourse.Event.verdict(.invalid(code: "PHANTOM_READ_CONFLICT", block: 9))
        #expect(course.next(after: .begun, random: 0) == .endorse(attempt: 1, afterMilliseconds: 0))
        #expect(course.next(after: .endorsed, random: 0) == .send(afterMilliseconds: 0))
        #expect(course.next(after: .taken, random: 0) == .askForVerdict)
        #expect(course.next(after: conflict, random: 0) == .endorse(attempt: 2, afterMilliseconds: 100))
        #expect(course.next(after: conflict, random: 50) == .endorse(attempt: 3, afterMilliseconds: 100))
        #expect(course.next(after: conflict, random: 0) == .finish(.invalid(code: "PHANTOM_READ_CONFLICT", block: 9)))
    }

    @Test func `endorsers that come apart are asked again under the same id, up to the bound`() {
        var course = SubmissionCourse(RetryPolicy(attempts: 3, firstPauseMilliseconds: 100, longestPauseMilliseconds: 150))
        #expect(course.next(after: .begun, random: 0) == .endorse(attempt: 1, afterMilliseconds: 0))
        #expect(course.next(after: .disagreed, random: 0) == .endorse(attempt: 1, afterMilliseconds: 100))
        #expect(course.next(after: .disagreed, random: 0) == .endorse(attempt: 1, afterMilliseconds: 150))
        #expect(course.next(after: .disagreed, random: 0) == .giveUp)
        #expect(course.next(after: .begun, random: 0) == .giveUp)
        var once = SubmissionCourse(.none)
        _ = once.next(after: .begun, random: 0)
        #expect(once.next(after: .disagreed, random: 0) == .giveUp)
    }

    @Test func `an envelope whose arrival is unclear is handed in again, and then asked for`() {
        var course = SubmissionCourse(RetryPolicy(firstPauseMilliseconds: 8, longestPauseMilliseconds: 1_000, resends: 2))
        _ = course.next(after: .begun, random: 0)
        #expect(course.next(after: .endorsed, random: 0) == .send(afterMilliseconds: 0))
        #expect(course.next(after: .unclear, random: 0) == .send(afterMilliseconds: 8))
        #expect(course.next(after: .unclear, random: 0) == .send(afterMilliseconds: 16))
        #expect(course.next(after: .unclear, random: 0) == .askForVerdict)
    }

    @Test func `pauses double, are spread over their second half, and never overflow`() {
        let policy = RetryPolicy(firstPauseMilliseconds: 100, longestPauseMilliseconds: 2_000)
        #expect((2...8).map { policy.pause(before: $0, random: 0) } == [100, 200, 400, 800, 1_600, 2_000, 2_000])
        for random in UInt64(0)...200 { #expect((50...100).contains(policy.pause(before: 2, random: random))) }
        let extreme = RetryPolicy(firstPauseMilliseconds: .max, longestPauseMilliseconds: .max)
        #expect(extreme.pause(before: .max, random: 0) == .max && extreme.pause(before: .min, random: .max) >= .max / 2)
        #expect(RetryPolicy(attempts: -3, resends: -1).attempts == 1 && RetryPolicy(firstPauseMilliseconds: 0).pause(before: 2, random: 9) == 0)
    }

    @Test func `nonces of a deed are as written down`() throws {
        let nonces = try #require(BusinessNonceFormat(secret: Array("secret".utf8)))
        func nonce(_ channel: String = "care", _ chaincode: String = "notes", _ id: String = "order-7", _ attempt: Int = 1) -> String {
            Base16.encode(nonces.nonce(channel: Array(channel.utf8), chaincode: Array(chaincode.utf8), businessID: id, attempt: attempt))
        }
        // Computed with another implementation of HKDF and HMAC.
        #expect(nonce() == "6aa3cec03f5531ebc3015125905e57a452382cdd4f879a8d")
        #expect(nonce("care", "notes", "order-7", 2) == "c2f89526a8106b11de84badd93bcf6ef0b665c7d8cf7d243")
        let others = [nonce(), nonce("carenotes", ""), nonce("care", "notesorder-7", ""), nonce("care", "notes", "order-8")]
        #expect(Set(others).count == 4)
    }
}
