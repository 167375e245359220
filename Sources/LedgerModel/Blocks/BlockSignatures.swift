import FabricMessages

/// Slot 0 of a block: what the orderers signed, and their signatures (interop 4.7).
package struct BlockSignatures: Hashable, Sendable {
    /// Who signed: BFT orderers name a consenter of the channel configuration, others carry their identity.
    package enum Signer: Hashable, Sendable {
        /// The consenter's number, and the serialised `common.IdentifierHeader` that was signed.
        case consenter(UInt32, header: [UInt8])
        /// The serialised identity, and the serialised `common.SignatureHeader` that was signed.
        case identity([UInt8], header: [UInt8])

        /// The header's bytes as signed.
        package var headerBytes: [UInt8] {
            switch self {
            case .consenter(_, let header), .identity(_, let header): header
            }
        }
    }

    package struct Entry: Hashable, Sendable {
        package let signer: Signer
        package let signature: [UInt8]

        package init(signer: Signer, signature: [UInt8]) {
            self.signer = signer
            self.signature = signature
        }
    }

    /// The serialised `common.OrdererBlockMetadata` that all signed.
    package let value: [UInt8]
    package let entries: [Entry]

    package init(value: [UInt8], entries: [Entry]) {
        self.value = value
        self.entries = entries
    }

    /// Reads slot 0.
    ///
    /// - Throws: `MessageError` when it or any signer's header does not parse: one such entry rejects the block.
    package init(slot: [UInt8]) throws(MessageError) {
        let message = try Common_Metadata.decode(slot, as: "block signatures")
        var entries: [Entry] = []
        for signature in message.signatures {
            let bytes = signature.signature.byteArray
            if signature.signatureHeader.isEmpty {
                let header = signature.identifierHeader.byteArray
                let identifier = try Common_IdentifierHeader.decode(header, as: "identifier header").identifier
                entries.append(Entry(signer: .consenter(identifier, header: header), signature: bytes))
            } else {
                let header = signature.signatureHeader.byteArray
                let creator = try SignatureHeader(serialized: header).creator
                entries.append(Entry(signer: .identity(creator, header: header), signature: bytes))
            }
        }
        self.init(value: message.value.byteArray, entries: entries)
    }

    /// The bytes of slot 0.
    package func slot() -> [UInt8] {
        var message = Common_Metadata()
        message.value = self.value.data
        message.signatures = self.entries.map { entry in
            var signature = Common_MetadataSignature()
            signature.signature = entry.signature.data
            switch entry.signer {
            case .consenter(_, let header): signature.identifierHeader = header.data
            case .identity(_, let header): signature.signatureHeader = header.data
            }
            return signature
        }
        return message.encoded()
    }

    /// The bytes that one signer signed: value, its header, the block's header.
    package func signedBytes(of entry: Entry, blockHeader: [UInt8]) -> [UInt8] {
        self.value + entry.signer.headerBytes + blockHeader
    }
}

/// What the orderers sign beside the header: `common.OrdererBlockMetadata`.
package struct OrdererBlockMetadata: Hashable, Sendable {
    /// Number of the newest configuration block up to this block.
    package let lastConfig: UInt64
    /// Opaque to a verifier of Fabric; ours holds the extended header and the round.
    package let consenterMetadata: [UInt8]

    package init(lastConfig: UInt64, consenterMetadata: [UInt8]) {
        self.lastConfig = lastConfig
        self.consenterMetadata = consenterMetadata
    }

    /// Reads the value of slot 0.
    package init(serialized: [UInt8]) throws(MessageError) {
        let message = try Common_OrdererBlockMetadata.decode(serialized, as: "orderer block metadata")
        self.init(lastConfig: message.lastConfig.index, consenterMetadata: message.consenterMetadata.byteArray)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Common_OrdererBlockMetadata()
        message.lastConfig.index = self.lastConfig
        message.consenterMetadata = self.consenterMetadata.data
        return message.encoded()
    }

    /// Slot 1, which old clients read: `common.Metadata` around `common.LastConfig`; empty bytes inside for block 0.
    package var lastConfigSlot: [UInt8] {
        var config = Common_LastConfig()
        config.index = self.lastConfig
        var message = Common_Metadata()
        message.value = config.encoded().data
        return message.encoded()
    }
}
