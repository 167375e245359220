import FabricMessages
import LedgerModel

@testable import ChannelConfiguration

/// A second, slower and simpler reading of interop 7.3: it walks the three trees side by side instead of comparing maps of elements.
///
/// It can be given one of the mistakes that an implementation might make, to show that the property tests notice it.
struct UpdateModel {
    enum Mistake: CaseIterable {
        /// The proposed element's policy is asked instead of the present one's.
        case newPolicy
        /// A changed element may have any version.
        case anyVersion
        /// What an update leaves out of a group stays.
        case keepsRemoved
        /// Every element of the group is authorised by the group's policy.
        case groupPolicy
        /// A relative name in a group means the policies around the group.
        case outerPolicy
    }

    struct Refusal: Error {}

    var mistake: Mistake?
    /// Whether everything written must have an effect.
    var isStrict = false
    let authority: (String) -> Bool

    private var changes = 0

    init(mistake: Mistake? = nil, isStrict: Bool = false, authority: @escaping (String) -> Bool) {
        self.mistake = mistake
        self.isStrict = isStrict
        self.authority = authority
    }

    /// The tree after the update; nil when it is refused.
    static func apply(
        _ update: Common_ConfigUpdate, to tree: Common_ConfigGroup, mistake: Mistake? = nil, isStrict: Bool = false,
        authority: @escaping (String) -> Bool
    ) -> Common_ConfigGroup? {
        var model = UpdateModel(mistake: mistake, isStrict: isStrict, authority: authority)
        guard let result = try? model.root(update, tree), model.changes > 0 else { return nil }
        return result
    }

    private mutating func root(_ update: Common_ConfigUpdate, _ tree: Common_ConfigGroup) throws -> Common_ConfigGroup {
        if update.hasReadSet { try self.checkRead(update.readSet, tree) }
        guard update.hasWriteSet else { throw Refusal() }
        return try self.group(tree, update.hasReadSet ? update.readSet : nil, update.writeSet, path: "/Channel", outer: "", isInPlace: true)
            ?? Common_ConfigGroup()
    }

    private func checkRead(_ read: Common_ConfigGroup, _ old: Common_ConfigGroup?) throws {
        guard let old, old.version == read.version else { throw Refusal() }
        for (name, value) in read.values where old.values[name]?.version != value.version { throw Refusal() }
        for (name, policy) in read.policies where old.policies[name]?.version != policy.version { throw Refusal() }
        for (name, child) in read.groups { try self.checkRead(child, old.groups[name]) }
    }

    /// The part of an element that all kinds have.
    private struct Face {
        let version: UInt64
        let policy: String
    }

    /// Whether the element is one of the delta; refuses it when a rule is broken.
    private mutating func isChange(
        _ old: Face?, _ readVersion: UInt64?, _ new: Face, group: String, outer: String, isGroup: Bool = false
    ) throws -> Bool {
        if readVersion == new.version { return false }
        self.changes += 1
        guard !new.policy.isEmpty else { throw Refusal() }
        guard let old else {
            guard new.version == 0 else { throw Refusal() }
            return true
        }
        guard new.version == old.version + 1 || self.mistake == .anyVersion else { throw Refusal() }
        var policy = self.mistake == .newPolicy ? new.policy : old.policy
        if self.mistake == .groupPolicy, !isGroup { policy = "P0" }
        let home = self.mistake == .outerPolicy && isGroup && !outer.isEmpty ? outer : group
        guard !policy.isEmpty, self.authority(policy.hasPrefix("/") ? policy : "\(home)/\(policy)") else { throw Refusal() }
        return true
    }

    private mutating func group(
        _ old: Common_ConfigGroup?, _ read: Common_ConfigGroup?, _ new: Common_ConfigGroup, path: String, outer: String, isInPlace: Bool
    ) throws -> Common_ConfigGroup? {
        let isChanged = try self.isChange(
            old.map { Face(version: $0.version, policy: $0.modPolicy) }, read?.version, Face(version: new.version, policy: new.modPolicy),
            group: path, outer: outer, isGroup: true)
        // A group that is not in the delta exists, for it stands in the read set.
        var result = isChanged ? new : old ?? Common_ConfigGroup()
        if isChanged { (result.groups, result.values, result.policies) = ([:], [:], [:]) }
        if isChanged, self.mistake == .keepsRemoved, let old {
            (result.groups, result.values, result.policies) = (old.groups, old.values, old.policies)
        }
        for (name, value) in new.values {
            let present = old?.values[name]
            let isNew = try self.isChange(
                present.map { Face(version: $0.version, policy: $0.modPolicy) }, read?.values[name]?.version,
                Face(version: value.version, policy: value.modPolicy), group: path, outer: outer)
            if try self.takes(isChanged, present != nil, isInPlace) { result.values[name] = isNew ? value : present }
        }
        for (name, policy) in new.policies {
            let present = old?.policies[name]
            let isNew = try self.isChange(
                present.map { Face(version: $0.version, policy: $0.modPolicy) }, read?.policies[name]?.version,
                Face(version: policy.version, policy: policy.modPolicy), group: path, outer: outer)
            if try self.takes(isChanged, present != nil, isInPlace) { result.policies[name] = isNew ? policy : present }
        }
        for (name, child) in new.groups {
            let isTaken = isChanged || old?.groups[name] != nil
            let made = try self.group(
                old?.groups[name], read?.groups[name], child, path: "\(path)/\(name)", outer: path, isInPlace: isInPlace && isTaken)
            if try self.takes(isChanged, old?.groups[name] != nil, isInPlace) { result.groups[name] = made }
        }
        return result
    }

    /// Whether a group takes in a member that the update writes.
    private func takes(_ isGroupChanged: Bool, _ isPresent: Bool, _ isInPlace: Bool) throws -> Bool {
        let isTaken = isGroupChanged || isPresent
        if self.isStrict, !(isTaken && isInPlace) { throw Refusal() }
        return isTaken
    }
}
