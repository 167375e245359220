import ChannelConfiguration
import FabricMessages
import LedgerModel

/// Groups of a configuration tree in text form: version, modification policy, policies, values and groups by name.
///
/// What is not written has its default: version 0, no members, and the modification policy that the head of the document names.
struct GroupText {
    let defaultPolicy: String
    /// Where the elements stand in the text that was read.
    private(set) var marks: [ConfigurationElement: TextMark] = [:]

    init(defaultPolicy: String) {
        self.defaultPolicy = defaultPolicy
    }

    // MARK: - Writing

    /// The fields of a group; members are in byte order of their names.
    func entries(_ group: Common_ConfigGroup, at path: String) -> [TextNode.Entry] {
        var entries = self.head(version: group.version, policy: group.modPolicy, others: group.unknownFields.data.byteArray)
        let consenters = self.consenters(of: group)
        let policies = self.sorted(group.policies).map { name, policy in
            TextNode.Entry(name, self.node(policy, PolicyText(consenters: consenters, path: "\(path)/\(name)")))
        }
        let values = self.sorted(group.values).map { name, value in
            let head = self.head(version: value.version, policy: value.modPolicy, others: value.unknownFields.data.byteArray)
            return TextNode.Entry(name, .map(head + ValueText.entries(name, value.value.byteArray, path: "\(path)/\(name)")))
        }
        let groups = self.sorted(group.groups).map { name, child in
            // As deep as the tree, whose depth was limited when it was read.
            TextNode.Entry(name, .map(self.entries(child, at: "\(path)/\(name)")))
        }
        if !policies.isEmpty { entries.append(TextNode.Entry("policies", .map(policies))) }
        if !values.isEmpty { entries.append(TextNode.Entry("values", .map(values))) }
        if !groups.isEmpty { entries.append(TextNode.Entry("groups", .map(groups))) }
        return entries
    }

    /// A policy that is nothing but a rule stands beside its name.
    private func node(_ entry: Common_ConfigPolicy, _ text: PolicyText) -> TextNode {
        let head = self.head(version: entry.version, policy: entry.modPolicy, others: entry.unknownFields.data.byteArray)
        let content = entry.hasPolicy ? text.entries(entry.policy) : []
        if head.isEmpty, content.count == 1, content[0].key == PolicyText.ruleKey { return content[0].node }
        return .map(head + content)
    }

    private func head(version: UInt64, policy: String, others: [UInt8]) -> [TextNode.Entry] {
        var fields = FieldCoder(writing: "")
        if version != 0 { fields.put("version", .number(version)) }
        if !policy.utf8.elementsEqual(self.defaultPolicy.utf8) { fields.put("mod_policy", .text(policy)) }
        var others = others
        try? fields.base64("unknown_fields", &others)
        return fields.entries
    }

    private func sorted<Member>(_ members: [String: Member]) -> [(String, Member)] {
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
    }

    private func consenters(of group: Common_ConfigGroup) -> [Common_Consenter] {
        guard let value = group.values["Orderers"] else { return [] }
        return (try? Common_Orderers.decode(value.value, as: "Orderers"))?.consenterMapping ?? []
    }

    // MARK: - Reading

    private struct Head {
        var version: UInt64 = 0
        var policy = ""
        var others: [UInt8] = []
    }

    /// Reads a group and everything below it.
    mutating func group(_ node: TextNode, at element: ConfigurationElement, depth: Int = 0) throws(ConfigurationTextError) -> Common_ConfigGroup {
        // Below the bound on the nesting of the text, which counts two levels for each group.
        if let mark = node.mark { self.marks[element] = self.marks[element] ?? mark }
        var fields = try FieldCoder(reading: node, path: element.path)
        let head = try self.head(&fields)
        let (policies, values, groups) = (
            try self.members("policies", &fields), try self.members("values", &fields), try self.members("groups", &fields)
        )
        try fields.finish()
        var group = Common_ConfigGroup()
        group.version = head.version
        group.modPolicy = head.policy
        for entry in values {
            let member = element.member(.value, entry.key)
            self.marks[member] = entry.mark
            group.values[entry.key] = try self.value(entry, member.path)
        }
        let consenters = self.consenters(of: group)
        for entry in policies {
            let member = element.member(.policy, entry.key)
            self.marks[member] = entry.mark
            group.policies[entry.key] = try self.policy(entry, PolicyText(consenters: consenters, path: member.path))
        }
        for entry in groups {
            let member = element.member(.group, entry.key)
            self.marks[member] = entry.mark
            group.groups[entry.key] = try self.group(entry.node, at: member, depth: depth + 1)
        }
        return try Self.adding(head.others, to: group, element.path)
    }

    private func members(_ key: String, _ fields: inout FieldCoder) throws(ConfigurationTextError) -> [TextNode.Entry] {
        guard let node = fields.take(key) else { return [] }
        switch node.content {
        case .map(let entries): return entries
        case .null: return []
        default: throw fields.wrong(key, node, "expected names with values")
        }
    }

    private func value(_ entry: TextNode.Entry, _ path: String) throws(ConfigurationTextError) -> Common_ConfigValue {
        var fields = try FieldCoder(reading: entry.node, path: path)
        let head = try self.head(&fields)
        var value = Common_ConfigValue()
        value.version = head.version
        value.modPolicy = head.policy
        value.value = try ValueText.bytes(entry.key, &fields).data
        try fields.finish()
        return try Self.adding(head.others, to: value, path)
    }

    private func policy(_ entry: TextNode.Entry, _ text: PolicyText) throws(ConfigurationTextError) -> Common_ConfigPolicy {
        let node = entry.node.scalar == nil ? entry.node : TextNode(.map([TextNode.Entry(PolicyText.ruleKey, entry.node)]), mark: entry.node.mark)
        var fields = try FieldCoder(reading: node, path: text.path)
        let head = try self.head(&fields)
        var policy = Common_ConfigPolicy()
        policy.version = head.version
        policy.modPolicy = head.policy
        if let content = try text.policy(&fields) { policy.policy = content }
        try fields.finish()
        return try Self.adding(head.others, to: policy, text.path)
    }

    private func head(_ fields: inout FieldCoder) throws(ConfigurationTextError) -> Head {
        var head = Head(policy: self.defaultPolicy)
        try fields.number("version", &head.version)
        try fields.text("mod_policy", &head.policy)
        try fields.base64("unknown_fields", &head.others)
        return head
    }

    /// The message with fields that nobody here knows.
    static func adding<Message: EncodableMessage>(
        _ others: [UInt8], to message: Message, _ path: String
    ) throws(ConfigurationTextError) -> Message {
        if others.isEmpty { return message }
        do {
            return try Message.decode(message.encoded() + others, as: path)
        } catch {
            throw .invalid(path: path, nil, reason: "unknown_fields: they are no fields of a message")
        }
    }
}

/// A message of the tree.
protocol EncodableMessage {
    static func decode(_ bytes: [UInt8], as part: String) throws(MessageError) -> Self
    func encoded() -> [UInt8]
}

extension Common_Config: EncodableMessage {}
extension Common_ConfigGroup: EncodableMessage {}
extension Common_ConfigValue: EncodableMessage {}
extension Common_ConfigPolicy: EncodableMessage {}
extension Common_ConfigUpdate: EncodableMessage {}
