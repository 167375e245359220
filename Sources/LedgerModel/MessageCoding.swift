import FoundationEssentials
import SwiftProtobuf

extension Data {
    /// The bytes as the array that our own interfaces use.
    package var byteArray: [UInt8] { [UInt8](self) }
}

extension Array where Element == UInt8 {
    /// The bytes in the form that generated messages hold.
    package var data: Data { Data(self) }
}

extension SwiftProtobuf.Message {
    /// Reads a message; `part` names it in the error.
    package static func decode(_ bytes: [UInt8], as part: String) throws(MessageError) -> Self {
        do {
            return try Self(serializedBytes: bytes)
        } catch {
            throw MessageError(part: part, reason: "does not parse as \(Self.protoMessageName)")
        }
    }

    /// The same for bytes inside another message.
    package static func decode(_ data: Data, as part: String) throws(MessageError) -> Self {
        do {
            return try Self(serializedBytes: data)
        } catch {
            throw MessageError(part: part, reason: "does not parse as \(Self.protoMessageName)")
        }
    }

    /// Fabric's bytes: fields in ascending order, defaults omitted, map entries sorted by key.
    package func encoded() -> [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        do {
            return try self.serializedBytes(options: options)
        } catch {
            // Only a missing proto2 `required` field can fail here, and proto3 has none.
            preconditionFailure("a proto3 message always encodes")
        }
    }
}
