import ArgumentParser
import CFuzzing
import CryptoPrimitives
import Foundation
import FuzzTargets

/// Where the inputs are.
struct InputOptions: ParsableArguments {
    @Option(help: "The folder of the corpus, with the files of the channel that inputs are offered to.")
    var corpus = "Tests/FuzzTests/Corpus"

    @Option(help: "The folder of inputs that were findings once.")
    var fixtures = "Tests/FuzzTests/Fixtures"

    @Option(help: "Where the input of a finding is kept.")
    var artifacts = "."

    @Option(help: "Processor time that one case may take, in milliseconds.")
    var cpuMilliseconds: UInt32 = FuzzLimits.milliseconds

    func runner() throws -> CaseRunner {
        do {
            return CaseRunner(channel: try InputFolder(path: self.corpus).channel(), milliseconds: self.cpuMilliseconds)
        } catch {
            InputFolder.say("the corpus in \(self.corpus) cannot be read: \(error); run this at the top of the repository, or give --corpus")
            throw ExitCode(3)
        }
    }

    /// The files that a target begins with.
    func inputs(of target: FuzzTarget) -> [InputFolder.Input] {
        InputFolder(path: self.corpus).inputs(target.corpus) + InputFolder(path: self.fixtures).inputs(target.corpus)
    }
}

/// What one target did in a run.
struct TargetReport: Encodable {
    var target: String
    var seed: UInt64
    var inputs = 0
    var cases = 0
    /// Steps of decoders that accepted what they were given, all cases together.
    var accepted = 0
    var largestPeakBytes: UInt64 = 0
    /// Of inputs of 1 KiB and more: the most bytes held for one byte of input.
    var largestPeakBytesPerByte = 0.0
    var seconds = 0.0
    var casesPerSecond: Double { self.seconds > 0 ? Double(self.cases + self.inputs) / self.seconds : 0 }
    /// Equal for two runs of the same program over the same corpus with the same seed.
    var digest = ""
    var finding: String?

    var text: String {
        let rate = Int(self.casesPerSecond.rounded())
        let memory = "peak \(self.largestPeakBytes >> 10) KiB, \(String(format: "%.1f", self.largestPeakBytesPerByte)) bytes a byte"
        return "\(self.target): \(self.inputs) files and \(self.cases) cases, \(rate) a second, \(self.accepted) steps accepted, \(memory), "
            + "digest \(self.digest.prefix(16))" + (self.finding.map { "\n  FINDING: \($0)" } ?? "")
    }
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Replays the corpus and the fixtures, then runs cases that follow from a seed.")

    @OptionGroup var folders: InputOptions

    @Option(help: "One target only: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")).")
    var target: FuzzTarget?

    @Option(help: "Cases of each target, beside the files.")
    var cases = 1_000

    @Option(help: "The seed that the cases follow from.")
    var seed: UInt64 = 1

    @Option(name: [.customShort("O"), .customLong("output")], help: "Print the result as text or as json.")
    var format: OutputFormat = .text

    func validate() throws {
        guard (0...1_000_000_000).contains(self.cases) else { throw ValidationError("--cases must be from 0 to 1000000000") }
    }

    func run() async throws {
        let runner = try self.folders.runner()
        var reports: [TargetReport] = []
        for target in self.target.map({ [$0] }) ?? FuzzTarget.real {
            fuzzing_guard(self.folders.artifacts, "\(target.rawValue)-\(self.seed)")
            let report = await self.report(target, runner)
            reports.append(report)
            if self.format == .text { print(report.text) }
        }
        if self.format == .json { print(String(decoding: try Self.encoder.encode(reports), as: UTF8.self)) }
        if reports.contains(where: { $0.finding != nil }) { throw ExitCode(1) }
    }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return encoder
    }()

    private func report(_ target: FuzzTarget, _ runner: CaseRunner) async -> TargetReport {
        let inputs = self.folders.inputs(of: target)
        var report = TargetReport(target: target.rawValue, seed: self.seed)
        var random = FuzzRandom(seed: self.seed ^ target.rawValue.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
        let mutator = Mutator(maximumBytes: 64 << 10)
        // New inputs are also made of earlier new ones, so that changes add up.
        var pool = inputs.map(\.bytes)
        var digest: [UInt8] = []
        let start = ContinuousClock.now
        do throws(CaseFailure) {
            for input in inputs {
                self.take(
                    try await self.named(input.name) { () async throws(CaseFailure) in try await runner.run(target, input.bytes) },
                    size: input.bytes.count, into: &report, &digest)
                report.inputs += 1
            }
            for _ in 0..<self.cases {
                let bytes = mutator.mutate(random.pick(pool) ?? [], donor: random.pick(pool) ?? [], &random)
                let outcome = try await self.named("case \(report.cases)") { () async throws(CaseFailure) in try await runner.run(target, bytes) }
                self.take(outcome, size: bytes.count, into: &report, &digest)
                report.cases += 1
                if outcome.accepted > 2, random.oneIn(8) {
                    if pool.count < inputs.count + 200 { pool.append(bytes) } else { pool[inputs.count + random.below(200)] = bytes }
                }
            }
        } catch {
            report.finding = "\(error)"
        }
        let elapsed = (ContinuousClock.now - start).components
        report.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        report.digest = Base16.encode(SHA256.hash(digest))
        return report
    }

    /// Runs a case and says which one it was when it is a finding.
    private func named(_ name: String, _ body: () async throws(CaseFailure) -> CaseOutcome) async throws(CaseFailure) -> CaseOutcome {
        do {
            return try await body()
        } catch {
            InputFolder.say("\(name): \(error)")
            throw error
        }
    }

    private func take(_ outcome: CaseOutcome, size: Int, into report: inout TargetReport, _ digest: inout [UInt8]) {
        report.accepted += outcome.accepted
        report.largestPeakBytes = max(report.largestPeakBytes, outcome.peakBytes)
        if size >= 1_024 { report.largestPeakBytesPerByte = max(report.largestPeakBytesPerByte, Double(outcome.peakBytes) / Double(size)) }
        withUnsafeBytes(of: outcome.trace.littleEndian) { digest.append(contentsOf: $0) }
        // Folded now and then, so that a long run needs no memory.
        if digest.count > 1 << 16 { digest = SHA256.hash(digest) }
    }
}
