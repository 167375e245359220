import FabricMessages
import Identity
import LedgerModel

/// Applies an update to a configuration tree (interop 7.3, points 2 to 5).
///
/// Pure tree work: what the signatures are worth is asked of the caller, and whether the result makes a channel is for the caller to see.
struct UpdateApplication {
    /// Whether those who signed satisfy a policy of the channel; nil when there is no such policy.
    typealias Authority = (PolicyPath) -> PolicyResult?

    private static let ordererCapabilities = ConfigurationElement(.value, "/Channel/Orderer/Capabilities")

    let current: Common_ConfigGroup
    let strictness: ConfigurationUpdate.Strictness

    /// The tree after the update.
    func result(of update: Common_ConfigUpdate, authority: Authority) throws(ConfigurationUpdateError) -> Common_ConfigGroup {
        let current = try ElementMap(self.current)
        let readSet = try ElementMap(update.hasReadSet ? update.readSet : nil)
        let writeSet = try ElementMap(update.hasWriteSet ? update.writeSet : nil)
        try Self.check(readSet, against: current)
        let delta = writeSet.contents.filter { readSet[$0.key]?.version != $0.value.version }
        guard !delta.isEmpty else { throw .noChange }
        for (element, content) in delta.sorted(by: { $0.key < $1.key }) {
            try Self.check(element, content, against: current[element], authority)
        }
        let overlaid = current.overlaid(with: delta)
        var rebuilding = Rebuilding(elements: overlaid, fillsModificationPolicies: overlaid[Self.ordererCapabilities] != nil)
        let result = rebuilding.group(at: .channel)
        if self.strictness == .ordering {
            for (element, _) in writeSet.sorted where !rebuilding.placed.contains(element) { throw .withoutEffect(element) }
        }
        return result
    }

    /// The elements that an update changes, each with the policy that guards it; elements that are new are guarded by their group's.
    func guarded(by update: Common_ConfigUpdate) throws(ConfigurationUpdateError) -> [(element: ConfigurationElement, policy: PolicyPath)] {
        let current = try ElementMap(self.current)
        let readSet = try ElementMap(update.hasReadSet ? update.readSet : nil)
        let writeSet = try ElementMap(update.hasWriteSet ? update.writeSet : nil)
        return writeSet.sorted.compactMap { element, content in
            guard readSet[element]?.version != content.version, let existing = current[element] else { return nil }
            return (element, PolicyPath(existing.modificationPolicy, relativeTo: element.home))
        }
    }

    private static func check(_ readSet: ElementMap, against current: ElementMap) throws(ConfigurationUpdateError) {
        for (element, content) in readSet.sorted {
            guard let existing = current[element] else { throw .unknownElement(element) }
            guard existing.version == content.version else {
                throw .outdated(element, required: content.version, current: existing.version)
            }
        }
    }

    /// The rules for one element of the delta; `existing` is its present form.
    private static func check(
        _ element: ConfigurationElement, _ content: ElementMap.Content, against existing: ElementMap.Content?, _ authority: Authority
    ) throws(ConfigurationUpdateError) {
        guard self.isModificationPolicy(content.modificationPolicy) else {
            throw .invalidModificationPolicy(element, content.modificationPolicy)
        }
        guard let existing else {
            // Whoever may change the group may add to it: the group, with its new member list, is in the delta too.
            guard content.version == 0 else { throw .newElementVersion(element, found: content.version) }
            return
        }
        // Wraps as Fabric's arithmetic does.
        let expected = existing.version &+ 1
        guard content.version == expected else { throw .changedElementVersion(element, found: content.version, expected: expected) }
        // The present policy decides: the proposed one would let anybody authorise himself.
        guard !existing.modificationPolicy.isEmpty else { throw .unknownModificationPolicy(element, policy: "") }
        let policy = PolicyPath(existing.modificationPolicy, relativeTo: element.home)
        switch authority(policy) {
        case .satisfied: return
        case .unsatisfied(let missing): throw .unauthorized(element, policy: policy.text, missing: missing)
        case nil: throw .unknownModificationPolicy(element, policy: existing.modificationPolicy)
        }
    }

    /// Whether the text can name a policy: allowed names between slashes, one slash in front or none.
    private static func isModificationPolicy(_ text: String) -> Bool {
        var bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
        return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { name in
            (try? ConfigurationName.check(String(decoding: name, as: UTF8.self))) != nil
        }
    }
}

/// Puts a tree together again; a group's member list decides what belongs to it, so what an update leaves out is gone.
private struct Rebuilding {
    let elements: ElementMap
    let fillsModificationPolicies: Bool
    private(set) var placed: Set<ConfigurationElement> = []

    init(elements: ElementMap, fillsModificationPolicies: Bool) {
        self.elements = elements
        self.fillsModificationPolicies = fillsModificationPolicies
    }

    /// The group at a place, with everything below it. Members are always found: each is in the old tree or in the update.
    mutating func group(at element: ConfigurationElement) -> Common_ConfigGroup {
        guard case .group(var group) = self.elements[element] else { return Common_ConfigGroup() }
        self.placed.insert(element)
        self.fill(&group.modPolicy)
        for name in group.groups.keys { group.groups[name] = self.group(at: element.member(.group, name)) }
        for name in group.values.keys {
            let member = element.member(.value, name)
            guard case .value(var value) = self.elements[member] else { continue }
            self.placed.insert(member)
            self.fill(&value.modPolicy)
            group.values[name] = value
        }
        for name in group.policies.keys {
            let member = element.member(.policy, name)
            guard case .policy(var policy) = self.elements[member] else { continue }
            self.placed.insert(member)
            self.fill(&policy.modPolicy)
            group.policies[name] = policy
        }
        return group
    }

    /// Fabric repairs old trees in which elements lack a modification policy, once the orderer group has capabilities.
    private func fill(_ modificationPolicy: inout String) {
        if self.fillsModificationPolicies, modificationPolicy.isEmpty { modificationPolicy = "Admins" }
    }
}
