import FabricMessages
import LedgerModel
import TestSupport

@testable import ChannelConfiguration

/// Small random configuration trees, and edits of them.
struct RandomTrees {
    var random: SeededGenerator

    private static let names = ["a", "b", "c"]
    private static let policies = ["P0", "P1", "/Channel/P0", "/Channel/a/P1", "a/P0"]

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed)
    }

    mutating func tree(depth: Int = 2) -> Common_ConfigGroup {
        var group = Common_ConfigGroup()
        group.version = .random(in: 0...3, using: &self.random)
        group.modPolicy = self.policyName()
        for name in Self.names where Bool.random(using: &self.random) { group.values[name] = self.value() }
        for name in Self.names where Bool.random(using: &self.random) { group.policies[name] = self.policy() }
        if depth > 0 {
            for name in Self.names where Bool.random(using: &self.random) { group.groups[name] = self.tree(depth: depth - 1) }
        }
        return group
    }

    /// The tree with one to four changes.
    mutating func edited(_ tree: Common_ConfigGroup) -> Common_ConfigGroup {
        var result = tree
        for _ in 0..<Int.random(in: 1...4, using: &self.random) { self.edit(&result, depth: 2) }
        return result
    }

    private mutating func edit(_ group: inout Common_ConfigGroup, depth: Int) {
        let name = self.name()
        if let child = group.groups[name], depth > 0, Int.random(in: 0..<3, using: &self.random) > 0 {
            var changed = child
            self.edit(&changed, depth: depth - 1)
            group.groups[name] = changed
            return
        }
        switch Int.random(in: 0..<9, using: &self.random) {
        case 0, 1: group.values[name] = self.value()
        case 2: group.policies[name] = self.policy()
        case 3: group.groups[name] = self.tree(depth: max(0, depth - 1))
        case 4: group.values[name] = nil
        case 5: group.policies[name] = nil
        case 6: group.groups[name] = nil
        case 7: group.values[name]?.modPolicy = self.policyName()
        default: group.modPolicy = self.policyName()
        }
    }

    /// The update with something wrong, or something harmless, done to it.
    mutating func damaged(_ update: Common_ConfigUpdate) -> Common_ConfigUpdate {
        var result = update
        for _ in 0..<Int.random(in: 0...2, using: &self.random) {
            if Bool.random(using: &self.random) {
                self.damage(&result.writeSet, depth: 2)
            } else {
                self.damage(&result.readSet, depth: 2)
            }
        }
        if Int.random(in: 0..<20, using: &self.random) == 0 { result.clearReadSet() }
        if Int.random(in: 0..<20, using: &self.random) == 0 { result.clearWriteSet() }
        return result
    }

    private mutating func damage(_ group: inout Common_ConfigGroup, depth: Int) {
        let name = self.name()
        if let child = group.groups[name], depth > 0, Bool.random(using: &self.random) {
            var changed = child
            self.damage(&changed, depth: depth - 1)
            group.groups[name] = changed
            return
        }
        let version = UInt64.random(in: 0...4, using: &self.random)
        switch Int.random(in: 0..<7, using: &self.random) {
        case 0: group.version = version
        case 1: group.values[name]?.version = version
        case 2: group.policies[name]?.version = version
        case 3: group.values[name] = self.value()
        case 4: group.groups[name, default: Common_ConfigGroup()].version = version
        case 5: group.values[name]?.modPolicy = ""
        default: group.policies[name] = nil
        }
    }

    private mutating func value() -> Common_ConfigValue {
        var value = Common_ConfigValue()
        value.version = .random(in: 0...3, using: &self.random)
        value.value = [UInt8.random(in: 0...5, using: &self.random)].data
        value.modPolicy = self.policyName()
        return value
    }

    private mutating func policy() -> Common_ConfigPolicy {
        var policy = Common_ConfigPolicy()
        policy.version = .random(in: 0...3, using: &self.random)
        policy.policy.type = .random(in: 1...3, using: &self.random)
        policy.modPolicy = self.policyName()
        return policy
    }

    private mutating func name() -> String { Self.names[Int.random(in: 0..<Self.names.count, using: &self.random)] }

    private mutating func policyName() -> String { Self.policies[Int.random(in: 0..<Self.policies.count, using: &self.random)] }

    /// The tree with all versions 0: what it says, whatever happened before.
    static func content(_ group: Common_ConfigGroup) -> Common_ConfigGroup {
        UpdateDifference.newGroup(group)
    }
}
