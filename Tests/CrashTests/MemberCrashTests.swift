import CrashSupport
import Foundation
import TestSupport
import Testing

/// What a power failure leaves of the files with which a committee member keeps its promises: record, guard, pool log and blocks.
@Suite struct MemberCrashTests {
    static let steps = 24

    /// The highest of everything that was told.
    struct Promises {
        var record = 0
        var claim = 0
        var pool = 0
        var floor = 0
        var block = 0
        var violations: [String] = []

        /// Takes in what one process told; what it found must cover what was promised before.
        mutating func take(_ lines: [String]) {
            for line in lines {
                let words = line.split(separator: " ").map(String.init)
                let number = words.count > 1 ? Int(words[1]) ?? 0 : 0
                switch words.first {
                case "opened":
                    let (first, end) = (Int(words[2]) ?? 0, Int(words[3]) ?? 0)
                    if number < max(self.record, self.claim) {
                        self.violations.append("\(line): record \(self.record) and claim \(self.claim) are lost")
                    }
                    if end < self.pool || first > self.floor { self.violations.append("\(line): the log must hold \(self.floor)..<\(self.pool)") }
                    self.floor = max(self.floor, first)
                    if Int(words[4]) ?? 0 < self.block { self.violations.append("\(line): block \(self.block) is lost") }
                case "record": self.record = number
                case "claim": self.claim = number
                case "pool": self.pool = number
                case "floor": self.floor = number
                case "block": self.block = number
                case "done", "error": break
                default: self.violations.append(line)
                }
            }
        }
    }

    /// One disk, one to three processes with faults on it, and one that looks at it without.
    final class Scene {
        private let folder: TemporaryFolder
        private var runs = 0
        private(set) var promises = Promises()
        private(set) var story = ""
        private(set) var crashes = 0

        private let isBlind: Bool

        init(isBlind: Bool = false) throws {
            self.isBlind = isBlind
            self.folder = try TemporaryFolder("selvage-member-crash")
            for name in ["disk", "trash"] {
                try FileManager.default.createDirectory(atPath: self.folder.path(of: name), withIntermediateDirectories: false)
            }
        }

        /// Runs the member, and returns how many calls of each kind it made, when it ended by itself.
        @discardableResult
        func run(_ faults: Faults) throws -> [String: Int] {
            self.runs += 1
            let name = "report-\(self.runs)"
            var environment = faults.environment
            environment["LD_PRELOAD"] = try FaultDisk.library.get()
            environment["SELVAGE_FAULT_ROOT"] = self.folder.path(of: "disk")
            environment["SELVAGE_FAULT_TRASH"] = self.folder.path(of: "trash")
            environment["SELVAGE_FAULT_REPORT"] = self.folder.path(of: name)
            let (lines, ending) = try self.lines(steps: MemberCrashTests.steps, environment)
            guard ending == .killed || ending == .exit(0) || ending == .exit(3) else {
                throw CrashRigError(reason: "the member ended with \(ending)")
            }
            self.promises.take(lines)
            let report = String(decoding: self.folder.read(name) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
            let crash = report.first { $0.hasPrefix("crash ") }
            if crash != nil { self.crashes += 1 }
            self.story +=
                "; \(faults.commandPrefix) CrashMember FOLDER \(MemberCrashTests.steps)\(self.isBlind ? " blind" : ""): \(crash ?? "\(ending)")"
            var counts: [String: Int] = [:]
            for words in report.map({ $0.split(separator: " ").map(String.init) }) where words.first == "count" { counts[words[1]] = Int(words[2]) }
            return counts
        }

        /// What is wrong with the disk when the power is back.
        func violations() throws -> [String] {
            let (lines, ending) = try self.lines(steps: 0, [:])
            self.promises.take(lines)
            var violations = self.promises.violations
            if ending != .exit(0) { violations.append("the member does not start again: \(lines)") }
            return violations.map { $0 + self.story }
        }

        private func lines(steps: Int, _ environment: [String: String]) throws -> (lines: [String], ending: ChildProcess.Ending) {
            let arguments = [self.folder.path(of: "disk/member"), "\(steps)"] + (self.isBlind ? ["blind"] : [])
            let child = try ChildProcess("CrashMember", arguments, environment: environment)
            var lines: [String] = []
            while let line = child.line() { lines.append(line) }
            return (lines, child.wait())
        }
    }

