/// The smallest sets of signers that satisfy a policy, for people who want to know whom to ask.
///
/// A set is a list of principals, one for each signer: somebody who meets that principal and nothing stronger. Evaluation is greedy (interop
/// 5.3) and refuses some sets that look sufficient, so each set here has been evaluated and accepted in at least one order of signing, and no
/// set here is still accepted when a signer is left out.
package struct SatisfyingSets: Hashable, Sendable {
    /// Smaller sets first, each in byte order of the principals' texts.
    package let sets: [[Principal]]
    /// False when there are more than were looked for.
    package let isComplete: Bool

    /// - Parameters:
    ///   - candidates: Sets that are enough when every rule may choose its signers freely; every accepted set contains one of them.
    ///   - isComplete: Whether those are all such sets.
    ///   - limit: So many sets are given at most.
    ///   - rules: How many rules of the policy look for a signer; with it the work of an evaluation is known beforehand.
    ///   - accepts: Whether the policy holds when exactly these sign, in this order.
    package init(candidates: [[Principal]], isComplete: Bool, limit: Int, rules: Int, accepts: @escaping ([Principal]) -> Bool) {
        var search = SetSearch(limit: max(1, limit), rules: max(1, rules), accepts: accepts)
        // Nobody meets a principal of unknown kind.
        search.run(candidates.filter { $0.allSatisfy { $0.implies($0) } })
        let keyed: [(key: [UInt8], set: [Principal])] = search.found.map { (Self.key($0), $0) }
        let sorted = keyed.sorted { left, right in
            if left.set.count != right.set.count { return left.set.count < right.set.count }
            return left.key.lexicographicallyPrecedes(right.key)
        }
        let found = sorted.map(\.set)
        self.sets = Array(found.prefix(max(1, limit)))
        self.isComplete = isComplete && !search.isCut && found.count <= max(1, limit)
    }

    private static func key(_ set: [Principal]) -> [UInt8] { Array(set.map(\.description).joined(separator: "\n").utf8) }
}

/// Tries candidates, adds signers to those that evaluation refuses, and takes signers out of those that it accepts.
private struct SetSearch {
    /// How often a policy is evaluated at most, and how many signers its rules look at for that.
    private static let evaluations = 20_000
    private static let steps = 20_000_000
    /// Up to so many signers every order is tried.
    private static let permutedSigners = 5

    let limit: Int
    let rules: Int
    let accepts: ([Principal]) -> Bool
    private(set) var found: [[Principal]] = []
    private(set) var isCut = false
    private var spent = 0
    private var stepsTaken = 0
    private var seen: Set<[Principal]> = []

    private var isSpent: Bool { self.spent >= Self.evaluations || self.stepsTaken >= Self.steps }

    init(limit: Int, rules: Int, accepts: @escaping ([Principal]) -> Bool) {
        self.limit = limit
        self.rules = rules
        self.accepts = accepts
    }

    mutating func run(_ candidates: [[Principal]]) {
        let kinds = Self.sorted(Array(Set(candidates.joined())))
        var queue = candidates.map { Self.sorted($0) }.sorted { $0.count < $1.count }
        let widest = (candidates.map(\.count).max() ?? 0) + Self.permutedSigners
        var next = 0
        while next < queue.count {
            guard !self.isSpent, self.found.count <= self.limit else {
                self.isCut = true
                return
            }
            let set = queue[next]
            next += 1
            guard self.seen.insert(set).inserted, !self.found.contains(where: { Self.contains(set, $0) }) else { continue }
            if self.isAccepted(set) {
                let weaker = self.weakened(self.reduced(set), kinds)
                let minimal = self.reduced(weaker)
                // Nobody has seen that it is one of the smallest.
                if self.isSpent { continue }
                self.found.removeAll { Self.contains($0, minimal) }
                self.found.append(minimal)
            } else if set.count < widest {
                // More signers can satisfy what the greedy choice of these leaves open.
                queue += kinds.map { Self.sorted(set + [$0]) }
            } else {
                self.isCut = true
            }
        }
    }

    /// The set without signers that it can do without.
    private mutating func reduced(_ set: [Principal]) -> [Principal] {
        var set = set
        var index = 0
        while index < set.count {
            var smaller = set
            smaller.remove(at: index)
            if self.isAccepted(smaller) { set = smaller } else { index += 1 }
        }
        return set
    }

    /// The set with weaker signers where those will do: a member in place of an administrator.
    private mutating func weakened(_ set: [Principal], _ kinds: [Principal]) -> [Principal] {
        var set = set
        for index in set.indices {
            for kind in kinds where set[index].implies(kind) && !kind.implies(set[index]) {
                var weaker = set
                weaker[index] = kind
                if self.isAccepted(weaker) { set = weaker }
            }
        }
        return Self.sorted(set)
    }

