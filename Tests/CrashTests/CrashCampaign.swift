import CrashSupport
import Foundation
import Synchronization
import TestSupport

/// Many crashes at points drawn from seeds, with what is wrong after them and where they fell.
struct CrashCampaign: Sendable {
    /// What one seed came to.
    struct Result: Sendable {
        /// Kinds of the calls at which the process was killed, "opening" before those at which the ledger was not open yet.
        var kills: [String] = []
        /// Of the kills, those at which something that was not durable was lost.
        var losses = 0
        /// How often the state was removed, as the ledger's error asked.
        var removedStates = 0
        /// What was wrong, with how to see it again.
        var violations: [String] = []

        static func + (left: Result, right: Result) -> Result {
            Result(
                kills: left.kills + right.kills, losses: left.losses + right.losses, removedStates: left.removedStates + right.removedStates,
                violations: left.violations + right.violations)
        }
    }

    static let chainSeeds: [UInt64] = [1, 2, 3]

    var blockCount = 30
    /// A planted mistake: this sync does nothing.
    var droppedSync = ""
    /// A planted mistake: the writer acknowledges before it commits.
    var acknowledgesEarly = false
    /// Names survive in any selection. LevelDB does not promise to open after that; the ledger's advice then has to help.
    var namesInAnyOrder = false

    /// How many calls of each kind a writer makes on a new disk, kinds in order, and how many it makes to open a ledger again.
    struct Calls: Sendable {
        var writing: [(kind: String, count: Int)]
        var opening: Int
    }

    private static let counted = Mutex<[Int: [UInt64: Calls]]>([:])

    /// Counts the calls of runs without faults, for every chain, once.
    func countCalls() throws -> [UInt64: Calls] {
        if let counted = Self.counted.withLock({ $0[self.blockCount] }) { return counted }
        var calls: [UInt64: Calls] = [:]
        for seed in Self.chainSeeds {
            let scene = try CrashScene(seed: seed, blockCount: self.blockCount)
            let run = try scene.run(Faults())
            guard run.isDone, !run.counts.isEmpty else { throw CrashRigError(reason: "a run without faults ends with \(run.ending) \(run.errors)") }
            let again = try scene.run(Faults())
            calls[seed] = Calls(
                writing: run.counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, opening: again.counts.values.reduce(0, +))
        }
        let made = calls
        Self.counted.withLock { $0[self.blockCount] = made }
        return calls
    }

    /// Runs the writer, crashes it one to three times, and judges the disk.
    func play(seed: UInt64, calls: [UInt64: Calls]) throws -> Result {
        var choices = SeededChoices(seed: seed)
        let chain = Self.chainSeeds[Int(seed % UInt64(Self.chainSeeds.count))]
        guard let calls = calls[chain] else { throw CrashRigError(reason: "the calls of chain \(chain) were not counted") }
        let expected = try ExpectedLedger.of(seed: chain, blockCount: self.blockCount)
        let scene = try CrashScene(seed: chain, blockCount: self.blockCount)
        // Kinds take turns, so that the rare ones are hit as well.
        let (kind, count) = calls.writing[Int(seed) % calls.writing.count]
        var faults = Faults(seed: seed, crashAt: Int.random(in: 1...count, using: &choices), crashKind: kind, droppedSync: self.droppedSync)
        faults.namesInAnyOrder = self.namesInAnyOrder
        var (result, acknowledged, story) = (Result(), 0, "SELVAGE_SEED=\(seed)")
        for _ in 0...Int.random(in: 0...2, using: &choices) {
            let run = try scene.run(faults, readers: seed % 4 == 0 ? 1 : 0, acknowledgesEarly: self.acknowledgesEarly)
            story += "; \(faults.commandPrefix) CrashWriter FOLDER \(chain) \(self.blockCount): \(run.crash.map { "\($0)" } ?? "\(run.ending)")"
            for height in run.openedHeights where height < acknowledged {
                result.violations.append("opened with \(height) of \(acknowledged) acknowledged blocks; \(story)")
            }
            for text in run.errors + run.complaints where !(self.namesInAnyOrder && text.hasPrefix("open state")) {
                result.violations.append("\(text); \(story)")
            }
            acknowledged = max(acknowledged, run.acknowledged)
            if let crash = run.crash {
                result.kills.append((crash.isInOpening ? "opening " : "") + crash.kind)
                if crash.loss != "nothing", crash.filesPending + crash.namesLost > 0 { result.losses += 1 }
            }
            if run.isDone || !run.errors.isEmpty || !result.violations.isEmpty { break }
            // The next process is to be killed while it recovers, or soon after.
            faults.seed = choices.next()
            faults.crashKind = ""
            faults.crashAt = Int.random(in: 1...(calls.opening + 8), using: &choices)
        }
        guard result.violations.isEmpty else { return result }
        var reason = expected.violation(in: scene.ledger, acknowledged: acknowledged, goesOn: seed % 4 == 1)
        if self.namesInAnyOrder, reason?.contains("remove the state folder") == true {
            result.removedStates = 1
            try FileManager.default.removeItem(atPath: scene.ledger + "/state")
            reason = expected.violation(in: scene.ledger, acknowledged: acknowledged, goesOn: true)
        }
        if let reason { result.violations.append("\(reason); \(story)") }
        return result
    }

    /// Plays a range of seeds, two at a time.
    func play(seeds: Range<UInt64>) async throws -> Result {
        let calls = try self.countCalls()
        return try await withThrowingTaskGroup(of: Result.self) { group in
            for lane in 0..<UInt64(2) {
                group.addTask {
                    var result = Result()
                    for seed in seeds where seed % 2 == lane { result = result + (try self.play(seed: seed, calls: calls)) }
                    return result
                }
            }
            return try await group.reduce(Result()) { $0 + $1 }
        }
    }

    /// Plays seeds until one shows a violation; nil when none does.
    func firstViolation(seeds: Range<UInt64>) throws -> String? {
        let calls = try self.countCalls()
        for seed in seeds {
            if let violation = try self.play(seed: seed, calls: calls).violations.first { return violation }
        }
        return nil
    }
}

/// How much the crash tests are asked to do.
enum CrashEffort {
    /// The seeds of the long runs, from `SELVAGE_LONG_TESTS`; nil when they are not asked for.
    static let longSeeds: UInt64? = ProcessInfo.processInfo.environment["SELVAGE_LONG_TESTS"].flatMap { UInt64($0) }.flatMap { $0 > 0 ? $0 : nil }

    /// The seeds of the default run; `SELVAGE_SEED` asks for a single one.
    static func seeds(_ range: Range<UInt64>) -> Range<UInt64> {
        SeededGenerator.seedOfEnvironment.map { $0..<($0 + 1) } ?? range
    }
}
