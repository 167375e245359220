import Foundation
import TestSupport

/// A folder with a disk below it, and the processes that run on it one after the other.
final class CrashScene {
    /// What one process told, and how it ended.
    struct Run {
        /// Height after each `opened` line.
        var openedHeights: [Int] = []
        /// The largest acknowledged height; 0 when nothing was acknowledged.
        var acknowledged = 0
        var errors: [String] = []
        /// What the readers found wrong.
        var complaints: [String] = []
        var isDone = false
        var ending = ChildProcess.Ending.exit(0)
        /// What the disk says of the crash.
        var crash: Crash?
        /// How many calls of each kind a process made that ended by itself.
        var counts: [String: Int] = [:]
    }

    struct Crash {
        /// Such as "segment-sync".
        var kind: String
        var phase: String
        /// What was lost of what was not durable.
        var loss: String
        var filesPending: Int
        var namesLost: Int
        /// Whether the ledger had not been opened yet.
        var isInOpening: Bool
    }

    let seed: UInt64
    let blockCount: Int
    private let folder: TemporaryFolder
    private var runs = 0

    var ledger: String { self.folder.path(of: "disk/ledger") }

    init(seed: UInt64, blockCount: Int) throws {
        self.seed = seed
        self.blockCount = blockCount
        self.folder = try TemporaryFolder("selvage-crash")
        for name in ["disk", "trash"] {
            try FileManager.default.createDirectory(atPath: self.folder.path(of: name), withIntermediateDirectories: false)
        }
    }

    /// Runs the writer on this disk until it ends, and collects what it tells.
    func run(_ faults: Faults, readers: Int = 0, acknowledgesEarly: Bool = false) throws -> Run {
        self.runs += 1
        let report = self.folder.path(of: "report-\(self.runs)")
        var environment = faults.environment
        environment["LD_PRELOAD"] = try FaultDisk.library.get()
        environment["SELVAGE_FAULT_ROOT"] = self.folder.path(of: "disk")
        environment["SELVAGE_FAULT_TRASH"] = self.folder.path(of: "trash")
        environment["SELVAGE_FAULT_REPORT"] = report
        let child = try ChildProcess("CrashWriter", self.arguments(readers, acknowledgesEarly), environment: environment)
        var run = Run()
        while let line = child.line() { run.take(line) }
        run.ending = child.wait()
        guard run.ending != .exit(99), run.ending != .exit(2), run.ending != .exit(127) else {
            throw CrashRigError(reason: "the writer ended with \(run.ending)")
        }
        let lines = String(decoding: self.folder.read("report-\(self.runs)") ?? [], as: UTF8.self).split(separator: "\n")
        for words in lines.map({ $0.split(separator: " ").map(String.init) }) where words.count >= 3 {
            if words[0] == "count" { run.counts[words[1]] = Int(words[2]) }
            guard words[0] == "crash", words.count > 8 else { continue }
            run.crash = Crash(
                kind: words[1], phase: words[3], loss: words[4], filesPending: Int(words[6]) ?? 0, namesLost: Int(words[8]) ?? 0,
                isInOpening: run.openedHeights.isEmpty)
        }
        guard run.ending != .killed || run.crash != nil else { throw CrashRigError(reason: "something else killed the writer") }
        return run
    }

    /// Runs the writer without the library and kills it when it has told so many lines.
    func runAndKill(afterLines count: Int, readers: Int) throws -> Run {
        let child = try ChildProcess("CrashWriter", self.arguments(readers, false))
        var run = Run()
        for _ in 0..<count {
            guard let line = child.line() else { break }
            run.take(line)
        }
        child.kill()
        while let line = child.line() { run.take(line) }
        run.ending = child.wait()
        return run
    }

    private func arguments(_ readers: Int, _ acknowledgesEarly: Bool) -> [String] {
        [self.ledger, "\(self.seed)", "\(self.blockCount)", "\(readers)"] + (acknowledgesEarly ? ["early"] : [])
    }
}

extension CrashScene.Run {
    /// Takes in one line of the writer.
    fileprivate mutating func take(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        let height = words.count > 1 ? Int(words[1].prefix { $0.isNumber }) ?? 0 : 0
        switch words.first {
        case "opened": self.openedHeights.append(height)
        case "ack": self.acknowledged = max(self.acknowledged, height)
        case "error": self.errors.append(words.count > 1 ? words[1] : "")
        case "reader": self.complaints.append(words.count > 1 ? words[1] : "")
        case "done": self.isDone = true
        default: self.complaints.append("a line that is none: \(line)")
        }
    }
}
