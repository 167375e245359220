import FabricMessages

/// A signed payload: what clients send to the ordering service and blocks hold.
package struct Envelope: Hashable, Sendable {
    /// A serialised `common.Payload`; the signature covers exactly these bytes.
    package var payload: [UInt8]
    package var signature: [UInt8]

    package init(payload: [UInt8], signature: [UInt8]) {
        self.payload = payload
        self.signature = signature
    }

    /// Reads a serialised `common.Envelope`.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Common_Envelope.decode(serialized, as: "envelope")
        self.init(payload: message.payload.byteArray, signature: message.signature.byteArray)
    }

    /// The same for bytes that lie in a larger buffer: each field is copied once.
    package init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) {
        if let plain = Self.plain(bytes) {
            self = plain
            return
        }
        try self.init(serialized: [UInt8](bytes))
    }

    /// Fabric's bytes, as they stand in a block.
    package func serialized() -> [UInt8] {
        var message = Common_Envelope()
        message.payload = self.payload.data
        message.signature = self.signature.data
        return message.encoded()
    }

    /// How the ordering service counts an envelope (interop 7.2).
    package var sizeBytes: Int { self.payload.count + self.signature.count }
}

/// A payload as it came, perhaps without a header.
package struct PayloadContent: Hashable, Sendable {
    /// Both headers as bytes; each may be empty.
    package struct Header: Hashable, Sendable {
        package let channelHeaderBytes: [UInt8]
        package let signatureHeaderBytes: [UInt8]
    }

    package var header: Header?
    package var data: [UInt8]

    init(header: Header?, data: [UInt8]) {
        self.header = header
        self.data = data
    }

    /// Reads a serialised `common.Payload`.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Common_Payload.decode(serialized, as: "payload")
        let header = Header(
            channelHeaderBytes: message.header.channelHeader.byteArray, signatureHeaderBytes: message.header.signatureHeader.byteArray)
        self.init(header: message.hasHeader ? header : nil, data: message.data.byteArray)
    }
}

/// The inside of an envelope, one level down; header bytes are kept as received because they are hashed.
package struct Payload: Hashable, Sendable {
    package let channelHeaderBytes: [UInt8]
    package let signatureHeaderBytes: [UInt8]
    /// The body; its type follows from the channel header.
    package let data: [UInt8]

    package init(channelHeaderBytes: [UInt8], signatureHeaderBytes: [UInt8], data: [UInt8]) {
        self.channelHeaderBytes = channelHeaderBytes
        self.signatureHeaderBytes = signatureHeaderBytes
        self.data = data
    }

    /// Reads a serialised `common.Payload`; nil header bytes mean that it has no header at all.
    package init(serialized: [UInt8]) throws(MessageError) {
        let content = try PayloadContent(serialized: serialized)
        guard let header = content.header else { throw MessageError(part: "payload", reason: "has no header") }
        self.init(channelHeaderBytes: header.channelHeaderBytes, signatureHeaderBytes: header.signatureHeaderBytes, data: content.data)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Common_Payload()
        message.header.channelHeader = self.channelHeaderBytes.data
        message.header.signatureHeader = self.signatureHeaderBytes.data
        message.data = self.data.data
        return message.encoded()
    }
}
