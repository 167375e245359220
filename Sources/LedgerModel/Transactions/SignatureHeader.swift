import FabricMessages

/// The header that says who made an envelope, and makes it unique.
package struct SignatureHeader: Hashable, Sendable {
    /// A serialised `msp.SerializedIdentity`, as received.
    package var creator: [UInt8]
    /// Random bytes, 24 by custom.
    package var nonce: [UInt8]

    package init(creator: [UInt8], nonce: [UInt8]) {
        self.creator = creator
        self.nonce = nonce
    }

    /// Reads the serialised header.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Common_SignatureHeader.decode(serialized, as: "signature header")
        self.init(creator: message.creator.byteArray, nonce: message.nonce.byteArray)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Common_SignatureHeader()
        message.creator = self.creator.data
        message.nonce = self.nonce.data
        return message.encoded()
    }
}
