import FabricMessages
import TestSupport
import Testing

@testable import Identity

@Suite struct PolicyEvaluationTests {
    private let peerA = Signer(name: "peer", meets: [role("A", .member), role("A", .peer)])
    private let clientA = Signer(name: "client", meets: [role("A", .member), role("A", .client)])
    private let peerB = Signer(name: "peerB", meets: [role("B", .member), role("B", .peer)])

    private func isMet(_ text: String, _ signers: [Signer]) throws -> Bool {
        try SignaturePolicy(text: text).evaluate(signers) { $0.satisfies($1) }.isSatisfied
    }

    private func missing(_ text: String, _ signers: [Signer]) throws -> String? {
        guard case .unsatisfied(let missing) = try SignaturePolicy(text: text).evaluate(signers, satisfies: { $0.satisfies($1) }) else { return nil }
        return missing
    }

    @Test func `a leaf needs an identity that meets its principal`() throws {
        #expect(try self.isMet("OR('A.peer')", [self.peerA]))
        #expect(try !self.isMet("OR('A.peer')", [self.clientA, self.peerB]))
        #expect(try !self.isMet("OR('A.peer')", []))
    }

    @Test func `an identity counts once in the whole tree`() throws {
        #expect(try !self.isMet("AND('A.member', 'A.peer')", [self.peerA]))
        #expect(try self.isMet("AND('A.member', 'A.peer')", [self.clientA, self.peerA]))
        #expect(try !self.isMet("AND(OR('A.peer', 'B.peer'), OR('A.peer', 'C.peer'))", [self.peerA]))
    }

    @Test func `the choice is greedy: a possible assignment can be missed`() throws {
        // The member takes the peer, who comes first; then nobody is left for the peer.
        #expect(try !self.isMet("AND('A.member', 'A.peer')", [self.peerA, self.clientA]))
    }

    @Test func `rules are tried even after enough have held, and what they use stays used`() throws {
        // The first gate is content with the client, but its second rule also takes the peer that the last leaf wants.
        #expect(try !self.isMet("AND(OR('A.client', 'A.peer'), 'A.member')", [self.clientA, self.peerA]))
    }

    @Test func `what a failed rule has used is free again`() throws {
        #expect(try self.isMet("OutOf(1, AND('A.peer', 'C.peer'), 'A.peer')", [self.peerA]))
    }

    @Test func `zero is always met and one more than there are never`() throws {
        #expect(try self.isMet("OutOf(0, 'A.peer')", []))
        #expect(try !self.isMet("OutOf(2, 'A.peer')", [self.peerA, self.peerA]))
    }

    @Test func `the explanation names who is missing`() throws {
        #expect(try self.missing("AND('A.peer', 'B.peer')", [self.peerA]) == "1 more signature: 'B.peer'")
        #expect(try self.missing("AND('A.peer', 'B.peer')", []) == "2 more signatures: 'A.peer' and 'B.peer'")
        #expect(try self.missing("OR('A.peer', 'B.peer')", []) == "1 more signature: 'A.peer' or 'B.peer'")
        #expect(
            try self.missing("AND('A.peer', OR('B.peer', AND('C.peer', 'D.peer')))", [self.peerA])
                == "1 more signature: 'B.peer' or ('C.peer' and 'D.peer')")
        #expect(try self.missing("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", []) == "2 more signatures: 2 of ('A.peer', 'B.peer', 'C.peer')")
        #expect(try self.missing("OutOf(2, 'A.peer')", [])?.hasPrefix("no set of signers can satisfy") == true)
        #expect(try self.missing("OR('A.peer')", [self.peerA]) == nil)
    }

    @Test func `a very long explanation is cut`() throws {
        let policy = try SignaturePolicy(count: 500, of: (0..<500).map { role("Organization\($0)", .peer) })
        guard case .unsatisfied(let missing) = policy.evaluate([Signer](), satisfies: { $0.satisfies($1) }) else {
            Issue.record("satisfied without signers")
            return
        }
        #expect(missing.count <= Limits.explanationCharacters + 3)
    }

    // MARK: - Against an independent reading of the rules

    typealias Evaluator = (SignaturePolicy, [Signer]) -> Bool

    /// The first disagreement between an evaluator and the naive one over random policies and signers.
    private func disagreement(seed: UInt64, cases: Int, _ evaluator: Evaluator) throws -> String? {
        var random = SeededGenerator(seed: seed)
        let all = PolicyGenerator.organizations.flatMap { name in PolicyGenerator.roles.dropFirst().map { (name, $0) } }
        for _ in 0..<cases {
            let text = PolicyGenerator.text(depth: 3, &random)
            let policy = try SignaturePolicy(text: text)
            let signers = (0..<Int.random(in: 0...6, using: &random)).map { index in
                let (name, kind) = all.randomElement(using: &random) ?? ("A", .peer)
                return Signer(name: "\(index): \(name).\(kind)", meets: [role(name, .member), role(name, kind)])
            }
            if evaluator(policy, signers) != NaivePolicyEvaluator.isMet(policy.message(), signers) {
                return "\(text) by \(signers.map(\.name)) \(random)"
            }
        }
        return nil
    }

    @Test func `random policies are judged as the rules of the text say`() throws {
        let found = try self.disagreement(seed: 31, cases: 3_000) { policy, signers in policy.evaluate(signers) { $0.satisfies($1) }.isSatisfied }
        #expect(found == nil)
    }

    @Test(arguments: BrokenPolicyEvaluator.allCases)
    func `the comparison catches a broken evaluator`(twin: BrokenPolicyEvaluator) throws {
        let found = try self.disagreement(seed: 31, cases: 3_000) { policy, signers in twin.isMet(policy, signers) }
        #expect(found != nil)
    }
}

