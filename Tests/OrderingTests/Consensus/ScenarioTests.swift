import Foundation
import Testing

@testable import Ordering

/// The scenarios in Resources/scenarios, each with and without the mistakes that it has to show.
@Suite struct ConsensusScenarioTests {
    static let folder = Bundle.module.bundleURL.appendingPathComponent("Resources/scenarios").path
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".txt") }.sorted()

    private static let bugs: [String: PlantedBugs] = [
        "smallQuorum": .smallQuorum, "textbookLock": .textbookLock, "noLock": .noLock, "anyValidRound": .anyValidRound,
        "countedTwice": .countedTwice, "ownVotesOnly": .ownVotesOnly, "noPolkaRelay": .noPolkaRelay, "noRelay": .noRelay,
        "noLatePolka": .noLatePolka, "noSkip": .noSkip,
    ]

    private func script(_ name: String) throws -> ScenarioScript {
        try ScenarioScript(String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8))
    }

    @Test(arguments: names) func `a scenario goes as it is written`(name: String) throws {
        var world = ScenarioWorld(try self.script(name), bugs: [])
        do { try world.run() } catch { Issue.record("\(name), \(error)") }
    }

    @Test(arguments: names) func `a scenario does not go as it is written with the mistakes that it is there for`(name: String) throws {
        let script = try self.script(name)
        for bug in script.mustFail + script.mustFork {
            var world = ScenarioWorld(script, bugs: try #require(Self.bugs[bug], "\(name): there is no mistake named \(bug)"))
            #expect(throws: ScenarioWorld.Failure.self, "\(name) with \(bug)") { try world.run() }
            if script.mustFork.contains(bug) { #expect(world.hasForked, "\(name) with \(bug)") }
        }
    }

    @Test func `all rules and relays, and all mistakes that random search misses, have a scenario`() throws {
        let scripts = try Self.names.map { try self.script($0) }
        #expect(scripts.count >= 15)
        let rules = Set(scripts.flatMap(\.rules))
        for rule in (1...14).map({ "R\($0)" }) + (1...5).map({ "L\($0)" }) { #expect(rules.contains(rule), "\(rule)") }
        let mistakes = Set(scripts.flatMap { $0.mustFail + $0.mustFork })
        for mistake in ["noLatePolka", "noSkip", "smallQuorum", "noLock", "anyValidRound", "ownVotesOnly", "noPolkaRelay"] {
            #expect(mistakes.contains(mistake), "\(mistake)")
        }
    }

    @Test(arguments: [
        "", "Title: a\nRules: R1", "Title: a\nRules: R1\nMembers: 4\n1 dances", "Title: a\nRules: R1\nMembers: 4\nprevotes of 1 round 0 arrive 2",
        "Title: a\nRules: R1\nMembers: 4\nMood: good",
    ]) func `a script with a word that nobody knows is no scenario`(text: String) {
        #expect(throws: ScenarioScript.Fault.self) { try ScenarioScript(text) }
    }

    @Test(arguments: [
        "1 is in round 1, step propose", "1 is locked on 7 since round 0", "1 signed prevote nil, round 0", "precommit timer ends at 1",
        "prevotes of 1, round 0, reach 2", "2 builds 7", "1 decided 7", "1 proves E1 against 2", "1 holds 7 valid since round 0",
        "answers of 1 reach 2", "everybody decides 9 within 300 ms", "everybody decides within 20 ms",
    ]) func `an expectation that is not so fails`(line: String) throws {
        var world = ScenarioWorld(try ScenarioScript("Title: a\nRules: R3\nMembers: 4\nstart 1 2 3 4\n\(line)"), bugs: [])
        #expect(throws: ScenarioWorld.Failure.self) { try world.run() }
    }
}
