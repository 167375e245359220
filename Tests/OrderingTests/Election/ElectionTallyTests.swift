import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ElectionTallyTests {
    private func standing(_ id: MSPID, _ approvals: UInt64, _ points: UInt32 = 0) -> ElectionTally.Standing {
        ElectionTally.Standing(member: id, approvals: approvals, offencePoints: points)
    }

    @Test func `the presets are those of the design, and sizes that do not fit are refused`() throws {
        let expected = [(101, 30, 20, 30, 9), (21, 7, 4, 7, 2), (6, 4, 2, 4, 1), (1, 1, 0, 1, 0)]
        for (preset, numbers) in zip([ElectionSizes.Preset.paper, .medium, .dev, .solo], expected) {
            let sizes = preset.sizes
            #expect((sizes.pool, sizes.producers, sizes.auditNodes, sizes.maxChoices) == (numbers.0, numbers.1, numbers.2, numbers.3))
            #expect((sizes.producers - 1) / 3 == numbers.4)
            #expect(
                try ElectionSizes(pool: sizes.pool, producers: sizes.producers, auditNodes: sizes.auditNodes, maxChoices: sizes.maxChoices) == sizes)
            #expect(preset.barring == (preset == .paper ? .forGood : .forTheEpoch))
        }
        for (pool, producers, auditNodes, choices) in [
            (0, 1, 0, 1), (1_025, 4, 2, 4), (6, 0, 2, 4), (6, 7, 0, 4), (6, 5, 2, 4), (6, 4, -1, 4), (6, 4, 2, 0), (6, 4, 2, 7), (6, 4, Int.max, 4),
        ] {
            #expect(throws: ElectionParameterError.self) {
                try ElectionSizes(pool: pool, producers: producers, auditNodes: auditNodes, maxChoices: choices)
            }
        }
    }

    @Test func `ranks follow approvals, then fewer offences, then the lot of the seed`() {
        let seed = [UInt8](repeating: 7, count: 32)
        let ranked = ElectionTally.ranked(
            [self.standing("a", 1), self.standing("b", 3, 2), self.standing("c", 3, 1), self.standing("d", 2), self.standing("e", 2)], seed: seed)
        #expect(ranked.prefix(2).map(\.member) == ["c", "b"])
        #expect(ranked.last?.member == "a")
        let lots = ["d", "e"].sorted { (left: MSPID, right: MSPID) in
            SHA256.hash(seed + left.utf8).lexicographicallyPrecedes(SHA256.hash(seed + right.utf8))
        }
        #expect(ranked[2..<4].map(\.member) == lots)
    }

    @Test func `ties do not depend on names or on the order of input, and another seed draws another lot`() {
        let standings = (1...40).map { self.standing(ElectionWorld.id($0), 0) }
        let generator = SeededGenerator(seed: 24)
        var shuffling = generator
        let first = ElectionTally.ranked(standings, seed: [1])
        #expect(ElectionTally.ranked(standings.shuffled(using: &shuffling), seed: [1]) == first, "\(generator)")
        #expect(first.map(\.member) != standings.map(\.member))
        #expect(ElectionTally.ranked(standings, seed: [2]) != first)
    }

    @Test func `B-101: from any ballots of 101 institutions come 30 producers, 20 audit nodes and 51 standbys, nobody twice`() throws {
        let generator = SeededGenerator(seed: 101)
        var random = generator
        let sizes = ElectionSizes.Preset.paper.sizes
        let ids = (1...101).map { ElectionWorld.id($0) }
        for round in 0..<40 {
            let standings = ids.map { self.standing($0, random.next() % 5, UInt32(random.next() % 2)) }
            let seed = random.bytes(count: 32)
            let tally = ElectionTally(
                election: seed, issued: 101, committed: 101, revealed: 101, seed: seed, ranking: ElectionTally.ranked(standings, seed: seed))
            let result = tally.result(sizes: sizes, epoch: 1)
            #expect((result.producers.count, result.auditNodes.count, result.standbys.count) == (30, 20, 51))
            #expect(Set(result.ranking) == Set(ids), "round \(round), \(generator)")
            #expect(result.ranking == tally.ranking.map(\.member))
            #expect(zip(tally.ranking, tally.ranking.dropFirst()).allSatisfy { $0.approvals >= $1.approvals })
        }
    }

    @Test func `a whole election gives the same result to everybody who replays it`() throws {
        for seed in [1, 2, 3] as [UInt64] {
            var world = try ElectionWorld(seed: seed, offences: [2: 3])
            var generator = SeededGenerator(seed: seed)
            var ballots: [MSPID: [MSPID]] = [:]
            for member in world.members where generator.next() % 5 > 0 {
                ballots[member] = Array(world.members.shuffled(using: &generator).prefix(Int(generator.next() % 5)))
            }
            let tally = try world.run(ballots)
            #expect((tally.issued, tally.committed, tally.revealed) == (6, UInt32(ballots.count), UInt32(ballots.count)))
            for standing in tally.ranking {
                #expect(standing.approvals == ballots.values.reduce(0) { $0 + ($1.contains(standing.member) ? 1 : 0) }, "\(generator)")
            }
            #expect(tally.revealed <= tally.committed && tally.committed <= tally.issued)
            // From bytes, as a stranger gets them.
            let parameters = try ElectionParametersFormat.decode(ElectionParametersFormat.encode(world.parameters))
            let entries = try world.record.entries.map {
                ElectionRecord.Entry(height: $0.height, action: try ElectionActionFormat.decode(ElectionActionFormat.encode($0.action)))
            }
            let published = try ElectionTallyFormat.decode(ElectionTallyFormat.encode(tally))
            let counted = try Recount.check(ElectionRecord(parameters: parameters, entries: entries), published: published)
            #expect(counted == tally)
            let result = counted.result(sizes: parameters.sizes, epoch: parameters.epoch)
            #expect((result.producers.count, result.auditNodes.count, result.standbys.count) == (4, 2, 0))
        }
    }

    @Test func `the seed comes from every opened salt and from the closing block`() throws {
        var world = try ElectionWorld()
        let a = ElectionWorld.id(1)
        try world.register()
        for member in world.members.prefix(2) { try world.issue(member) }
        for member in world.members.prefix(2) { try world.vote(member, for: []) }
        try world.reveal(a)
        var one = world.election
        try world.reveal(ElectionWorld.id(2))
        var both = world.election
        var other = world.election
        let seeds = [
            try one.close(at: 50, closing: ElectionWorld.chain).seed, try both.close(at: 50, closing: ElectionWorld.chain).seed,
            try other.close(at: 50, closing: [UInt8](repeating: 1, count: 32)).seed,
        ]
        #expect(Set(seeds).count == 3)
        let salts = try world.members.prefix(2).map { member in
            (try world.number(of: member).ballotKey.publicKey.x963, try world.secret(of: member).salt)
        }.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map { $0.1 }
        #expect(seeds[1] == SHA256.hash(concatenating: salts + [ElectionWorld.chain]))
    }

    @Test func `a recount names the first figure that differs`() throws {
        var world = try ElectionWorld(offences: [1: 1])
        let a = ElectionWorld.id(1)
        let tally = try world.run([a: [a]])
        func altered(
            issued: UInt32 = 0, committed: UInt32 = 0, revealed: UInt32 = 0, seed: [UInt8]? = nil, ranking: [ElectionTally.Standing]? = nil,
            election: [UInt8]? = nil
        ) -> ElectionTally {
            ElectionTally(
                election: election ?? tally.election, issued: tally.issued + issued, committed: tally.committed + committed,
                revealed: tally.revealed + revealed, seed: seed ?? tally.seed, ranking: ranking ?? tally.ranking)
        }
        #expect(tally.ranking.first == self.standing(a, 1, 1))
        let rest = Array(tally.ranking.dropFirst())
        let cases: [(RecountDifference, ElectionTally)] = [
            (.otherElection, altered(election: ElectionWorld.chain)),
            (.count(of: "validation numbers issued", published: 7, counted: 6), altered(issued: 1)),
            (.count(of: "ballots cast", published: 2, counted: 1), altered(committed: 1)),
            (.count(of: "ballots opened", published: 3, counted: 1), altered(revealed: 2)),
            (.count(of: "approvals of member-001", published: 2, counted: 1), altered(ranking: [self.standing(a, 2, 1)] + rest)),
            (.count(of: "offence points of member-001", published: 0, counted: 1), altered(ranking: [self.standing(a, 1, 0)] + rest)),
            (.rank(1, published: rest[0].member, counted: a), altered(ranking: rest)),
            (.rank(6, published: nil, counted: rest[4].member), altered(ranking: tally.ranking.dropLast())),
            (.rank(7, published: a, counted: nil), altered(ranking: tally.ranking + [self.standing(a, 0)])),
            (.seed, altered(seed: ElectionWorld.chain)),
        ]
        for (difference, published) in cases {
            #expect(throws: difference) { try Recount.check(world.record, published: published) }
        }
        let silent = ElectionRecord(parameters: world.parameters, entries: world.record.entries.dropLast())
        #expect(throws: RecountDifference.noStatement) { try Recount.check(silent, published: tally) }
        #expect(throws: RecountDifference.tooManyEntries(9_000)) {
            try ElectionRecord(
                parameters: world.parameters, entries: Array(repeating: world.record.entries[0], count: 9_000)
            ).replay()
        }
    }

    @Test func `planted twin: a count that takes unopened ballots, or a number twice, is caught by the recount`() throws {
        var world = try ElectionWorld()
        let (a, b) = (ElectionWorld.id(1), ElectionWorld.id(2))
        try world.register()
        for member in [a, b] { try world.issue(member) }
        for member in [a, b] { try world.vote(member, for: [a]) }
        try world.reveal(a)
        let honest = try world.finish()
        // A tabulator that counts what it knows of the second ballot although it was never opened.
        let greedy = ElectionTally(
            election: honest.election, issued: honest.issued, committed: honest.committed, revealed: 2, seed: honest.seed,
            ranking: honest.ranking.map { self.standing($0.member, $0.member == a ? 2 : 0) })
        #expect(throws: RecountDifference.count(of: "ballots opened", published: 2, counted: 1)) {
            try Recount.check(world.record, published: greedy)
        }
        // One that puts the same ballot in twice.
        let doubled = ElectionRecord(
            parameters: world.parameters,
            entries: world.record.entries.flatMap { $0.action.phase == .commit ? [$0, $0] : [$0] })
        let index = try #require(world.record.entries.firstIndex { $0.action.phase == .commit }) + 1
        #expect(throws: RecountDifference.entry(index: index, reason: .numberUsed)) { try Recount.check(doubled, published: honest) }
    }
}
