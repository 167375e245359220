import FabricMessages
import LedgerModel

/// Compares configuration trees by their canonical bytes: the order of map entries on the wire means nothing.
enum TreeComparison {
    /// The first element, from the root down, that is not the same in both; nil for equal trees.
    static func firstDifference(_ left: Common_ConfigGroup, _ right: Common_ConfigGroup) -> ConfigurationElement? {
        guard left.encoded() != right.encoded() else { return nil }
        // Names that only look equal hide from the walk, but not from the bytes.
        return self.firstDifference(left, right, at: .channel) ?? .channel
    }

    private static func firstDifference(
        _ left: Common_ConfigGroup, _ right: Common_ConfigGroup, at element: ConfigurationElement
    ) -> ConfigurationElement? {
        if self.withoutMembers(left).encoded() != self.withoutMembers(right).encoded() { return element }
        for name in self.names(left.values, right.values) where left.values[name]?.encoded() != right.values[name]?.encoded() {
            return element.member(.value, name)
        }
        for name in self.names(left.policies, right.policies) where left.policies[name]?.encoded() != right.policies[name]?.encoded() {
            return element.member(.policy, name)
        }
        for name in self.names(left.groups, right.groups) {
            let member = element.member(.group, name)
            guard let one = left.groups[name], let other = right.groups[name] else { return member }
            if let difference = self.firstDifference(one, other, at: member) { return difference }
        }
        return nil
    }

    private static func withoutMembers(_ group: Common_ConfigGroup) -> Common_ConfigGroup {
        var result = group
        (result.groups, result.values, result.policies) = ([:], [:], [:])
        return result
    }

    private static func names<Member>(_ left: [String: Member], _ right: [String: Member]) -> [String] {
        Set(left.keys).union(right.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
