import FabricMessages
import Identity
import LedgerModel

/// All policies of a channel, by path.
struct PolicyTree: Sendable {
    private enum Policy: Sendable {
        case signature(SignaturePolicy)
        /// The policy of that name must be satisfied in `needed` of the groups; where it does not exist it never is.
        case implicitMeta(groups: [PolicyPath], name: String, needed: Int)

        /// How it reads in one line.
        var text: String {
            switch self {
            case .signature(let policy): policy.description
            case .implicitMeta(let groups, _, let needed): "\(needed) of \(groups.count) \(groups.count == 1 ? "group" : "groups")"
            }
        }
    }

    private var policies: [PolicyPath: Policy] = [:]

    /// Reads the policies of the group Channel and everything below it; names are checked here too.
    init(channel: Common_ConfigGroup) throws(ConfigurationError) {
        var size = TreeSize()
        try self.read(channel, at: .channel, depth: 0, size: &size)
    }

    func contains(_ path: PolicyPath) -> Bool { self.policies[path] != nil }

    /// Paths in byte order.
    var paths: [String] { self.policies.keys.map(\.utf8).sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) } }

    /// Evaluates a policy over signers that already count; every sub-policy sees the whole set.
    func evaluate(_ path: PolicyPath, _ identities: [VerifiedIdentity]) throws(ConfigurationError) -> PolicyResult {
        guard let policy = self.policies[path] else { throw .unknownPolicy(path: path.text) }
        return self.evaluate(policy, identities)
    }

    /// The signature policy at a path; nil when there is none or it is of the other kind.
    func signaturePolicy(_ path: PolicyPath) -> SignaturePolicy? {
        if case .signature(let policy) = self.policies[path] { policy } else { nil }
    }

    /// Whether signers of any kind satisfy a policy; every sub-policy sees them in the same order.
    func isSatisfied<Signer>(_ path: PolicyPath, by signers: [Signer], satisfies: (Signer, Principal) -> Bool) -> Bool {
        switch self.policies[path] {
        case nil: return false
        case .signature(let policy): return policy.isSatisfied(by: signers, satisfies: satisfies)
        case .implicitMeta(let groups, let name, let needed):
            return groups.count(where: { self.isSatisfied($0.appending(name), by: signers, satisfies: satisfies) }) >= needed
        }
    }

    /// How many rules look for a signer, in the policy and those below it.
    func leaves(_ path: PolicyPath) -> Int {
        switch self.policies[path] {
        case nil: 0
        case .signature(let policy): policy.leaves
        case .implicitMeta(let groups, let name, _): groups.reduce(0) { $0 + self.leaves($1.appending(name)) }
        }
    }

    /// Sets of principals that are enough when every rule may choose its signers freely; one signer serves all sub-policies.
    func candidateSets(_ path: PolicyPath, limit: Int) -> (sets: [[Principal]], isComplete: Bool) {
        switch self.policies[path] {
        case nil: return ([], true)
        case .signature(let policy): return policy.candidateSets(limit: limit)
        case .implicitMeta(let groups, let name, let needed):
            // Ways to satisfy `n` of the groups looked at so far, by n.
            var ways: [[[Principal]]] = [[[]]] + Array(repeating: [], count: needed)
            var isComplete = true
            for group in groups {
                let part = self.candidateSets(group.appending(name), limit: limit)
                isComplete = isComplete && part.isComplete
                for reached in stride(from: needed - 1, through: 0, by: -1) where !ways[reached].isEmpty {
                    for before in ways[reached] {
                        for set in part.sets where ways[reached + 1].count <= limit { ways[reached + 1].append(Self.union(before, set)) }
                    }
                }
            }
            isComplete = isComplete && ways.allSatisfy { $0.count <= limit }
            return (Array(ways[needed].prefix(limit)), isComplete)
        }
    }

    /// Each principal as often as in the set that has it more often.
    private static func union(_ left: [Principal], _ right: [Principal]) -> [Principal] {
        var rest = left
        return left
            + right.filter { principal in
                guard let index = rest.firstIndex(of: principal) else { return true }
                rest.remove(at: index)
                return false
            }
    }

    /// The policy and those below it, one line each, indented by two spaces for each level.
    func outline(_ path: PolicyPath, indent: Int = 0) -> [String] {
        let space = String(repeating: " ", count: indent)
        guard let policy = self.policies[path] else { return ["\(space)\(path.text): does not exist"] }
        let line = "\(space)\(path.text): \(policy.text)"
        guard case .implicitMeta(let groups, let name, _) = policy else { return [line] }
        return [line] + groups.flatMap { self.outline($0.appending(name), indent: indent + 2) }
    }

    private func evaluate(_ policy: Policy, _ identities: [VerifiedIdentity]) -> PolicyResult {
        // What is missing is put into words only when something is: every envelope has its writer's policy evaluated by every member.
        self.isSatisfied(policy, identities) ? .satisfied : .unsatisfied(missing: self.explanation(policy, identities))
    }

    private func isSatisfied(_ policy: Policy, _ identities: [VerifiedIdentity]) -> Bool {
        switch policy {
        case .signature(let policy): return policy.isSatisfied(by: identities)
        case .implicitMeta(let groups, let name, let needed):
            var satisfied = 0
            // Each level of recursion is one level of groups, whose depth was limited when the tree was read.
            for group in groups where satisfied < needed {
                if let policy = self.policies[group.appending(name)], self.isSatisfied(policy, identities) { satisfied += 1 }
            }
            return satisfied >= needed
        }
    }

    /// What an unsatisfied policy misses.
    private func explanation(_ policy: Policy, _ identities: [VerifiedIdentity]) -> String {
        switch policy {
        case .signature(let policy):
            guard case .unsatisfied(let missing) = policy.evaluate(identities) else { return "" }
            return missing
        case .implicitMeta(let groups, let name, let needed):
            var satisfied = 0
            var missing = 0
            var shown: [String] = []
            for group in groups {
                let path = group.appending(name)
                let policy = self.policies[path]
                if let policy, self.isSatisfied(policy, identities) {
                    satisfied += 1
                    continue
                }
                missing += 1
                // Only what is shown is put into words: there may be thousands of groups, and the name may be long.
                guard shown.count < Limits.explainedPolicies else { continue }
                shown.append("\(path.text) (\(policy.map { self.explanation($0, identities) } ?? "does not exist"))")
            }
            let rest = missing > shown.count ? "; and \(missing - shown.count) others" : ""
            return "\(needed - satisfied) of: \(shown.joined(separator: "; "))\(rest)"
        }
    }

    // MARK: - Reading

    private mutating func read(_ group: Common_ConfigGroup, at path: PolicyPath, depth: Int, size: inout TreeSize) throws(ConfigurationError) {
        guard depth <= Limits.groupDepth else { throw .tooLarge(what: "nested groups", limit: Limits.groupDepth) }
        try size.add(1 + group.values.count + group.policies.count, below: path.utf8.count)
        let children = group.groups.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in children + Array(group.values.keys) + Array(group.policies.keys) { try ConfigurationName.check(name) }
        // One list for all policies of the group.
        let groups = children.map { path.appending($0) }
        for (name, entry) in group.policies {
            self.policies[path.appending(name)] = try Self.policy(entry, at: path.appending(name), groups: groups)
        }
        for name in children {
            guard let child = group.groups[name] else { continue }
            try self.read(child, at: path.appending(name), depth: depth + 1, size: &size)
        }
    }

    private static func policy(
        _ entry: Common_ConfigPolicy, at path: PolicyPath, groups: [PolicyPath]
    ) throws(ConfigurationError) -> Policy {
        guard entry.hasPolicy else { throw .invalidPolicy(path: path.text, reason: "it is empty") }
        switch Common_Policy.PolicyType(rawValue: Int(entry.policy.type)) {
        case .signature:
            do {
                return .signature(try SignaturePolicy(envelope: entry.policy.value.byteArray))
            } catch {
                throw .invalidPolicy(path: path.text, reason: error.description)
            }
        case .implicitMeta:
            let message: Common_ImplicitMetaPolicy
            do {
                message = try Common_ImplicitMetaPolicy.decode(entry.policy.value, as: "implicit policy")
            } catch {
                throw .invalidPolicy(path: path.text, reason: error.description)
            }
            guard !groups.isEmpty else { return .implicitMeta(groups: [], name: "", needed: 0) }
            let needed: Int
            switch message.rule {
            case .any: needed = 1
            case .all: needed = groups.count
            case .majority: needed = groups.count / 2 + 1
            case .UNRECOGNIZED(let rule): throw .invalidPolicy(path: path.text, reason: "rule \(rule) is not known")
            }
            return .implicitMeta(groups: groups, name: message.subPolicy, needed: needed)
        default:
            throw .invalidPolicy(path: path.text, reason: "type \(entry.policy.type) is not supported: use a signature or an implicit policy")
        }
    }
}

/// The names that may stand in a configuration tree.
enum ConfigurationName {
    static func check(_ name: String) throws(ConfigurationError) {
        let isGood = !name.isEmpty && name.utf8.count <= Limits.nameBytes && name.utf8.allSatisfy { isAllowed($0) }
        guard isGood, !name.utf8.elementsEqual(".".utf8), !name.utf8.elementsEqual("..".utf8) else { throw .invalidName(name) }
    }

    static func checkChannel(_ channel: ChannelID) throws(ConfigurationError) {
        let isGood = (1...Limits.nameBytes).contains(channel.utf8.count) && (0x61...0x7A).contains(channel.utf8[0])
        guard isGood, channel.utf8.allSatisfy({ isAllowed($0) && !(0x41...0x5A).contains($0) }) else {
            throw .invalidChannelName(channel.text)
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
