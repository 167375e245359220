import CryptoPrimitives
import FabricMessages
import LedgerModel

/// The content of a configuration value in text form. Its name decides its message (interop 11.3).
enum ValueText {
    /// The key of a value that is only known as bytes.
    static let rawKey = "bytes"

    /// The fields of a value: by name where they lead back to exactly these bytes, else `bytes` in base64.
    static func entries(_ name: String, _ bytes: [UInt8], path: String) -> [TextNode.Entry] {
        if let entries = try? self.written(name, bytes, path: path) {
            if var fields = try? FieldCoder(reading: .map(entries), path: path), let again = try? self.bytes(name, &fields), again == bytes {
                return entries
            }
        }
        return [TextNode.Entry(self.rawKey, .text(Base64.encode(bytes)))]
    }

    /// Reads the fields of a value; other keys of the same map are for others.
    static func bytes(_ name: String, _ fields: inout FieldCoder) throws(ConfigurationTextError) -> [UInt8] {
        // Asked for last, so that the list of known keys begins with the readable ones.
        var raw: [UInt8] = []
        let readable = try self.readableBytes(name, &fields)
        try fields.base64(self.rawKey, &raw)
        guard !raw.isEmpty else { return readable }
        guard readable.isEmpty else {
            throw .invalid(path: fields.path, nil, reason: "'\(self.rawKey)' stands for the whole value: leave out the other keys")
        }
        return raw
    }

    private static func readableBytes(_ name: String, _ fields: inout FieldCoder) throws(ConfigurationTextError) -> [UInt8] {
        func read<Message: TextMessage>(_ message: Message) throws(ConfigurationTextError) -> Message {
            var message = message
            try message.visit(&fields)
            return message
        }
        switch name {
        case "HashingAlgorithm": return try read(Common_HashingAlgorithm()).encoded()
        case "BlockDataHashingStructure": return try read(Common_BlockDataHashingStructure()).encoded()
        case "Capabilities": return try read(CapabilityNames()).encoded()
        case "OrdererAddresses", "Endpoints": return try read(Common_OrdererAddresses()).encoded()
        case "Consortium": return try read(Common_Consortium()).encoded()
        case "ConsensusType": return try read(Orderer_ConsensusType()).encoded()
        case "BatchSize": return try read(Orderer_BatchSize()).encoded()
        case "BatchTimeout": return try read(Orderer_BatchTimeout()).encoded()
        case "ChannelRestrictions": return try read(Orderer_ChannelRestrictions()).encoded()
        case "Orderers": return try read(Common_Orderers()).encoded()
        case "AnchorPeers": return try read(Protos_AnchorPeers()).encoded()
        case "ACLs": return try read(AccessControlEntries()).encoded()
        case "MSP":
            var message = Msp_MSPConfig()
            message.config = try read(Msp_FabricMSPConfig()).encoded().data
            return message.encoded()
        default: return []
        }
    }

    /// Nil for values that have no readable form.
    private static func written(_ name: String, _ bytes: [UInt8], path: String) throws -> [TextNode.Entry]? {
        let fields = FieldCoder(writing: path)
        switch name {
        case "HashingAlgorithm": return try fields.written(Common_HashingAlgorithm.decode(bytes, as: path))
        case "BlockDataHashingStructure": return try fields.written(Common_BlockDataHashingStructure.decode(bytes, as: path))
        case "Capabilities": return try CapabilityNames(bytes).map { try fields.written($0) }
        case "OrdererAddresses", "Endpoints": return try fields.written(Common_OrdererAddresses.decode(bytes, as: path))
        case "Consortium": return try fields.written(Common_Consortium.decode(bytes, as: path))
        case "ConsensusType": return try fields.written(Orderer_ConsensusType.decode(bytes, as: path))
        case "BatchSize": return try fields.written(Orderer_BatchSize.decode(bytes, as: path))
        case "BatchTimeout": return try fields.written(Orderer_BatchTimeout.decode(bytes, as: path))
        case "ChannelRestrictions": return try fields.written(Orderer_ChannelRestrictions.decode(bytes, as: path))
        case "Orderers": return try fields.written(Common_Orderers.decode(bytes, as: path))
        case "AnchorPeers": return try fields.written(Protos_AnchorPeers.decode(bytes, as: path))
        case "ACLs": return try AccessControlEntries(bytes).map { try fields.written($0) }
        case "MSP":
            let message = try Msp_MSPConfig.decode(bytes, as: path)
            guard message.type == 0 else { return nil }
            return try fields.written(Msp_FabricMSPConfig.decode(message.config, as: path))
        default: return bytes.isEmpty ? [] : nil
        }
    }
}
