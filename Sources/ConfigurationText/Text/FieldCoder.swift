import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import FoundationEssentials
import LedgerModel

/// A message whose fields have names in the text: written and read by one and the same walk over its fields.
protocol TextMessage {
    init()
    /// Visits every field once, in the order of the text.
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError)
}

/// Carries the fields of a message to a text, or from a text to the message.
///
/// Fields that have their default are not written, and fields that are not in the text keep their default.
struct FieldCoder {
    /// Certificates that a text may name instead of repeating them, such as `root_certs[0]`.
    typealias Reference = (name: String, bytes: [UInt8])

    /// Of the element, for errors.
    let path: String
    private(set) var entries: [TextNode.Entry] = []
    /// What is read; nil while writing.
    private let source: [TextNode.Entry]?
    private let mark: TextMark?
    private var known: [String] = []
    var references: [Reference] = []

    /// Collects the fields of a message.
    init(writing path: String) {
        self.path = path
        self.source = nil
        self.mark = nil
    }

    /// Reads the fields of a message from a map; nothing reads like an empty map.
    init(reading node: TextNode, path: String) throws(ConfigurationTextError) {
        self.path = path
        self.mark = node.mark
        switch node.content {
        case .map(let entries): self.source = entries
        case .null: self.source = []
        default: throw .invalid(path: path, node.mark, reason: "expected names with values, such as 'version: 1'")
        }
    }

    /// While reading: the value of a key, if the text has it. Every key of a message is asked for once.
    mutating func take(_ key: String) -> TextNode? {
        self.known.append(key)
        return self.source?.first { $0.key.utf8.elementsEqual(key.utf8) }?.node
    }

    /// While writing: adds a field.
    mutating func put(_ key: String, _ node: TextNode) { self.entries.append(TextNode.Entry(key, node)) }

    var isReading: Bool { self.source != nil }

