import CrashSupport
import Foundation
import TestSupport
import Testing

/// A disk that refuses single calls, or is full: typed errors that say what to do, and nothing acknowledged is lost, then or later.
@Suite struct FailingDiskTests {
    /// Every call that changes the disk, of both our files and LevelDB's, with how many of its kind a run makes at least.
    static let calls = [
        ("segment-create", 5), ("segment-truncate", 5), ("segment-write", 60), ("segment-sync", 30), ("blocks-sync", 5), ("log-write", 30),
        ("log-sync", 28), ("log-create", 2), ("table-create", 1), ("table-write", 5), ("table-sync", 1), ("manifest-create", 1),
        ("manifest-write", 2), ("manifest-sync", 2), ("state-sync", 2), ("current-write", 1), ("current-sync", 1), ("current-rename", 1),
        ("state-mkdir", 1), ("blocks-mkdir", 1), ("ledger-sync", 1), ("disk-sync", 1), ("log-unlink", 1),
    ]

    /// What every kind of error has to tell the user.
    private static func advice(in error: String) -> Bool {
        switch error.split(separator: " ").dropFirst().first {
        case "file-28": error.contains("make room")
        case "file-5": error.contains("check it")
        case "state": error.contains("open the ledger again") || error.contains("remove the state folder")
        case "stopped", "blocks-stopped": error.contains("open it again") || error.contains("open the ledger again")
        default: false
        }
    }

    /// One disk that fails `count` times at calls of a kind, then loses power, for half of the seeds.
    ///
    /// A failed call after which the writer opens the ledger again in the same process shows it what a killed process would have left:
    /// memory holds what the disk does not.
    private static func violations(_ kind: String, atMost: Int, code: Faults.Code, phase: Faults.Phase, seed: UInt64) throws -> [String] {
        var choices = SeededChoices(seed: seed)
        var faults = Faults(seed: seed, errorAt: Int.random(in: 1...atMost, using: &choices), errorKind: kind, errorCode: code)
        faults.errorCount = Int.random(in: 1...2, using: &choices)
        faults.errorPhase = phase
        if seed % 4 != 0 { faults.crashAt = Int.random(in: 20...200, using: &choices) }
        let chain = CrashCampaign.chainSeeds[Int(seed % 3)]
        let scene = try CrashScene(seed: chain, blockCount: 30)
        let run = try scene.run(faults, readers: seed % 5 == 0 ? 1 : 0)
        let story = "\(faults.commandPrefix) CrashWriter FOLDER \(chain) 30: \(run.crash.map { "\($0)" } ?? "\(run.ending)") after \(run.errors)"
        var violations = run.complaints + run.errors.filter { !self.advice(in: $0) }
        if run.ending != .killed, !run.isDone { violations.append("the ledger does not go on") }
        let expected = try ExpectedLedger.of(seed: chain, blockCount: 30)
        var reason = expected.violation(in: scene.ledger, acknowledged: run.acknowledged, goesOn: true)
        if kind == "current-rename", phase == .after, reason?.contains("Corruption: CURRENT points to a non-existent file") == true {
            // LevelDB believes the error and removes the file to which the name has moved; the ledger's advice has to help.
            try FileManager.default.removeItem(atPath: scene.ledger + "/state")
            violations = []
            reason = expected.violation(in: scene.ledger, acknowledged: run.acknowledged, goesOn: true)
        }
        if let reason { violations.append(reason) }
        return violations.map { "\($0); \(story)" }
    }

    @Test(arguments: [Faults.Code.inputOutput, .noSpace])
    func `a call that fails once or twice costs nothing acknowledged`(code: Faults.Code) throws {
        var violations: [String] = []
        for (index, (kind, atMost)) in Self.calls.enumerated() {
            // A full disk does nothing of what it refuses; of another error one does not know.
            let phase = code == .noSpace ? Faults.Phase.before : .after
            violations += try Self.violations(kind, atMost: atMost, code: code, phase: phase, seed: UInt64(index))
        }
        #expect(violations == [])
    }

    @Test func `a failed sync that has lost the pages for good costs nothing acknowledged`() throws {
        var violations: [String] = []
        for seed in UInt64(200)..<212 {
            for kind in ["segment-sync", "log-sync"] {
                violations += try Self.violations(kind, atMost: 12, code: .inputOutput, phase: .drop, seed: seed)
            }
        }
        #expect(violations == [])
    }

    @Test(.enabled(if: CrashEffort.longSeeds != nil, "set SELVAGE_LONG_TESTS to a number of seeds"))
    func `many more failing calls cost nothing acknowledged`() throws {
        var violations: [String] = []
        for seed in 0..<(CrashEffort.longSeeds ?? 0) {
            let (kind, atMost) = Self.calls[Int(seed % UInt64(Self.calls.count))]
            let phase = [Faults.Phase.before, .after, .drop][Int(seed / 7 % 3)]
            violations += try Self.violations(kind, atMost: atMost, code: seed % 2 == 0 ? .inputOutput : .noSpace, phase: phase, seed: seed + 10_000)
        }
        #expect(violations == [])
    }

    @Test(arguments: [("segment-write", 21), ("segment-create", 3), ("segment-truncate", 2)])
    func `after room is made the same ledger goes on`(kind: String, at: Int) throws {
        let scene = try CrashScene(seed: 1, blockCount: 30)
        let run = try scene.run(Faults(seed: 9, errorAt: at, errorKind: kind, errorCode: .noSpace, errorCount: 3), readers: 1)
        #expect(run.isDone && run.openedHeights == [0])
        #expect(run.errors.count == 3 && run.errors.allSatisfy { $0.hasPrefix("commit file-28 ") && Self.advice(in: $0) }, "\(run.errors)")
        #expect(run.complaints == [])
        #expect(try ExpectedLedger.of(seed: 1, blockCount: 30).violation(in: scene.ledger, acknowledged: 30, goesOn: false) == nil)
    }

    @Test(arguments: [60, 90, 140])
    func `a disk that stays full leaves everything readable`(at: Int) throws {
        let scene = try CrashScene(seed: 1, blockCount: 30)
        let run = try scene.run(Faults(seed: 9, errorAt: at, errorCode: .noSpace, errorCount: -1), readers: 1)
        #expect(run.ending == .exit(3) && run.acknowledged > 0)
        #expect(!run.errors.isEmpty && run.errors.allSatisfy(Self.advice), "\(run.errors)")
        #expect(run.complaints == [])
        #expect(try ExpectedLedger.of(seed: 1, blockCount: 30).violation(in: scene.ledger, acknowledged: run.acknowledged, goesOn: true) == nil)
    }
}
