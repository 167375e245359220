import Ordering
import TestSupport
import Testing

@testable import Demonstration

private struct Refusal: Error, CustomStringConvertible {
    let description: String
}

/// The account says what happened, also when it is not what should have.
@Suite struct NarratorTests {
    private static func account(_ body: (Narrator) async -> Void) async -> Account {
        let narrator = Narrator(directory: "/run") { _ in }
        narrator.stage("a stage")
        await body(narrator)
        return narrator.finish()
    }

    @Test func `the expected refusal is told in the system's own words`() async {
        let account = await Self.account { narrator in
            await narrator.mustRefuse("it", containing: "not-owner") { throw Refusal(description: "403 not-owner: somebody else's") }
        }
        #expect(account.stages[0].entries.map(\.outcome) == [.refused])
        #expect(account.stages[0].entries[0].reason == "403 not-owner: somebody else's")
        #expect(account.isGood)
    }

    @Test func `a refusal for another reason is a failure`() async {
        let account = await Self.account { narrator in
            await narrator.mustRefuse("it", containing: "not-owner") { throw Refusal(description: "the peer is down") }
        }
        #expect(account.stages[0].entries.map(\.outcome) == [.failed])
        #expect(account.stages[0].entries[0].reason == "was refused for another reason: the peer is down")
        #expect(!account.isGood)
    }

    @Test func `going through what must be refused is a failure`() async {
        let account = await Self.account { narrator in
            await narrator.mustRefuse("it", containing: "not-owner") { "it was committed" }
            narrator.done("something later")
        }
        #expect(account.stages[0].entries.map(\.outcome) == [.failed, .done])
        #expect(account.stages[0].entries[0].reason == "was not refused: it was committed")
        #expect(!account.isGood)
    }

    @Test func `a run without a stage is not good`() {
        #expect(!Account(directory: "/run").isGood)
    }

    @Test func `what is timed is told with its time, and an error in it is passed on`() async throws {
        let narrator = Narrator(directory: "/run") { _ in }
        narrator.stage("a stage")
        #expect(await narrator.timed({ "made \($0)" }, { 7 }) == 7)
        await #expect(throws: Refusal.self) { try await narrator.timed({ (_: Int) in "never" }, { throw Refusal(description: "no") }) }
        let entries = narrator.finish().stages[0].entries
        #expect(entries.map(\.what) == ["made 7"])
        #expect((entries[0].milliseconds ?? -1) >= 0)
    }

    @Test func `times are written in the unit that fits`() {
        #expect(Narrator.text(0.04) == "0.0 ms")
        #expect(Narrator.text(12.34) == "12.3 ms")
        #expect(Narrator.text(1_234.5) == "1.23 s")
        #expect(Narrator.milliseconds(.seconds(2) + .milliseconds(5)) == 2_005)
    }
}

/// Runs that cannot go on.
@Suite(.timeLimit(.minutes(20))) struct BrokenRunTests {
    private static func run(_ directory: String, _ preset: ElectionSizes.Preset = .dev) async throws -> Account {
        let records = try SyntheticRecords(seed: 1).records(sizes: [5_000])
        var demonstration = Demonstration(records: records, directory: directory, preset: preset, line: { _ in }, progress: { _ in })
        demonstration.patience = .seconds(1_200)
        return try await demonstration.run()
    }

    @Test func `a run without records is refused before anything is written`() async throws {
        let folder = try TemporaryFolder("selvage-run")
        var lines: [String] = []
        let demonstration = Demonstration(records: [], directory: folder.path(of: "run"), line: { lines.append($0) }, progress: { _ in })
        await #expect(throws: RecordError.nothingToShare) { try await demonstration.run() }
        #expect(lines.isEmpty)
        #expect(folder.read("run") == nil)
        #expect(RecordError.nothingToShare.description == "There is no record to share. Give at least one.")
    }

    @Test func `a network that cannot be made ends the run in its first stage`() async throws {
        let folder = try TemporaryFolder("selvage-run")
        try folder.write([1], to: "orderer.insurer.example")
        let account = try await Self.run(folder.path)
        #expect(account.stages.count == 1)
        #expect(account.stages[0].entries.map(\.outcome) == [.failed])
        #expect(account.stages[0].entries[0].reason?.contains("orderer.insurer.example") == true)
        #expect(!account.isGood)
    }

    @Test func `a stage that cannot go on is the last one told`() async throws {
        let folder = try TemporaryFolder("selvage-run")
        // A custodian that cannot keep shares: uploading, stage 4, is then impossible.
        try folder.write([1], to: "custodian1.example/shares")
        let account = try await Self.run(folder.path, .solo)
        #expect(account.stages.map(\.number) == [1, 2, 3, 4])
        let last = try #require(account.stages.last?.entries.last)
        #expect(last.outcome == .failed)
        #expect(last.what == "the run ends here")
        #expect(last.reason?.contains("custodian1.example") == true)
        #expect(account.stages.dropLast().allSatisfy { $0.entries.allSatisfy { $0.outcome == .done } })
        #expect(!account.isGood)
        #expect(try account.json().contains("\"good\" : false"))
    }
}

@Suite struct DemonstrationFolderTests {
    @Test func `a named folder is made with those above it, and one that exists is refused`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "a/b/run")
        #expect(try DemonstrationFolder.make(path) == path)
        do {
            _ = try DemonstrationFolder.make(path)
            Issue.record("a used folder was taken")
        } catch {
            #expect("\(error)".contains("exists already"))
        }
    }

    @Test func `a folder that cannot be made is refused`() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "file")
        #expect(throws: (any Error).self) { try DemonstrationFolder.make(folder.path(of: "file/run")) }
    }
}
