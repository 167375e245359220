import FuzzTargets
import TestSupport
import Testing

/// Every input that was a finding once stays harmless.
@Suite struct FixtureTests {
    struct Fixture: Sendable, CustomTestStringConvertible {
        let target: FuzzTarget
        let name: String

        var testDescription: String { "\(self.target.rawValue)/\(self.name)" }
    }

    static let fixtures: [Fixture] = FuzzTarget.real.flatMap { target in
        FuzzingProcess.names(in: FuzzingProcess.fixtures + "/" + target.rawValue).map { Fixture(target: target, name: $0) }
    }

    @Test(arguments: fixtures)
    func `an input that was a finding is accepted or refused within its budget`(fixture: Fixture) throws {
        let folder = try TemporaryFolder()
        let path = FuzzingProcess.fixtures + "/" + fixture.testDescription
        let outcome = try FuzzingProcess.run(["replay", "--target", fixture.target.rawValue, path], artifacts: folder)
        #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.messages)")
        #expect(outcome.output.contains("steps accepted"))
    }

    @Test func `there are fixtures, and each lies under a target`() {
        #expect(!Self.fixtures.isEmpty)
        #expect(Set(FuzzingProcess.names(in: FuzzingProcess.fixtures)).isSubset(of: Set(FuzzTarget.real.map(\.rawValue))))
    }
}