    /// Crashes, or failing calls and then a crash, at points drawn from the seed.
    private static func play(
        seed: UInt64, counts: [String: Int], droppedSync: String = "", fails: Bool = false, isBlind: Bool = false
    ) throws -> (Int, [String]) {
        var choices = SeededChoices(seed: seed)
        let scene = try Scene(isBlind: isBlind)
        let kinds = counts.sorted { $0.key < $1.key }
        for turn in 0...Int.random(in: 0...1, using: &choices) {
            let (kind, count) = kinds[(Int(seed) + turn) % kinds.count]
            let at = Int.random(in: 1...count, using: &choices)
            var faults = Faults(seed: choices.next(), droppedSync: droppedSync)
            if fails, turn == 0 {
                (faults.errorKind, faults.errorAt) = (kind, at)
                faults.errorPhase = [.before, .after, .drop][Int.random(in: 0..<3, using: &choices)]
                faults.crashAt = Int.random(in: 5...160, using: &choices)
            } else {
                (faults.crashKind, faults.crashAt) = (kind, at)
            }
            try scene.run(faults)
        }
        return (scene.crashes, try scene.violations())
    }

    private static func counts() throws -> [String: Int] {
        let scene = try Scene()
        let counts = try scene.run(Faults())
        guard try scene.violations().isEmpty, !counts.isEmpty else { throw CrashRigError(reason: "a run without faults fails: \(scene.story)") }
        return counts
    }

    @Test func `a member finds everything it has promised after a crash`() throws {
        let counts = try Self.counts()
        let kinds = [
            "record-write", "record-sync", "guard-write", "guard-sync", "pool-write", "pool-sync", "pool-rename", "member-sync", "segment-write",
            "segment-sync", "head-write",
        ]
        for kind in kinds {
            #expect(counts[kind, default: 0] > 0, "\(kind): \(counts)")
        }
        var (crashes, violations) = (0, [String]())
        for seed in CrashEffort.seeds(0..<36) {
            let result = try Self.play(seed: seed, counts: counts)
            crashes += result.0
            violations += result.1
        }
        #expect(violations == [])
        #expect(CrashEffort.seeds(0..<36).count == 1 || crashes >= 36)
    }

    @Test func `a member that has started again after a failed call finds everything after a crash`() throws {
        let counts = try Self.counts()
        var violations: [String] = []
        for seed in CrashEffort.seeds(100..<136) { violations += try Self.play(seed: seed, counts: counts, fails: true).1 }
        #expect(violations == [])
    }

    @Test(arguments: ["all", "record-sync", "guard-sync", "pool-sync", "member-sync", "segment-sync"])
    func `the same check catches a sync that does nothing`(kind: String) throws {
        let counts = try Self.counts()
        for seed in UInt64(0)..<60 {
            if try !Self.play(seed: seed, counts: counts, droppedSync: kind).1.isEmpty { return }
        }
        Issue.record("nothing was found without \(kind)")
    }

    @Test func `the same check catches a member that does not know which of its blocks were durable`() throws {
        let counts = try Self.counts()
        for seed in UInt64(0)..<60 {
            let violations = try Self.play(seed: seed, counts: counts.filter { $0.key.hasPrefix("segment") }, isBlind: true).1
            if let violation = violations.first {
                #expect(violation.contains("does not match its checksum") || violation.contains("the head of the frame"), "\(violation)")
                return
            }
        }
        Issue.record("no crash has torn a block that keeps its size")
    }

    @Test(.enabled(if: CrashEffort.longSeeds != nil, "set SELVAGE_LONG_TESTS to a number of seeds"))
    func `a member finds everything after many more crashes and failed calls`() throws {
        let counts = try Self.counts()
        var violations: [String] = []
        for seed in 10_000..<(10_000 + (CrashEffort.longSeeds ?? 0)) {
            violations += try Self.play(seed: seed, counts: counts, fails: seed % 2 == 0).1
        }
        #expect(violations == [])
    }
}
