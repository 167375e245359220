import FuzzTargets
import TestSupport
import Testing

/// The run from a seed: it finds nothing in the decoders, everything that was planted, and the same twice.
@Suite struct SeededRunTests {
    @Test(arguments: FuzzTarget.real)
    func `changed inputs trap nothing, break no property and stay within their budgets`(target: FuzzTarget) throws {
        let folder = try TemporaryFolder()
        let outcome = try FuzzingProcess.run(["run", "--target", target.rawValue, "--cases", "120", "--seed", "7"], artifacts: folder)
        #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.messages)")
        #expect(outcome.output.contains("120 cases"))
    }

    @Test(arguments: [
        (FuzzTarget.plantedLength, 1, "what was held at one moment"), (.plantedIndex, 1, "a field ends where its bytes end"),
        (.plantedLoop, 71, "more processor time than it may"),
    ])
    func `a planted mistake is found within 2,000 cases`(target: FuzzTarget, exitCode: Int, words: String) throws {
        let folder = try TemporaryFolder()
        let outcome = try FuzzingProcess.run(
            ["run", "--target", target.rawValue, "--cases", "2000", "--seed", "7", "--cpu-milliseconds", "1500"], artifacts: folder)
        #expect(outcome.exitCode == Int32(exitCode), "\(outcome.output)\(outcome.messages)")
        #expect((outcome.output + outcome.messages).contains(words))
        // The input is kept, and is a finding again when it is offered by itself.
        let kept = FuzzingProcess.names(in: folder.path).first { $0.hasPrefix(target.rawValue) }
        let path = folder.path(of: try #require(kept))
        let again = try FuzzingProcess.run(
            ["replay", "--target", target.rawValue, path, "--cpu-milliseconds", "1500"], artifacts: try TemporaryFolder())
        #expect(again.exitCode == Int32(exitCode), "\(again.output)\(again.messages)")
    }

    @Test func `two runs from one seed answer the same in every step`() throws {
        let digests = try [1, 2].map { _ in
            let folder = try TemporaryFolder()
            let arguments = ["run", "--target", "envelope", "--cases", "60", "--seed", "11"]
            let outcome = try FuzzingProcess.run(arguments, artifacts: folder)
            return try #require(outcome.output.firstRange(of: "digest ").map { outcome.output[$0.upperBound...].prefix(16) })
        }
        #expect(digests[0] == digests[1])
        #expect(digests[0].count == 16)
    }
}