    /// Refuses keys that no field asked for.
    func finish() throws(ConfigurationTextError) {
        for entry in self.source ?? [] where !self.known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) {
            let names = self.known.isEmpty ? "none" : self.known.joined(separator: ", ")
            throw .invalid(path: self.path, entry.mark ?? entry.node.mark, reason: "unknown key '\(entry.key)'; known here: \(names)")
        }
    }

    func wrong(_ key: String, _ node: TextNode, _ reason: String) -> ConfigurationTextError {
        .invalid(path: self.path, node.mark ?? self.mark, reason: "\(key): \(reason)")
    }

    // MARK: - Scalars

    mutating func number<Number: FixedWidthInteger>(_ key: String, _ value: inout Number) throws(ConfigurationTextError) {
        guard self.isReading else {
            if value != 0 { self.put(key, .number(value)) }
            return
        }
        guard let node = self.take(key) else { return }
        guard let text = node.scalar, let number = Number(text) else {
            throw self.wrong(key, node, "expected a whole number from \(Number.min) to \(Number.max)")
        }
        value = number
    }

    /// A number of bytes: `512`, `512 KiB`, `10 MiB`, `1 GiB`; also KB, MB and GB, which mean the same, as in Fabric's own files.
    mutating func size<Number: FixedWidthInteger>(_ key: String, _ value: inout Number) throws(ConfigurationTextError) {
        guard self.isReading else {
            if value != 0 { self.put(key, ByteCountText.node(value)) }
            return
        }
        guard let node = self.take(key) else { return }
        guard let text = node.scalar, let number = ByteCountText.read(text, as: Number.self) else {
            throw self.wrong(key, node, "expected a number of bytes up to \(Number.max), such as 524288, 512 KiB or 10 MiB")
        }
        value = number
    }

    mutating func text(_ key: String, _ value: inout String) throws(ConfigurationTextError) {
        guard self.isReading else {
            if !value.isEmpty { self.put(key, .text(value)) }
            return
        }
        guard let node = self.take(key) else { return }
        guard let text = node.scalar else { throw self.wrong(key, node, "expected a text") }
        value = text
    }

    /// A duration as Go writes it; kept letter by letter.
    mutating func duration(_ key: String, _ value: inout String) throws(ConfigurationTextError) {
        try self.text(key, &value)
        guard self.isReading, let node = self.source?.first(where: { $0.key.utf8.elementsEqual(key.utf8) })?.node else { return }
        guard DurationText.nanoseconds(value) != nil else { throw self.wrong(key, node, "'\(value)' is not a duration such as 2s or 200ms") }
    }

    mutating func flag(_ key: String, _ value: inout Bool) throws(ConfigurationTextError) {
        guard self.isReading else {
            if value { self.put(key, .flag(value)) }
            return
        }
        guard let node = self.take(key) else { return }
        switch node.scalar {
        case "true": value = true
        case "false": value = false
        default: throw self.wrong(key, node, "expected true or false")
        }
    }

    /// A choice among names; numbers without a name are written as numbers.
    mutating func choice(_ key: String, _ value: inout Int, names: [String]) throws(ConfigurationTextError) {
        guard self.isReading else {
            if value != 0 { self.put(key, names.indices.contains(value) ? .text(names[value]) : .number(value)) }
            return
        }
        guard let node = self.take(key) else { return }
        guard let text = node.scalar else { throw self.wrong(key, node, "expected one of \(names.joined(separator: ", "))") }
        if let index = names.firstIndex(where: { $0.utf8.elementsEqual(text.utf8) }) {
            value = index
        } else if let number = Int32(text) {
            value = Int(number)
        } else {
            throw self.wrong(key, node, "'\(text)' is none of \(names.joined(separator: ", "))")
        }
    }

    // MARK: - Bytes

    mutating func bytes(_ key: String, _ value: inout Data) throws(ConfigurationTextError) {
        guard self.isReading else {
            if !value.isEmpty { self.put(key, BytesText.node(value.byteArray)) }
            return
        }
        guard let node = self.take(key) else { return }
        value = try self.bytes(of: node, key).data
    }

    mutating func bytes(_ key: String, _ values: inout [Data]) throws(ConfigurationTextError) {
        guard self.isReading else {
            if !values.isEmpty { self.put(key, .list(values.map { BytesText.node($0.byteArray) })) }
            return
        }
        values = []
        for item in try self.items(key) { values.append(try self.bytes(of: item, key).data) }
    }

    /// Bytes that are often those of a certificate which the text holds already.
    mutating func reference(_ key: String, _ value: inout Data) throws(ConfigurationTextError) {
        guard self.isReading else {
            let bytes = value.byteArray
            if let reference = self.references.first(where: { $0.bytes == bytes }) {
                self.put(key, .text(reference.name))
            } else {
                try self.bytes(key, &value)
            }
            return
        }
        if let text = self.source?.first(where: { $0.key.utf8.elementsEqual(key.utf8) })?.node.scalar,
            let reference = self.references.first(where: { $0.name.utf8.elementsEqual(text.utf8) })
        {
            _ = self.take(key)
            value = reference.bytes.data
            return
        }
        try self.bytes(key, &value)
    }

    private func bytes(of node: TextNode, _ key: String) throws(ConfigurationTextError) -> [UInt8] {
        guard let bytes = BytesText.read(node) else {
            throw self.wrong(key, node, "expected a text such as a PEM file, or 'base64:' with bytes")
        }
        return bytes
    }

    /// Raw bytes, always in base64.
    mutating func base64(_ key: String, _ value: inout [UInt8], comments: [String] = []) throws(ConfigurationTextError) {
        guard self.isReading else {
            if !value.isEmpty { self.put(key, .text(Base64.encode(value), comments: comments)) }
            return
        }
        guard let node = self.take(key) else { return }
        guard let text = node.scalar, let bytes = Base64.decode(text) else { throw self.wrong(key, node, "expected bytes in base64") }
        value = bytes
    }

    // MARK: - Lists and messages

    mutating func texts(_ key: String, _ values: inout [String]) throws(ConfigurationTextError) {
        guard self.isReading else {
            if !values.isEmpty { self.put(key, .list(values.map { .text($0) })) }
            return
        }
        values = []
        for item in try self.items(key) {
            guard let text = item.scalar else { throw self.wrong(key, item, "expected a text") }
            values.append(text)
        }
    }

    /// The items of a list that is read; none when the key is not there.
    mutating func items(_ key: String) throws(ConfigurationTextError) -> [TextNode] {
        guard let node = self.take(key) else { return [] }
        switch node.content {
        case .list(let items): return items
        case .null: return []
        default: throw self.wrong(key, node, "expected a list, one '- ' for each item")
        }
    }

    mutating func messages<Message: TextMessage>(_ key: String, _ values: inout [Message]) throws(ConfigurationTextError) {
        guard self.isReading else {
            var items: [TextNode] = []
            for value in values { items.append(.map(try self.written(value))) }
            if !items.isEmpty { self.put(key, .list(items)) }
            return
        }
        values = []
        for item in try self.items(key) { values.append(try self.read(item)) }
    }

    /// A message that may be absent, which is not the same as empty.
    mutating func message<Message: TextMessage>(_ key: String, _ value: inout Message?) throws(ConfigurationTextError) {
        guard self.isReading else {
            if let message = value { self.put(key, .map(try self.written(message))) }
            return
        }
        guard let node = self.take(key) else { return }
        value = try self.read(node)
    }

    /// The entries of a message inside this one.
    func written<Message: TextMessage>(_ value: Message) throws(ConfigurationTextError) -> [TextNode.Entry] {
        var message = value
        var fields = FieldCoder(writing: self.path)
        fields.references = self.references
        try message.visit(&fields)
        return fields.entries
    }

    /// A message inside this one.
    func read<Message: TextMessage>(_ node: TextNode) throws(ConfigurationTextError) -> Message {
        var message = Message()
        var fields = try FieldCoder(reading: node, path: self.path)
        fields.references = self.references
        try message.visit(&fields)
        try fields.finish()
        return message
    }
}
