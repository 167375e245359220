import FabricMessages
import LedgerModel

/// Whether the bytes of an envelope in a block are written the one way they may be.
enum EnvelopeForm {
    /// What is wrong with the bytes; nil when nothing is.
    ///
    /// - Parameter allowsUnknownFields: Fabric lets them pass when they stand at the end; our own blocks may not have them.
    static func fault(in bytes: [UInt8], allowsUnknownFields: Bool) -> String? {
        // The usual envelope is recognised by its lengths, without copying it.
        if self.isPlain(bytes) { return nil }
        guard allowsUnknownFields else { return "is not exactly a payload and a signature in canonical form" }
        guard let message = try? Common_Envelope.decode(bytes, as: "envelope") else { return "does not parse" }
        if message.payload.isEmpty { return "has no payload" }
        if message.signature.isEmpty { return "has no signature" }
        return message.encoded() == bytes ? nil : "is not written as Fabric writes it"
    }

    /// True when the bytes are field 1, then field 2, both with content and minimal lengths, and nothing else.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        guard let afterPayload = self.skipField(1, in: bytes, from: 0) else { return false }
        return self.skipField(2, in: bytes, from: afterPayload) == bytes.count
    }

    /// The offset behind a field of bytes with content; nil when there is no such field.
    private static func skipField(_ number: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == number << 3 | 2 else { return nil }
        var offset = start + 1
        var length = 0
        for shift in stride(from: 0, through: 28, by: 7) {
            guard offset < bytes.count else { return nil }
            let byte = bytes[offset]
            offset += 1
            length |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 {
                let isMinimal = shift == 0 || byte != 0
                guard isMinimal, length > 0, length <= bytes.count - offset else { return nil }
                return offset + length
            }
        }
        return nil
    }
}
