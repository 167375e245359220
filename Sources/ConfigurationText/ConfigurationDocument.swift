import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import LedgerModel

/// A channel's configuration, or an update of one, as a text that people can read and edit.
///
/// The text is complete: reading it gives every byte of every value back. What has no readable form, or one that would not lead back to the
/// same bytes, stands there in base64. Elements are sorted by name, so that the same configuration always gives the same text.
///
///     kind: configuration | update
///     channel: labch
///     sequence: 1                      how many configurations came before (configuration)
///     default_mod_policy: Admins       of every element that names no modification policy
///     Channel: {version, mod_policy, policies, values, groups}     the tree (configuration)
///     read_set, write_set: {...}       sparse trees (update)
///     signatures: [...]                with signature_header and signature in base64 (update)
package struct ConfigurationDocument: Sendable {
    package enum Body: Sendable {
        case configuration(Common_Config)
        /// The update beside the signatures that it has.
        case update(Common_ConfigUpdate, signatures: [ConfigurationSignature])
    }

    package var channelID: ChannelID
    package var body: Body
    /// Lines for people at the head of the text.
    package var comments: [String]
    /// Where the elements stand in the text that this was read from.
    package let marks: [ConfigurationElement: TextMark]

    package init(_ body: Body, channelID: ChannelID, comments: [String] = []) {
        self.body = body
        self.channelID = channelID
        self.comments = comments
        self.marks = [:]
    }

    // MARK: - Writing

    /// The document as YAML.
    package var yaml: String { YAMLWriter.document(self.node) }

    /// The document as JSON, with the same names.
    package var json: String { JSONWriter.document(self.node) }

    package var node: TextNode {
        var entries: [TextNode.Entry] = []
        switch self.body {
        case .configuration(let config):
            let tree = GroupText(defaultPolicy: Self.admins)
            entries.append(TextNode.Entry("kind", .text("configuration")))
            entries.append(TextNode.Entry("channel", .text(self.channelID.text)))
            entries.append(TextNode.Entry("sequence", .number(config.sequence)))
            entries.append(TextNode.Entry("default_mod_policy", .text(Self.admins)))
            self.addUnknown(config.unknownFields.data.byteArray, &entries)
            if config.hasChannelGroup { entries.append(TextNode.Entry("Channel", .map(tree.entries(config.channelGroup, at: "/Channel")))) }
        case .update(let update, let signatures):
            let tree = GroupText(defaultPolicy: "")
            entries.append(TextNode.Entry("kind", .text("update")))
            entries.append(TextNode.Entry("channel", .text(update.channelID)))
            entries.append(TextNode.Entry("default_mod_policy", .text("")))
            self.addUnknown(update.unknownFields.data.byteArray, &entries)
            if update.hasReadSet { entries.append(TextNode.Entry("read_set", .map(tree.entries(update.readSet, at: "/Channel")))) }
            if update.hasWriteSet { entries.append(TextNode.Entry("write_set", .map(tree.entries(update.writeSet, at: "/Channel")))) }
            let isolated = update.isolatedData.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            if !isolated.isEmpty {
                entries.append(
                    TextNode.Entry("isolated_data", .map(isolated.map { TextNode.Entry($0.key, .text(Base64.encode($0.value.byteArray))) })))
            }
            if !signatures.isEmpty { entries.append(TextNode.Entry("signatures", .list(signatures.map { Self.node($0) }))) }
        }
        return TextNode(.map(entries), comments: self.comments)
    }

    private static let admins = "Admins"

    private func addUnknown(_ bytes: [UInt8], _ entries: inout [TextNode.Entry]) {
        if !bytes.isEmpty { entries.append(TextNode.Entry("unknown_fields", .text(Base64.encode(bytes)))) }
    }

    private static func node(_ signature: ConfigurationSignature) -> TextNode {
        TextNode(
            .map([
                TextNode.Entry("signature_header", .text(Base64.encode(signature.signatureHeader))),
                TextNode.Entry("signature", .text(Base64.encode(signature.signature))),
            ]), comments: [Self.signer(of: signature)])
    }

    /// Who says to have signed, for people.
    package static func signer(of signature: ConfigurationSignature) -> String {
        guard let creator = try? SignatureHeader(serialized: signature.signatureHeader).creator,
            let identity = try? Msp_SerializedIdentity.decode(creator, as: "creator")
        else { return "a signature whose header cannot be read" }
        return "\(identity.mspid), \(CertificateText.comment(identity.idBytes.byteArray) ?? "a certificate that cannot be read")"
    }

    // MARK: - Reading

    /// Reads YAML or JSON.
    package init(text: String) throws(ConfigurationTextError) {
        try self.init(node: try YAMLReader.document(text))
    }

    /// Reads a document that `node` gave.
    package init(node: TextNode) throws(ConfigurationTextError) {
        var fields = try FieldCoder(reading: node, path: "the document")
        var (kind, channel, policy): (String, String, String) = ("", "", "")
        var others: [UInt8] = []
        try fields.text("kind", &kind)
        let isUpdate = kind.utf8.elementsEqual("update".utf8)
        guard isUpdate || kind.utf8.elementsEqual("configuration".utf8) else {
            throw .invalid(path: "the document", node["kind"]?.mark ?? node.mark, reason: "kind: expected 'configuration' or 'update'")
        }
        policy = isUpdate ? "" : Self.admins
        try fields.text("channel", &channel)
        try fields.text("default_mod_policy", &policy)
        try fields.base64("unknown_fields", &others)
        var tree = GroupText(defaultPolicy: policy)
        if isUpdate {
            let body = try Self.update(&fields, &tree, channel: channel, others: others)
            self.body = body
        } else {
            var config = Common_Config()
            try fields.number("sequence", &config.sequence)
            if let root = fields.take("Channel") { config.channelGroup = try tree.group(root, at: .channel) }
            self.body = .configuration(try GroupText.adding(others, to: config, "the document"))
        }
        try fields.finish()
        self.channelID = ChannelID(channel)
        self.comments = []
        self.marks = tree.marks
    }

    private static func update(
        _ fields: inout FieldCoder, _ tree: inout GroupText, channel: String, others: [UInt8]
    ) throws(ConfigurationTextError) -> Body {
        var update = Common_ConfigUpdate()
        update.channelID = channel
        if let set = fields.take("read_set") { update.readSet = try tree.group(set, at: .channel) }
        if let set = fields.take("write_set") { update.writeSet = try tree.group(set, at: .channel) }
        if let data = fields.take("isolated_data") {
            guard case .map(let entries) = data.content else { throw fields.wrong("isolated_data", data, "expected names with bytes in base64") }
            for entry in entries {
                guard let text = entry.node.scalar, let bytes = Base64.decode(text) else {
                    throw fields.wrong(entry.key, entry.node, "expected bytes in base64")
                }
                update.isolatedData[entry.key] = bytes.data
            }
        }
        var signatures: [ConfigurationSignature] = []
        for item in try fields.items("signatures") {
            var (header, signature): ([UInt8], [UInt8]) = ([], [])
            var part = try FieldCoder(reading: item, path: "signatures")
            try part.base64("signature_header", &header)
            try part.base64("signature", &signature)
            try part.finish()
            signatures.append(ConfigurationSignature(signatureHeader: header, signature: signature))
        }
        return .update(try GroupText.adding(others, to: update, "the document"), signatures: signatures)
    }

    /// Where the element stands in the text, or the nearest one around it that does.
    package func mark(ofPath path: String) -> TextMark? {
        var path = path
        while !path.isEmpty {
            for kind in [ConfigurationElement.Kind.value, .policy, .group] {
                if let mark = self.marks[ConfigurationElement(kind, path)] { return mark }
            }
            guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
            path = String(path[..<slash])
        }
        return nil
    }
}
