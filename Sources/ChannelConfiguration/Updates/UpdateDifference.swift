import FabricMessages
import LedgerModel

/// Finds the smallest update that leads from one tree to another, as Fabric's `configtxlator compute_update` does.
///
/// Versions in the wanted tree are not looked at. The read set of a group names the members that stay when others come or go, so that the
/// update fails when somebody else changes the list first.
struct UpdateDifference {
    let read: Common_ConfigGroup
    let write: Common_ConfigGroup
    /// False when the trees say the same.
    let isChange: Bool

    init(from old: Common_ConfigGroup, to new: Common_ConfigGroup) {
        let values = Members(from: old.values, to: new.values)
        let policies = Members(from: old.policies, to: new.policies)
        let groups = GroupMembers(from: old.groups, to: new.groups)
        var (read, write) = (Common_ConfigGroup(), Common_ConfigGroup())
        (read.version, write.version) = (old.version, old.version)
        (read.groups, write.groups) = (groups.read, groups.write)
        (write.values, write.policies) = (values.write, policies.write)
        let isGroupItselfChanged =
            values.isListChanged || policies.isListChanged || groups.isListChanged || !old.modPolicy.utf8.elementsEqual(new.modPolicy.utf8)
        if isGroupItselfChanged {
            write.version = old.version &+ 1
            write.modPolicy = new.modPolicy
            (read.values, read.policies) = (values.same, policies.same)
            write.values.merge(values.same) { changed, _ in changed }
            write.policies.merge(policies.same) { changed, _ in changed }
            read.groups.merge(groups.same) { changed, _ in changed }
            write.groups.merge(groups.same) { changed, _ in changed }
        }
        self.isChange = isGroupItselfChanged || !write.values.isEmpty || !write.policies.isEmpty || !write.groups.isEmpty
        self.read = read
        self.write = write
    }

    /// A group that did not exist: everything in it begins at version 0.
    static func newGroup(_ group: Common_ConfigGroup) -> Common_ConfigGroup {
        var result = group
        result.version = 0
        result.values = group.values.mapValues { $0.with(version: 0) }
        result.policies = group.policies.mapValues { $0.with(version: 0) }
        // As deep as the tree, whose depth was limited when it was read.
        result.groups = group.groups.mapValues { self.newGroup($0) }
        return result
    }
}

/// A value or a policy of a group.
private protocol ConfigurationMember {
    init()
    var version: UInt64 { get set }
    var modPolicy: String { get }
    var content: [UInt8] { get }
}

extension ConfigurationMember {
    fileprivate func with(version: UInt64) -> Self {
        var result = self
        result.version = version
        return result
    }

    fileprivate func isSame(as other: Self) -> Bool {
        self.content == other.content && self.modPolicy.utf8.elementsEqual(other.modPolicy.utf8)
    }
}

extension Common_ConfigValue: ConfigurationMember {
    fileprivate var content: [UInt8] { self.value.byteArray }
}

extension Common_ConfigPolicy: ConfigurationMember {
    fileprivate var content: [UInt8] { self.policy.encoded() }
}

/// The values or the policies of a group, compared.
private struct Members<Member: ConfigurationMember> {
    /// Those that stay, by version alone.
    var same: [String: Member] = [:]
    /// The changed and the new ones.
    var write: [String: Member] = [:]
    /// Whether some come or go.
    var isListChanged = false

    init(from old: [String: Member], to new: [String: Member]) {
        self.isListChanged = old.keys.contains { new[$0] == nil }
        for (name, wanted) in new {
            guard let present = old[name] else {
                self.isListChanged = true
                self.write[name] = wanted.with(version: 0)
                continue
            }
            if present.isSame(as: wanted) {
                self.same[name] = Member().with(version: present.version)
            } else {
                self.write[name] = wanted.with(version: present.version &+ 1)
            }
        }
    }
}

/// The child groups of a group, compared.
private struct GroupMembers {
    var same: [String: Common_ConfigGroup] = [:]
    var read: [String: Common_ConfigGroup] = [:]
    var write: [String: Common_ConfigGroup] = [:]
    var isListChanged = false

    init(from old: [String: Common_ConfigGroup], to new: [String: Common_ConfigGroup]) {
        self.isListChanged = old.keys.contains { new[$0] == nil }
        for (name, wanted) in new {
            guard let present = old[name] else {
                self.isListChanged = true
                self.write[name] = UpdateDifference.newGroup(wanted)
                continue
            }
            let difference = UpdateDifference(from: present, to: wanted)
            if difference.isChange {
                self.read[name] = difference.read
                self.write[name] = difference.write
            } else {
                self.same[name] = difference.read
            }
        }
    }
}

extension ConfigurationUpdate {
    /// The update, still unsigned, that leads from one configuration to another; the same arguments always give the same bytes.
    ///
    /// - Throws: `noChange` when both say the same, `invalidElement` when one of them is no tree that a channel may have.
    package static func compute(
        from old: Common_Config, to new: Common_Config, channelID: ChannelID
    ) throws(ConfigurationUpdateError) -> ConfigurationUpdate {
        for config in [old, new] { _ = try ElementMap(config.channelGroup) }
        let difference = UpdateDifference(from: old.channelGroup, to: new.channelGroup)
        guard difference.isChange else { throw .noChange }
        var message = Common_ConfigUpdate()
        message.channelID = channelID.text
        message.readSet = difference.read
        message.writeSet = difference.write
        return ConfigurationUpdate(updateBytes: message.encoded())
    }
}
