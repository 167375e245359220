import FabricMessages
import Identity
import LedgerModel

/// All policies of a channel, by path.
struct PolicyTree: Sendable {
    private enum Policy: Sendable {
        case signature(SignaturePolicy)
        /// `needed` of the children must be satisfied; one that does not exist never is.
        case implicitMeta(children: [PolicyPath], needed: Int)
    }

    private var policies: [PolicyPath: Policy] = [:]

    /// Reads the policies of the group Channel and everything below it; names are checked here too.
    init(channel: Common_ConfigGroup) throws(ConfigurationError) {
        var elements = 0
        try self.read(channel, at: .channel, depth: 0, elements: &elements)
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

    private func evaluate(_ policy: Policy, _ identities: [VerifiedIdentity]) -> PolicyResult {
        // What is missing is put into words only when something is: every envelope has its writer's policy evaluated by every member.
        self.isSatisfied(policy, identities) ? .satisfied : .unsatisfied(missing: self.explanation(policy, identities))
    }

    private func isSatisfied(_ policy: Policy, _ identities: [VerifiedIdentity]) -> Bool {
        switch policy {
        case .signature(let policy): return policy.isSatisfied(by: identities)
        case .implicitMeta(let children, let needed):
            var satisfied = 0
            // Each level of recursion is one level of groups, whose depth was limited when the tree was read.
            for child in children where satisfied < needed {
                if let policy = self.policies[child], self.isSatisfied(policy, identities) { satisfied += 1 }
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
        case .implicitMeta(let children, let needed):
            var satisfied = 0
            var missing: [String] = []
            for child in children {
                guard let policy = self.policies[child] else {
                    missing.append("\(child.text) (does not exist)")
                    continue
                }
                switch self.evaluate(policy, identities) {
                case .satisfied: satisfied += 1
                case .unsatisfied(let reason): missing.append("\(child.text) (\(reason))")
                }
            }
            let shown = missing.prefix(Limits.explainedPolicies).joined(separator: "; ")
            let rest = missing.count > Limits.explainedPolicies ? "; and \(missing.count - Limits.explainedPolicies) others" : ""
            return "\(needed - satisfied) of: \(shown)\(rest)"
        }
    }

    // MARK: - Reading

    private mutating func read(_ group: Common_ConfigGroup, at path: PolicyPath, depth: Int, elements: inout Int) throws(ConfigurationError) {
        guard depth <= Limits.groupDepth else { throw .tooLarge(what: "nested groups", limit: Limits.groupDepth) }
        elements += 1 + group.values.count + group.policies.count
        guard elements <= Limits.configurationElements else { throw .tooLarge(what: "elements", limit: Limits.configurationElements) }
        let children = group.groups.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in children + Array(group.values.keys) + Array(group.policies.keys) { try ConfigurationName.check(name) }
        for (name, entry) in group.policies {
            self.policies[path.appending(name)] = try Self.policy(entry, at: path.appending(name), children: children.map { path.appending($0) })
        }
        for name in children {
            guard let child = group.groups[name] else { continue }
            try self.read(child, at: path.appending(name), depth: depth + 1, elements: &elements)
        }
    }

    private static func policy(
        _ entry: Common_ConfigPolicy, at path: PolicyPath, children: [PolicyPath]
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
            guard !children.isEmpty else { return .implicitMeta(children: [], needed: 0) }
            let needed: Int
            switch message.rule {
            case .any: needed = 1
            case .all: needed = children.count
            case .majority: needed = children.count / 2 + 1
            case .UNRECOGNIZED(let rule): throw .invalidPolicy(path: path.text, reason: "rule \(rule) is not known")
            }
            return .implicitMeta(children: children.map { $0.appending(message.subPolicy) }, needed: needed)
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
