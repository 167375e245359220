import CrashSupport
import TestSupport
import Testing

/// What `kill -9` leaves of a ledger at work, without any library in between: what was written stays, and only the process is gone.
@Suite struct ProcessKillTests {
    @Test func `ten kills under load lose nothing acknowledged`() throws {
        try Self.kill(times: 10)
    }

    @Test(.enabled(if: CrashEffort.longSeeds != nil, "set SELVAGE_LONG_TESTS to a number of seeds"))
    func `many more kills under load lose nothing acknowledged`() throws {
        try Self.kill(times: Int(clamping: CrashEffort.longSeeds ?? 0))
    }

    /// Kills writers on one disk after another, each disk until its chain is written.
    private static func kill(times count: Int) throws {
        var random = SeededGenerator(seed: 4)
        let expected = try ExpectedLedger.of(seed: 2, blockCount: 30)
        var scene = try CrashScene(seed: 2, blockCount: 30)
        var (acknowledged, kills) = (0, 0)
        while kills < count {
            let run = try scene.runAndKill(afterLines: Int.random(in: 0...8, using: &random), readers: 2)
            #expect(run.errors + run.complaints == [], "\(random)")
            for height in run.openedHeights { #expect(height >= acknowledged, "\(random)") }
            acknowledged = max(acknowledged, run.acknowledged)
            #expect(expected.violation(in: scene.ledger, acknowledged: acknowledged, goesOn: false) == nil, "\(random)")
            if run.ending == .killed { kills += 1 }
            if run.isDone {
                scene = try CrashScene(seed: 2, blockCount: 30)
                acknowledged = 0
            }
        }
    }
}
