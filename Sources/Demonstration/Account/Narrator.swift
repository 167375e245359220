import Glibc

/// Collects the account of a run and hands out its lines as they come.
///
/// One task tells the story, so nothing here is shared.
final class Narrator {
    private(set) var account: Account
    private let line: (String) -> Void
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var stageStarted: ContinuousClock.Instant

    /// - Parameter line: Receives each line of the readable account.
    init(directory: String, line: @escaping (String) -> Void) {
        self.account = Account(directory: directory)
        self.line = line
        self.started = self.clock.now
        self.stageStarted = self.started
    }

    /// Begins a stage.
    func stage(_ title: String) {
        self.endStage()
        let number = self.account.stages.count + 1
        self.account.stages.append(Account.Stage(number: number, title: title))
        self.stageStarted = self.clock.now
        self.line("")
        self.line("\(number). \(title)")
    }

    /// Ends the last stage and the run.
    func finish() -> Account {
        self.endStage()
        self.account.milliseconds = Self.milliseconds(self.clock.now - self.started)
        self.line("")
        self.line("Whole run: \(Self.text(self.account.milliseconds)); files in \(self.account.directory)")
        return self.account
    }

    /// Tells something that was done.
    func done(_ what: String, took duration: Duration? = nil) {
        self.add(what, .done, reason: nil, duration)
    }

    /// Tells something that was refused as it should be.
    func refused(_ what: String, reason: String) {
        self.add(what, .refused, reason: reason, nil)
    }

    /// Tells something that went wrong.
    func failed(_ what: String, reason: String) {
        self.add(what, .failed, reason: reason, nil)
    }

    /// Keeps a named figure.
    func figure(_ name: String, _ value: Double) {
        self.account.figures[name] = value
    }

    /// Runs something and tells how long it took.
    @discardableResult
    func timed<Result>(_ what: (Result) -> String, _ body: () async throws -> Result) async rethrows -> Result {
        let start = self.clock.now
        let result = try await body()
        self.done(what(result), took: self.clock.now - start)
        return result
    }

    /// Runs something that must be refused, and tells the refusal; going through is a failure of the run.
    func mustRefuse(_ what: String, containing expected: String, _ body: () async throws -> String) async {
        do {
            let outcome = try await body()
            self.failed(what, reason: "was not refused: \(outcome)")
        } catch {
            let reason = "\(error)"
            if reason.contains(expected) {
                self.refused(what, reason: reason)
            } else {
                self.failed(what, reason: "was refused for another reason: \(reason)")
            }
        }
    }

    private func add(_ what: String, _ outcome: Account.Outcome, reason: String?, _ duration: Duration?) {
        let milliseconds = duration.map(Self.milliseconds)
        let last = self.account.stages.count - 1
        guard last >= 0 else { return }
        self.account.stages[last].entries.append(Account.Entry(what: what, outcome: outcome, reason: reason, milliseconds: milliseconds))
        let mark =
            switch outcome {
            case .done: "  + "
            case .refused: "  x "
            case .failed: "  ! FAILED: "
            }
        self.line(mark + what + (milliseconds.map { "  (\(Self.text($0)))" } ?? ""))
        if let reason { self.line("      \(reason)") }
    }

    private func endStage() {
        let last = self.account.stages.count - 1
        guard last >= 0, self.account.stages[last].milliseconds == 0 else { return }
        let duration = Self.milliseconds(self.clock.now - self.stageStarted)
        self.account.stages[last].milliseconds = duration
        self.line("    \(Self.text(duration))")
    }

    static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds) / 1e15
    }

    static func text(_ milliseconds: Double) -> String {
        if milliseconds >= 1000 { return "\((milliseconds / 10).rounded() / 100) s" }
        return "\((milliseconds * 10).rounded() / 10) ms"
    }
}
