import LedgerModel
import TestSupport
import Testing

@testable import Identity

/// Whom to ask: the smallest sets of signers of a policy.
struct SatisfyingSetsTests {
    private func sets(_ text: String, limit: Int = 20) throws -> (sets: [[String]], isComplete: Bool) {
        let found = try SignaturePolicy(text: text).smallestSets(limit: limit)
        return (found.sets.map { $0.map(\.description) }, found.isComplete)
    }

    @Test func `the sets of a plain policy are those of its text`() throws {
        let found = try self.sets("OutOf(2, 'A.peer', 'B.peer', 'C.peer')")
        #expect(found.sets == [["A.peer", "B.peer"], ["A.peer", "C.peer"], ["B.peer", "C.peer"]])
        #expect(found.isComplete)
        #expect(try self.sets("OR('A.admin', AND('B.peer', 'C.peer'))").sets == [["A.admin"], ["B.peer", "C.peer"]])
        #expect(try self.sets("OR('A.admin', AND('A.admin', 'C.peer'))").sets == [["A.admin"]])
        #expect(try self.sets("AND('A.member', 'A.member')").sets == [["A.member", "A.member"]])
    }

    @Test func `sets that the greedy evaluation refuses are not given, and those that it needs instead are`() throws {
        // The gate takes two members, although one would do.
        #expect(try self.sets("AND(OR('A.member', 'A.member'), 'A.member')").sets == [["A.member", "A.member", "A.member"]])
        // An administrator is a member too, and a member is enough.
        #expect(try self.sets("AND('A.member', 'A.admin')").sets == [["A.admin", "A.member"]])
        #expect(try self.sets("AND(OR('A.member', 'A.member'), 'A.member', 'A.admin')").sets == [["A.admin", "A.member", "A.member", "A.member"]])
    }

    @Test func `a policy that nobody or everybody satisfies says so`() throws {
        #expect(try self.sets("OutOf(3, 'A.peer', 'B.peer')").sets.isEmpty)
        #expect(try self.sets("OutOf(3, 'A.peer', 'B.peer')").isComplete)
        #expect(try self.sets("OutOf(0, 'A.peer')").sets == [[]])
        let nobody = try SignaturePolicy(count: 1, of: [.unrecognized(classification: 7, content: [])])
        #expect(nobody.smallestSets(limit: 5).sets.isEmpty)
    }

    @Test func `more sets than asked for are counted as more`() throws {
        let organizations = (1...30).map { "'Org\($0).peer'" }.joined(separator: ", ")
        let found = try self.sets("OutOf(15, \(organizations))", limit: 7)
        #expect(found.sets.count == 7)
        #expect(!found.isComplete)
        #expect(found.sets.allSatisfy { $0.count == 15 })
    }

    @Test func `a policy too large to look through is said to have more sets, and takes no more work than a small one`() throws {
        let many = [String](repeating: "'A.peer'", count: 1200).joined(separator: ", ")
        let found = try self.sets("OutOf(600, \(many))", limit: 3)
        #expect(!found.isComplete)
        // None was seen to be one of the smallest.
        #expect(found.sets.isEmpty)
        let needsMore = try SignaturePolicy(count: 1100, of: [Principal](repeating: .role("A", .peer), count: 1200))
        #expect(!needsMore.smallestSets(limit: 3).isComplete)
    }

    /// Random policies over few principals: every set is accepted in some order, none is without one of its signers, and none is missing that
    /// trying all small sets finds.
    @Test func `the sets are those that trying everything finds`() throws {
        var random = SeededGenerator(seed: 7_017)
        let kinds: [Principal] = [.role("A", .member), .role("A", .admin), .role("B", .member)]
        for round in 0..<60 {
            var principals: [Principal] = []
            let rule = Self.rule(depth: 2, kinds, &principals, &random)
            let policy = try SignaturePolicy(rule: rule, principals: principals)
            let found = policy.smallestSets(limit: 1_000)
            guard found.isComplete else { continue }
            func accepted(_ set: [Principal]) -> Bool { Self.orders(set).contains { policy.isSatisfied(by: $0) { $0.implies($1) } } }
            for set in found.sets {
                #expect(accepted(set), "seed 7017, round \(round): \(policy)")
                for index in set.indices {
                    var smaller = set
                    smaller.remove(at: index)
                    #expect(!accepted(smaller), "seed 7017, round \(round): \(policy)")
                }
            }
            for set in Self.multisets(of: kinds, upTo: 4) where accepted(set) {
                // Something no larger and no stronger is listed.
                #expect(found.sets.contains { Self.covers(set, $0) }, "seed 7017, round \(round): \(policy) lacks \(set)")
            }
        }
    }

    private static func rule(
        depth: Int, _ kinds: [Principal], _ principals: inout [Principal], _ random: inout SeededGenerator
    ) -> SignaturePolicy.Rule {
        if depth == 0 || Int.random(in: 0..<3, using: &random) == 0 {
            principals.append(kinds[Int.random(in: 0..<kinds.count, using: &random)])
            return .signedBy(principals.count - 1)
        }
        let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in self.rule(depth: depth - 1, kinds, &principals, &random) }
        return .outOf(count: .random(in: 1...Int32(parts.count), using: &random), parts)
    }

    private static func orders(_ set: [Principal]) -> [[Principal]] {
        guard let first = set.first else { return [[]] }
        return self.orders(Array(set.dropFirst())).flatMap { rest in
            (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
        }
    }

    private static func multisets(of kinds: [Principal], upTo size: Int) -> [[Principal]] {
        var all: [[Principal]] = [[]]
        var last: [[Principal]] = [[]]
        for _ in 0..<size {
            last = last.flatMap { set in kinds.map { set + [$0] } }
            all += last
        }
        return all
    }

    /// Whether every signer of `smaller` can be one of `set`, each another one.
    private static func covers(_ set: [Principal], _ smaller: [Principal]) -> Bool {
        self.orders(set).contains { order in order.count >= smaller.count && zip(order, smaller).allSatisfy { $0.implies($1) } }
    }

    @Test func `a policy over numbered principals reads back, whatever they are`() throws {
        let principals: [Principal] = [
            .role("A", .member), .organizationUnit("A", name: [0x78], certifiers: [1]), .unrecognized(classification: 9, content: [1]), .combined([]),
        ]
        for rule: SignaturePolicy.Rule in [
            .signedBy(2), .outOf(count: 0, []), .outOf(count: 1, [.signedBy(0), .signedBy(0)]), .outOf(count: 9, [.signedBy(3)]),
            .outOf(count: 2, [.outOf(count: 1, [.signedBy(1)]), .signedBy(0)]),
        ] {
            let policy = try SignaturePolicy(rule: rule, principals: principals)
            #expect(try SignaturePolicy(numberedText: policy.numberedText, principals: principals) == policy, "\(policy.numberedText)")
        }
        for (text, offset) in [("$4", 0), ("AND($0, $9)", 8), ("$", 0), ("AND($0", 6), ("$0 $1", 3), ("AND($x)", 4)] {
            do {
                _ = try SignaturePolicy(numberedText: text, principals: principals)
                Issue.record("\(text) was read")
            } catch {
                #expect(error.offset == offset, "\(text): \(error)")
            }
        }
        #expect(throws: PolicyError.self) { try SignaturePolicy(text: "OR($0)") }
    }
}
