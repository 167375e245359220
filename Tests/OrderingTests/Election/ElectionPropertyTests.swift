import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Properties of the count, with twins that carry a bug and must be caught by the same checks.
@Suite struct ElectionPropertyTests {
    /// A way to count the entries of a record.
    private typealias Counter = (ElectionParameters, [ElectionRecord.Entry]) throws -> ElectionTally

    private static let closing = [UInt8](repeating: 0xB5, count: 32)

    private static func honest(_ parameters: ElectionParameters, _ entries: [ElectionRecord.Entry]) throws -> ElectionTally {
        var election = Election(parameters)
        for entry in entries where entry.action.phase < .tally { try election.apply(entry.action, at: entry.height) }
        return try election.close(at: parameters.schedule.tally, closing: self.closing)
    }

    /// An election in which some abstain, some do not open, and everybody acts at another height.
    private func world(_ generator: inout SeededGenerator, seed: UInt64) throws -> ElectionWorld {
        var world = try ElectionWorld(seed: seed)
        try world.register()
        for member in world.members where generator.next() % 8 > 0 { try world.issue(member) }
        for member in world.members where world.election.hasNumber(member) && generator.next() % 6 > 0 {
            try world.vote(member, for: Array(world.members.shuffled(using: &generator).prefix(Int(generator.next() % 5))))
        }
        for member in world.members where world.secrets[member] != nil && generator.next() % 5 > 0 { try world.reveal(member) }
        return world
    }

    /// Whether the tally stays the same in every order of the voters' actions within their phases; the first seed where it does not.
    private func firstDifference(_ count: Counter, rounds: UInt64) throws -> UInt64? {
        for seed in 1...rounds {
            var generator = SeededGenerator(seed: seed)
            let world = try self.world(&generator, seed: seed)
            let (parameters, entries) = (world.parameters, world.record.entries)
            let expected = try count(parameters, entries)
            for _ in 0..<4 {
                let phases = [ElectionPhase.registration, .issue, .commit, .reveal]
                let shuffled = phases.flatMap { phase in entries.filter { $0.action.phase == phase }.shuffled(using: &generator) }
                if try count(parameters, shuffled) != expected { return seed }
            }
        }
        return nil
    }

    @Test func `the order in which different voters act within a phase does not change the tally`() throws {
        let seed = try self.firstDifference(Self.honest, rounds: 6)
        #expect(seed == nil, "seed \(seed ?? 0)")
    }

    @Test func `twin: a count whose seed follows the order of arrival is caught`() throws {
        let seed = try self.firstDifference(
            { parameters, entries in
                let tally = try Self.honest(parameters, entries)
                let salts = entries.compactMap { entry -> [UInt8]? in
                    guard case .reveal(let step) = entry.action.step else { return nil }
                    return step.salt
                }
                let seed = SHA256.hash(concatenating: salts + [Self.closing])
                return ElectionTally(
                    election: tally.election, issued: tally.issued, committed: tally.committed, revealed: tally.revealed, seed: seed,
                    ranking: ElectionTally.ranked(tally.ranking, seed: seed))
            }, rounds: 6)
        #expect(seed != nil)
    }

    @Test func `a recount equals the tally for every record that an election leaves, and for no record with an act less`() throws {
        for seed in 11...15 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var world = try self.world(&generator, seed: seed)
            let tally = try world.finish()
            #expect(try Recount.check(world.record, published: tally) == tally, "seed \(seed)")
            #expect(tally.committed <= tally.issued && tally.revealed <= tally.committed, "seed \(seed)")
            let choices = world.record.entries.compactMap { entry -> [MSPID]? in
                guard case .reveal(let step) = entry.action.step else { return nil }
                return step.choices
            }
            for standing in tally.ranking {
                #expect(standing.approvals == UInt64(choices.filter { $0.contains(standing.member) }.count), "seed \(seed)")
            }
            for _ in 0..<4 {
                var entries = world.record.entries
                entries.remove(at: Int(generator.next() % UInt64(entries.count)))
                #expect(throws: RecountDifference.self, "seed \(seed)") {
                    try Recount.check(ElectionRecord(parameters: world.parameters, entries: entries), published: tally)
                }
            }
        }
    }

    @Test func `an election is driven act by act: a copy at any point goes on alike, and what is refused leaves no trace`() throws {
        var generator = SeededGenerator(seed: 31)
        var world = try self.world(&generator, seed: 31)
        let tally = try world.finish()
        for stop in stride(from: 0, to: world.record.entries.count, by: 3) {
            var election = Election(world.parameters)
            for entry in world.record.entries.prefix(stop) {
                try election.apply(entry.action, at: entry.height)
                // The same act again never counts twice.
                #expect(throws: ElectionRefusal.self) { try election.apply(entry.action, at: entry.height) }
            }
            var copy = election
            for entry in world.record.entries.dropFirst(stop) {
                if entry.action.phase == .tally { try copy.close(at: entry.height, closing: world.record.closing) }
                try copy.apply(entry.action, at: entry.height)
            }
            #expect(copy.tally == tally && !copy.tabulatorContradicts)
            #expect(election.tally == nil && election.statement == nil)
        }
    }

    @Test func `whoever withholds an opening loses its ballot and changes lots only`() throws {
        let (a, b, c) = (ElectionWorld.id(1), ElectionWorld.id(2), ElectionWorld.id(3))
        var world = try ElectionWorld()
        try world.register()
        for member in [a, b, c] { try world.issue(member) }
        try world.vote(a, for: [a])
        try world.vote(b, for: [a, b])
        try world.vote(c, for: [c])
        try world.reveal(a)
        try world.reveal(b)
        var withheld = world.election
        try world.reveal(c)
        let shown = try world.election.close(at: 50, closing: Self.closing)
        let hidden = try withheld.close(at: 50, closing: Self.closing)
        #expect(shown.seed != hidden.seed)
        #expect((shown.revealed, hidden.revealed, hidden.committed) == (3, 2, 3))
        #expect(hidden.ranking.prefix(2).map(\.member) == [a, b] && shown.ranking.first?.member == a)
        #expect(hidden.ranking.first { $0.member == c }?.approvals == 0)
    }
}
