import CryptoPrimitives

/// What differs between two configurations, place by place.
package struct ConfigurationDifference: Sendable {
    /// One place that is not the same in both.
    package struct Change: Hashable, Sendable, CustomStringConvertible {
        package enum Kind: String, Sendable {
            case added, removed, changed
        }

        package let kind: Kind
        /// The element, such as `/Channel/Orderer/BatchSize`; policies are `policy /Channel/Admins`.
        package let path: String
        /// The field of the element, such as `max_message_count`; empty for the element as a whole.
        package let field: String
        package let before: String?
        package let after: String?

        package var description: String {
            let place = self.field.isEmpty ? self.path : "\(self.path): \(self.field)"
            switch (self.before, self.after) {
            case (nil, let after?): return "\(place): added\(after.isEmpty ? "" : " \(after)")"
            case (let before?, nil): return "\(place): removed\(before.isEmpty ? "" : " \(before)")"
            case (let before?, let after?): return "\(place): \(before) -> \(after)"
            case (nil, nil): return place
            }
        }
    }

    package private(set) var changes: [Change] = []

    /// Compares two documents; comments and places in the text do not count.
    package init(from old: ConfigurationDocument, to new: ConfigurationDocument) {
        self.compare(old.node, new.node, path: "", field: "")
    }

    package var isEmpty: Bool { self.changes.isEmpty }

    /// The differences as JSON.
    package var json: String {
        let items = self.changes.map { change in
            var entries = [TextNode.Entry("change", .text(change.kind.rawValue)), TextNode.Entry("path", .text(change.path))]
            if !change.field.isEmpty { entries.append(TextNode.Entry("field", .text(change.field))) }
            if let before = change.before { entries.append(TextNode.Entry("before", .text(before))) }
            if let after = change.after { entries.append(TextNode.Entry("after", .text(after))) }
            return TextNode.map(entries)
        }
        return JSONWriter.document(.map([TextNode.Entry("equal", .flag(self.isEmpty)), TextNode.Entry("changes", .list(items))]))
    }

    // MARK: - Walking

    /// - Parameters:
    ///   - path: Of the group, value or policy that the nodes belong to; empty at the head of the document.
    ///   - field: The way from there to the nodes.
    private mutating func compare(_ old: TextNode?, _ new: TextNode?, path: String, field: String) {
        switch (old, new) {
        case (nil, nil): return
        case (let old?, nil): self.note(.removed, path, field, before: Self.summary(old), after: nil)
        case (nil, let new?): self.note(.added, path, field, before: nil, after: Self.summary(new))
        case (let old?, let new?):
            if old.isSame(as: new) { return }
            switch (old.content, new.content) {
            case (.map(let left), .map(let right)): self.compare(left, right, path: path, field: field)
            case (.list(let left), .list(let right)): self.compare(left, right, path: path, field: field)
            default: self.note(.changed, path, field, before: Self.summary(old), after: Self.summary(new))
            }
        }
    }

    private mutating func compare(_ left: [TextNode.Entry], _ right: [TextNode.Entry], path: String, field: String) {
        let keys = left.map(\.key) + right.map(\.key).filter { key in !left.contains { $0.key.utf8.elementsEqual(key.utf8) } }
        for key in keys {
            let old = left.first { $0.key.utf8.elementsEqual(key.utf8) }?.node
            let new = right.first { $0.key.utf8.elementsEqual(key.utf8) }?.node
            if field.isEmpty, Self.kinds.contains(key), Self.isMap(old), Self.isMap(new) {
                self.compareMembers(Self.entries(old), Self.entries(new), path: path, kind: key)
            } else if path.isEmpty, Self.roots.contains(key) {
                self.compare(old, new, path: key == "Channel" ? "/Channel" : "\(key) /Channel", field: "")
            } else {
                self.compare(old, new, path: path, field: field.isEmpty ? key : "\(field)/\(key)")
            }
        }
        let known: ([TextNode.Entry], [TextNode.Entry]) -> [String] = { all, others in
            all.map(\.key).filter { key in others.contains { $0.key.utf8.elementsEqual(key.utf8) } }
        }
        if known(left, right) != known(right, left), !field.isEmpty {
            self.note(.changed, path, field, before: "one order", after: "another order")
        }
    }

    private static let kinds: Set<String> = ["policies", "values", "groups"]
    private static let roots: Set<String> = ["Channel", "read_set", "write_set"]

    private static func isMap(_ node: TextNode?) -> Bool {
        guard let node else { return true }
        if case .map = node.content { return true }
        return false
    }

    private static func entries(_ node: TextNode?) -> [TextNode.Entry] {
        guard case .map(let entries)? = node?.content else { return [] }
        return entries
    }

    private mutating func compareMembers(_ left: [TextNode.Entry], _ right: [TextNode.Entry], path: String, kind: String) {
        let names = Set(left.map(\.key)).union(right.map(\.key)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names {
            let old = left.first { $0.key.utf8.elementsEqual(name.utf8) }?.node
            let new = right.first { $0.key.utf8.elementsEqual(name.utf8) }?.node
            // A policy beside its name is one with nothing but a rule.
            let place = kind == "policies" ? "policy \(path)/\(name)" : "\(path)/\(name)"
            if kind == "policies", let old, let new {
                self.compare(Self.expanded(old), Self.expanded(new), path: place, field: "")
            } else {
                self.compare(old, new, path: place, field: "")
            }
        }
    }

    private static func expanded(_ node: TextNode) -> TextNode {
        node.scalar == nil ? node : .map([TextNode.Entry("rule", node)])
    }

    /// Items that stay are left out; where only their order changed, that is said.
    private mutating func compare(_ left: [TextNode], _ right: [TextNode], path: String, field: String) {
        if left.count == right.count, left.count == 1 || zip(left, right).filter({ !$0.isSame(as: $1) }).count == 1, !Self.areScalars(left + right) {
            for (index, (old, new)) in zip(left, right).enumerated() { self.compare(old, new, path: path, field: "\(field)[\(index)]") }
            return
        }
        var added = right
        var removed: [TextNode] = []
        for item in left {
            if let index = added.firstIndex(where: { $0.isSame(as: item) }) { added.remove(at: index) } else { removed.append(item) }
        }
        if added.isEmpty, removed.isEmpty {
            return self.note(.changed, path, field, before: "one order", after: "another order")
        }
        for item in removed { self.note(.removed, path, field, before: Self.summary(item), after: nil) }
        for item in added { self.note(.added, path, field, before: nil, after: Self.summary(item)) }
    }

    private static func areScalars(_ items: [TextNode]) -> Bool { items.allSatisfy { $0.scalar != nil } }

    private mutating func note(_ kind: Change.Kind, _ path: String, _ field: String, before: String?, after: String?) {
        self.changes.append(Change(kind: kind, path: path.isEmpty ? "document" : path, field: field, before: before, after: after))
    }

    // MARK: - Words

    /// One line for a value.
    private static func summary(_ node: TextNode) -> String {
        if let text = node.scalar {
            if let certificate = CertificateText.comment(Array(text.utf8)) { return "(\(certificate))" }
            let isClear = !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) || $0 == 0x20 }
            let line = isClear ? text : YAMLWriter.scalar(text)
            return line.utf8.count <= Limits.shownBytes ? line : "(\(text.utf8.count) bytes, \(self.digest(text)))"
        }
        switch node.content {
        case .list(let items): return "(\(items.count) \(items.count == 1 ? "item" : "items"))"
        case .map(let entries):
            let parts = entries.filter { $0.node.scalar != nil }.prefix(4).map { entry in "\(entry.key) \(self.summary(entry.node))" }
            return parts.isEmpty ? "" : "(\(parts.joined(separator: ", ")))"
        default: return "nothing"
        }
    }

    /// Tells long texts apart without showing them.
    private static func digest(_ text: String) -> String {
        "sha256 \(Base16.encode(Array(SHA256.hash(Array(text.utf8)).prefix(4))))"
    }
}
