import FabricMessages
import LedgerModel

/// A configuration tree taken apart: every element under its kind and path.
struct ElementMap {
    enum Content {
        case group(Common_ConfigGroup)
        case value(Common_ConfigValue)
        case policy(Common_ConfigPolicy)

        var version: UInt64 {
            switch self {
            case .group(let group): group.version
            case .value(let value): value.version
            case .policy(let policy): policy.version
            }
        }

        var modificationPolicy: String {
            switch self {
            case .group(let group): group.modPolicy
            case .value(let value): value.modPolicy
            case .policy(let policy): policy.modPolicy
            }
        }
    }

    private(set) var contents: [ConfigurationElement: Content] = [:]

    /// Takes a tree apart, down to every element; checks names and limits. No tree gives no elements.
    init(_ root: Common_ConfigGroup?) throws(ConfigurationUpdateError) {
        guard let root else { return }
        var size = TreeSize()
        try self.add(root, at: .channel, depth: 0, size: &size)
    }

    subscript(element: ConfigurationElement) -> Content? { self.contents[element] }

    /// All elements in order of their paths, so that the first error is the same everywhere.
    var sorted: [(element: ConfigurationElement, content: Content)] {
        self.contents.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// This tree with elements replaced and added.
    func overlaid(with other: [ConfigurationElement: Content]) -> ElementMap {
        var result = self
        result.contents.merge(other) { _, new in new }
        return result
    }

    private mutating func add(
        _ group: Common_ConfigGroup, at element: ConfigurationElement, depth: Int, size: inout TreeSize
    ) throws(ConfigurationUpdateError) {
        guard depth <= Limits.groupDepth else {
            throw .invalidElement(element, .tooLarge(what: "nested groups", limit: Limits.groupDepth))
        }
        do {
            try size.add(1 + group.values.count + group.policies.count, below: element.utf8.count)
        } catch {
            throw .invalidElement(element, error)
        }
        self.contents[element] = .group(group)
        for (name, value) in group.values { self.contents[try Self.member(.value, name, of: element)] = .value(value) }
        for (name, policy) in group.policies { self.contents[try Self.member(.policy, name, of: element)] = .policy(policy) }
        for (name, child) in group.groups.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            try self.add(child, at: Self.member(.group, name, of: element), depth: depth + 1, size: &size)
        }
    }

    private static func member(
        _ kind: ConfigurationElement.Kind, _ name: String, of group: ConfigurationElement
    ) throws(ConfigurationUpdateError) -> ConfigurationElement {
        do {
            try ConfigurationName.check(name)
        } catch {
            throw .invalidElement(group, error)
        }
        return group.member(kind, name)
    }
}
