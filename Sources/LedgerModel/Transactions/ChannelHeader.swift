import FabricMessages

/// The header that says what an envelope is and where it belongs.
package struct ChannelHeader: Hashable, Sendable {
    /// What an envelope carries; a `common.HeaderType` number.
    package enum Kind: Int32, Sendable {
        case message = 0
        case config = 1
        case configUpdate = 2
        case endorserTransaction = 3
        case deliverSeekInfo = 5
    }

    package var type: Int32
    package var version: Int32
    package var timestamp: Timestamp?
    package var channelID: ChannelID
    package var transactionID: TransactionID
    package var epoch: UInt64
    /// For proposals and transactions a serialised `protos.ChaincodeHeaderExtension`.
    package var extensionBytes: [UInt8]

    package init(
        kind: Kind, timestamp: Timestamp?, channelID: ChannelID, transactionID: TransactionID, extensionBytes: [UInt8] = [], epoch: UInt64 = 0,
        version: Int32 = 0
    ) {
        self.type = kind.rawValue
        self.version = version
        self.timestamp = timestamp
        self.channelID = channelID
        self.transactionID = transactionID
        self.epoch = epoch
        self.extensionBytes = extensionBytes
    }

    /// Reads the serialised header.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Common_ChannelHeader.decode(serialized, as: "channel header")
        self.type = message.type
        self.version = message.version
        self.timestamp = message.hasTimestamp ? Timestamp(message: message.timestamp) : nil
        self.channelID = ChannelID(message.channelID)
        self.transactionID = TransactionID(message.txID)
        self.epoch = message.epoch
        self.extensionBytes = message.extension.byteArray
    }

    /// The kind, when the type is one that we know.
    package var kind: Kind? { Kind(rawValue: self.type) }

    /// The chaincode that the extension names; empty when it names none.
    package func chaincodeName() throws(MessageError) -> Namespace {
        try ChaincodeHeaderExtension(serialized: self.extensionBytes).chaincode ?? Namespace(utf8: [])
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Common_ChannelHeader()
        message.type = self.type
        message.version = self.version
        if let timestamp { message.timestamp = timestamp.message }
        message.channelID = self.channelID.text
        message.txID = self.transactionID.text
        message.epoch = self.epoch
        message.extension = self.extensionBytes.data
        return message.encoded()
    }
}

/// What the channel header of a proposal or a transaction carries besides: which chaincode is invoked.
package struct ChaincodeHeaderExtension: Hashable, Sendable {
    /// The chaincode invoked; nil when none is named at all.
    package let chaincode: Namespace?

    init(chaincode: Namespace?) {
        self.chaincode = chaincode
    }

    /// Reads a serialised `protos.ChaincodeHeaderExtension`.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Protos_ChaincodeHeaderExtension.decode(serialized, as: "header extension")
        self.init(chaincode: message.hasChaincodeID ? Namespace(message.chaincodeID.name) : nil)
    }
}
