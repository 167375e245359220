// The layers of a transaction as `PlainReader` reads them. Tags are field << 3 | wire type: 0 a number, 2 bytes with a length.

extension Envelope: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> Envelope? {
        var reader = PlainReader(bytes)
        var envelope = Envelope(payload: [], signature: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: envelope.payload = reader.array()
            case 0x12: envelope.signature = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? envelope : nil
    }
}

extension SignedProposal: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> SignedProposal? {
        var reader = PlainReader(bytes)
        var (proposal, signature): ([UInt8], [UInt8]) = ([], [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: proposal = reader.array()
            case 0x12: signature = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? SignedProposal(proposalBytes: proposal, signature: signature) : nil
    }
}

extension PayloadContent: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> PayloadContent? {
        var reader = PlainReader(bytes)
        var content = PayloadContent(header: nil, data: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A:
                guard let header = Header.plain(reader.content()) else { return nil }
                content.header = header
            case 0x12: content.data = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? content : nil
    }
}

extension PayloadContent.Header: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> PayloadContent.Header? {
        var reader = PlainReader(bytes)
        var (channel, signature): ([UInt8], [UInt8]) = ([], [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: channel = reader.array()
            case 0x12: signature = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? PayloadContent.Header(channelHeaderBytes: channel, signatureHeaderBytes: signature) : nil
    }
}

extension SignatureHeader: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> SignatureHeader? {
        var reader = PlainReader(bytes)
        var header = SignatureHeader(creator: [], nonce: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: header.creator = reader.array()
            case 0x12: header.nonce = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? header : nil
    }
}

extension Timestamp: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> Timestamp? {
        var reader = PlainReader(bytes)
        var (seconds, nanoseconds): (UInt64, UInt64) = (0, 0)
        while let tag = reader.tag() {
            switch tag {
            case 0x08: seconds = reader.varint()
            case 0x10: nanoseconds = reader.varint()
            default: return nil
            }
        }
        guard reader.isComplete else { return nil }
        return Timestamp(seconds: Int64(truncatingIfNeeded: seconds), nanoseconds: Int32(truncatingIfNeeded: nanoseconds))
    }
}

extension ChannelHeader: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ChannelHeader? {
        var reader = PlainReader(bytes)
        var header = ChannelHeader(kind: .message, timestamp: nil, channelID: ChannelID(utf8: []), transactionID: TransactionID(utf8: []))
        while let tag = reader.tag() {
            switch tag {
            case 0x08: header.type = Int32(truncatingIfNeeded: reader.varint())
            case 0x10: header.version = Int32(truncatingIfNeeded: reader.varint())
            case 0x1A:
                guard let timestamp = Timestamp.plain(reader.content()) else { return nil }
                header.timestamp = timestamp
            case 0x22: header.channelID = ChannelID(utf8: reader.text())
            case 0x2A: header.transactionID = TransactionID(utf8: reader.text())
            case 0x30: header.epoch = reader.varint()
            case 0x3A: header.extensionBytes = reader.array()
            // The hash of a TLS certificate means nothing to a committer.
            case 0x42: _ = reader.content()
            default: return nil
            }
        }
        return reader.isComplete ? header : nil
    }
}

extension Endorsement: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> Endorsement? {
        var reader = PlainReader(bytes)
        var endorsement = Endorsement(endorser: [], signature: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: endorsement.endorser = reader.array()
            case 0x12: endorsement.signature = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? endorsement : nil
    }
}

extension EndorserTransaction: PlainMessage {
    /// `Transaction { 1 TransactionAction { 1 header, 2 payload } }` with one action.
    static func plain(_ bytes: UnsafeRawBufferPointer) -> EndorserTransaction? {
        var reader = PlainReader(bytes)
        guard reader.tag() == 0x0A else { return nil }
        var action = PlainReader(reader.content())
        guard reader.isComplete else { return nil }
        var header: [UInt8] = []
        var payload = UnsafeRawBufferPointer(start: nil, count: 0)
        while let tag = action.tag() {
            switch tag {
            case 0x0A: header = action.array()
            case 0x12: payload = action.content()
            default: return nil
            }
        }
        return action.isComplete ? self.plain(actionPayload: payload, header: header) : nil
    }

    /// `ChaincodeActionPayload { 1 proposal payload, 2 ChaincodeEndorsedAction { 1 response payload, 2 endorsements } }`.
    private static func plain(actionPayload bytes: UnsafeRawBufferPointer, header: [UInt8]) -> EndorserTransaction? {
        var reader = PlainReader(bytes)
        var (proposal, response): ([UInt8], [UInt8]) = ([], [])
        var endorsements: [Endorsement] = []
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: proposal = reader.array()
            case 0x12:
                var action = PlainReader(reader.content())
                while let tag = action.tag(repeated: 0x12) {
                    switch tag {
                    case 0x0A: response = action.array()
                    case 0x12:
                        guard let endorsement = Endorsement.plain(action.content()) else { return nil }
                        endorsements.append(endorsement)
                    default: return nil
                    }
                }
                guard action.isComplete else { return nil }
            default: return nil
            }
        }
        guard reader.isComplete else { return nil }
        return EndorserTransaction(
            signatureHeaderBytes: header, proposalPayloadBytes: proposal, responsePayloadBytes: response, endorsements: endorsements)
    }
}
