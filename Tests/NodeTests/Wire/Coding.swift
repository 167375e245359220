import FabricMessages
import GRPCCore
import GRPCProtobuf

typealias EnvelopeCoding = ProtobufSerializer<Common_Envelope>
typealias DeliverCoding = ProtobufDeserializer<Protos_DeliverResponse>

/// Bytes as they are, for messages that are none.
struct BytesCoding: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> [UInt8] {
        serializedMessageBytes.withUnsafeBytes { [UInt8]($0) }
    }
}