    private mutating func isAccepted(_ set: [Principal]) -> Bool {
        var orders = [set, set.reversed()]
        // Who meets few principals first: the greedy choice then leaves the others to the rules that need them.
        orders.append(set.sorted { $0.strength < $1.strength })
        for order in orders {
            if self.evaluates(order) { return true }
        }
        guard set.count <= Self.permutedSigners else { return false }
        var indices = Array(set.indices)
        repeat {
            if self.evaluates(indices.map { set[$0] }) { return true }
        } while Self.nextPermutation(&indices)
        return false
    }

    /// False also when there is no time left to find out.
    private mutating func evaluates(_ order: [Principal]) -> Bool {
        guard !self.isSpent else { return false }
        self.spent += 1
        self.stepsTaken += self.rules * max(1, order.count)
        return self.accepts(order)
    }

    private static func sorted(_ set: [Principal]) -> [Principal] {
        set.map { ($0, Array($0.description.utf8)) }.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
    }

    /// Whether every signer of `smaller` is in `set`, as often.
    private static func contains(_ set: [Principal], _ smaller: [Principal]) -> Bool {
        var rest = set
        for principal in smaller {
            guard let index = rest.firstIndex(of: principal) else { return false }
            rest.remove(at: index)
        }
        return true
    }

    private static func nextPermutation(_ indices: inout [Int]) -> Bool {
        guard let pivot = indices.indices.dropLast().last(where: { indices[$0] < indices[$0 + 1] }),
            let swap = indices.indices.last(where: { indices[$0] > indices[pivot] })
        else { return false }
        indices.swapAt(pivot, swap)
        indices[(pivot + 1)...].reverse()
        return true
    }
}

extension Principal {
    /// How many kinds of principals a signer of this kind meets, roughly.
    fileprivate var strength: Int {
        switch self {
        case .anonymity, .unrecognized: 0
        case .role(_, .member): 1
        case .role: 2
        case .organizationUnit: 2
        case .identity: 3
        case .combined(let parts): 3 + parts.count
        }
    }

    /// Whether whoever meets this principal, and is not known to be more, meets the other one.
    package func implies(_ other: Principal) -> Bool {
        switch (self, other) {
        case (.unrecognized, _), (_, .unrecognized), (.anonymity(.anonymous), _), (_, .anonymity(.anonymous)), (.combined([]), _): return false
        case (_, .anonymity(.nominal)): return true
        case (_, .combined(let parts)): return !parts.isEmpty && parts.allSatisfy { self.implies($0) }
        case (.combined(let parts), _): return parts.contains { $0.implies(other) }
        case (.role(let mine, _), .role(let wanted, .member)), (.organizationUnit(let mine, _, _), .role(let wanted, .member)):
            return mine == wanted
        case (.identity(let mine), .role(let wanted, .member)): return mine.mspID == wanted
        default: return self == other
        }
    }
}

extension SignaturePolicy {
    /// Sets of principals that are enough when every rule may choose its signers freely, at most `limit` of them.
    package func candidateSets(limit: Int) -> (sets: [[Principal]], isComplete: Bool) {
        // One more than asked for tells whether there are more.
        let sets = self.freeSets(limit: limit + 1)
        // None at all may also mean that they are larger than is looked for.
        let isSmall = !sets.isEmpty || !Self.needsLargeSet(self.rule)
        return (Array(sets.prefix(limit)), sets.count <= limit && isSmall)
    }

    /// Whether a gate asks for more of its parts than are looked for.
    private static func needsLargeSet(_ rule: Rule) -> Bool {
        guard case .outOf(let count, let rules) = rule else { return false }
        return Int(count) > Limits.satisfyingSetSize && Int(count) <= rules.count || rules.contains { self.needsLargeSet($0) }
    }

    /// The smallest sets of signers that the evaluation accepts.
    package func smallestSets(limit: Int) -> SatisfyingSets {
        let candidates = self.candidateSets(limit: Self.candidates(for: limit))
        return SatisfyingSets(candidates: candidates.sets, isComplete: candidates.isComplete, limit: limit, rules: self.leaves) { signers in
            self.isSatisfied(by: signers) { $0.implies($1) }
        }
    }

    /// How many rules look for a signer.
    package var leaves: Int { Self.leaves(of: self.rule) }

    private static func leaves(of rule: Rule) -> Int {
        switch rule {
        case .signedBy: 1
        case .outOf(_, let rules): rules.reduce(0) { $0 + self.leaves(of: $1) }
        }
    }

    /// How many candidates are looked at for so many sets: some turn out to be refused, or not the smallest.
    package static func candidates(for limit: Int) -> Int { max(1, limit) * 8 }

    /// Whether signers of any kind satisfy the policy.
    package func isSatisfied<Signer>(by signers: [Signer], satisfies: (Signer, Principal) -> Bool) -> Bool {
        self.evaluate(signers, satisfies: satisfies).isSatisfied
    }
}