/// Interop 5.3 read word for word over the message itself: flags are a set, and a failed attempt returns no set.
enum NaivePolicyEvaluator {
    static func isMet(_ envelope: Common_SignaturePolicyEnvelope, _ signers: [Signer]) -> Bool {
        let principals = envelope.identities.map { Principal(message: $0) }
        func attempt(_ rule: Common_SignaturePolicy, _ taken: Set<Int>) -> Set<Int>? {
            switch rule.type {
            case .signedBy(let index):
                for number in 0..<signers.count {
                    if taken.contains(number) { continue }
                    if signers[number].satisfies(principals[Int(index)]) { return taken.union([number]) }
                }
                return nil
            case .nOutOf(let gate):
                var count = 0
                var current = taken
                for part in gate.rules {
                    guard let after = attempt(part, current) else { continue }
                    count += 1
                    current = after
                }
                return count >= Int(gate.n) ? current : nil
            case nil:
                return nil
            }
        }
        return attempt(envelope.rule, []) != nil
    }
}

/// Evaluators with one mistake each, which the comparison must find.
enum BrokenPolicyEvaluator: CaseIterable {
    /// Looks for any assignment instead of the greedy one.
    case backtracking
    /// Lets an identity count as often as it likes.
    case withoutUsedFlags
    /// Stops trying rules once enough have held.
    case stoppingEarly
    /// Keeps what a failed rule has used.
    case keepingFailedAttempts
    /// Takes the last fitting identity instead of the first.
    case takingTheLast

    func isMet(_ policy: SignaturePolicy, _ signers: [Signer]) -> Bool {
        if self == .backtracking { return !self.outcomes(policy, policy.rule, [], signers).isEmpty }
        var used: Set<Int> = []
        return self.holds(policy, policy.rule, &used, signers)
    }

    private func holds(_ policy: SignaturePolicy, _ rule: SignaturePolicy.Rule, _ used: inout Set<Int>, _ signers: [Signer]) -> Bool {
        switch rule {
        case .signedBy(let index):
            let order = self == .takingTheLast ? Array(signers.indices.reversed()) : Array(signers.indices)
            for position in order where !used.contains(position) && signers[position].satisfies(policy.principals[index]) {
                if self != .withoutUsedFlags { used.insert(position) }
                return true
            }
            return false
        case .outOf(let count, let rules):
            var held = 0
            for rule in rules {
                if self == .stoppingEarly, held >= count { break }
                var trial = used
                let isHeld = self.holds(policy, rule, &trial, signers)
                if isHeld { held += 1 }
                if isHeld || self == .keepingFailedAttempts { used = trial }
            }
            return held >= count
        }
    }

    /// Every set of used identities with which the rule can hold.
    private func outcomes(_ policy: SignaturePolicy, _ rule: SignaturePolicy.Rule, _ used: Set<Int>, _ signers: [Signer]) -> Set<Set<Int>> {
        switch rule {
        case .signedBy(let index):
            return Set(signers.indices.filter { !used.contains($0) && signers[$0].satisfies(policy.principals[index]) }.map { used.union([$0]) })
        case .outOf(let count, let rules):
            var reached: [Set<Int>: Int] = [used: 0]
            for rule in rules {
                var next = reached
                for (state, held) in reached {
                    for outcome in self.outcomes(policy, rule, state, signers) { next[outcome] = max(next[outcome] ?? 0, held + 1) }
                }
                reached = next
            }
            return Set(reached.filter { $0.value >= count }.keys)
        }
    }
}
