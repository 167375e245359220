/// One element of a configuration tree: its kind and the names on the way to it. A group and a value may share a path.
package struct ConfigurationElement: Hashable, Comparable, Sendable, CustomStringConvertible {
    package enum Kind: UInt8, Comparable, Sendable {
        case group, value, policy

        package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    package let kind: Kind
    /// Such as `/Channel/Orderer/BatchSize`, in UTF-8.
    package let utf8: [UInt8]

    /// The element at a path such as `/Channel/Orderer`.
    package init(_ kind: Kind, _ path: String) {
        self.init(kind, utf8: Array(path.utf8))
    }

    private init(_ kind: Kind, utf8: [UInt8]) {
        self.kind = kind
        self.utf8 = utf8
    }

    /// The whole channel.
    package static let channel = ConfigurationElement(.group, "/Channel")

    /// What stands in this group under a name.
    package func member(_ kind: Kind, _ name: String) -> ConfigurationElement {
        ConfigurationElement(kind, utf8: self.utf8 + [UInt8(ascii: "/")] + Array(name.utf8))
    }

    /// The group whose policies a relative name of this element's modification policy means (interop 7.3): the group itself, or the one around it.
    var home: PolicyPath {
        guard self.kind != .group, let slash = self.utf8.lastIndex(of: UInt8(ascii: "/")) else { return PolicyPath(absolute: self.utf8) }
        return PolicyPath(absolute: Array(self.utf8[..<slash]))
    }

    package var path: String { String(decoding: self.utf8, as: UTF8.self) }

    package var description: String { "\(self.kind) \(self.path)" }

    /// Byte order of the paths; of equal paths groups come first.
    package static func < (left: ConfigurationElement, right: ConfigurationElement) -> Bool {
        left.utf8 == right.utf8 ? left.kind < right.kind : left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
