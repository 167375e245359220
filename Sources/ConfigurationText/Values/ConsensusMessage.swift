import CryptoPrimitives
import FabricMessages
import LedgerModel

/// The value ConsensusType with the metadata of its type inside.
extension Orderer_ConsensusType: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.text("type", &self.type)
        var state = self.state.rawValue
        try fields.choice("state", &state, names: ["STATE_NORMAL", "STATE_MAINTENANCE"])
        self.state = State(rawValue: state) ?? .UNRECOGNIZED(state)
        if fields.isReading {
            guard let node = fields.take("metadata") else { return }
            self.metadata = try self.metadata(node, fields).data
        } else if !self.metadata.isEmpty {
            fields.put("metadata", Self.metadataNode(self.metadata.byteArray, type: self.type, path: fields.path))
        }
    }

    /// The metadata by name where that is the same bytes, else in base64.
    private static func metadataNode(_ bytes: [UInt8], type: String, path: String) -> TextNode {
        let fields = FieldCoder(writing: path)
        switch type {
        case "BFT":
            if let message = try? Orderer_Smartbft_Options.decode(bytes, as: path), let entries = try? fields.written(message),
                let again: Orderer_Smartbft_Options = try? fields.read(.map(entries)), again.encoded() == bytes
            {
                return .map(entries)
            }
        case "etcdraft":
            if let message = try? Etcdraft_ConfigMetadata.decode(bytes, as: path), let entries = try? fields.written(message),
                let again: Etcdraft_ConfigMetadata = try? fields.read(.map(entries)), again.encoded() == bytes
            {
                return .map(entries)
            }
        default: break
        }
        return .map([TextNode.Entry("base64", .text(Base64.encode(bytes)))])
    }

    private func metadata(_ node: TextNode, _ fields: FieldCoder) throws(ConfigurationTextError) -> [UInt8] {
        if node["base64"] != nil {
            guard let bytes = BytesText.read(node) else { throw fields.wrong("metadata", node, "expected bytes in base64") }
            return bytes
        }
        switch self.type {
        case "BFT":
            let message: Orderer_Smartbft_Options = try fields.read(node)
            return message.encoded()
        case "etcdraft":
            let message: Etcdraft_ConfigMetadata = try fields.read(node)
            return message.encoded()
        default: throw fields.wrong("metadata", node, "of the type '\(self.type)' it can only be given as 'base64:'")
        }
    }
}
