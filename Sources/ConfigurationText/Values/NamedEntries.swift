import FabricMessages
import LedgerModel

/// Messages that are one map, whose entries stand on the wire in an order of their own; the text keeps that order.
enum NamedEntries {
    /// The serialised entries of field 1, each as a message of its own; nil when the message holds something else.
    static func split(_ bytes: [UInt8]) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var index = 0
        while index < bytes.count {
            let start = index
            guard bytes[index] == 0x0A else { return nil }
            index += 1
            var (length, shift) = (0, 0)
            while true {
                guard index < bytes.count, shift <= 28 else { return nil }
                let byte = bytes[index]
                index += 1
                length |= Int(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            guard length <= bytes.count - index else { return nil }
            index += length
            parts.append(Array(bytes[start..<index]))
        }
        return parts
    }
}

/// The value Capabilities: names in the order of the bytes.
struct CapabilityNames: TextMessage {
    var names: [String] = []

    init() {}

    init?(_ bytes: [UInt8]) {
        guard let parts = NamedEntries.split(bytes) else { return nil }
        for part in parts {
            guard let name = (try? Common_Capabilities.decode(part, as: "capabilities"))?.capabilities.keys.first else { return nil }
            self.names.append(name)
        }
    }

    func encoded() -> [UInt8] {
        self.names.flatMap { name in
            var message = Common_Capabilities()
            message.capabilities[name] = Common_Capability()
            return message.encoded()
        }
    }

    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.texts("capabilities", &self.names) }
}

/// The value ACLs: a policy for each resource, in the order of the bytes.
struct AccessControlEntries: TextMessage {
    var entries: [(resource: String, policy: String)] = []

    init() {}

    init?(_ bytes: [UInt8]) {
        guard let parts = NamedEntries.split(bytes) else { return nil }
        for part in parts {
            guard let entry = (try? Protos_ACLs.decode(part, as: "ACLs"))?.acls.first else { return nil }
            self.entries.append((entry.key, entry.value.policyRef))
        }
    }

    func encoded() -> [UInt8] {
        self.entries.flatMap { entry in
            var message = Protos_ACLs()
            message.acls[entry.resource, default: Protos_APIResource()].policyRef = entry.policy
            return message.encoded()
        }
    }

    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        guard fields.isReading else {
            if !self.entries.isEmpty { fields.put("acls", .map(self.entries.map { TextNode.Entry($0.resource, .text($0.policy)) })) }
            return
        }
        guard let node = fields.take("acls") else { return }
        guard case .map(let entries) = node.content else { throw fields.wrong("acls", node, "expected a policy for each resource") }
        for entry in entries {
            guard let policy = entry.node.scalar else { throw fields.wrong(entry.key, entry.node, "expected the path of a policy") }
            self.entries.append((entry.key, policy))
        }
    }
}
