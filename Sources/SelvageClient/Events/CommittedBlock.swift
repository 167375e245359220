import FabricMessages
import LedgerModel

/// A notice that a chaincode attached to a transaction that counts.
public struct ChaincodeNotice: Hashable, Sendable {
    /// The block that holds the transaction.
    public let block: UInt64
    /// The transaction.
    public let transactionID: String
    /// The chaincode that set it.
    public let chaincode: String
    /// The event's name.
    public let name: String
    /// What the chaincode put into it.
    public let payload: [UInt8]

    init(block: UInt64, _ message: Protos_ChaincodeEvent) {
        self.block = block
        self.transactionID = message.txID
        self.chaincode = message.chaincodeID
        self.name = message.eventName
        self.payload = message.payload.byteArray
    }

    init(block: UInt64, _ event: ChaincodeEvent) {
        self.block = block
        self.transactionID = event.transactionID.text
        self.chaincode = event.chaincode.text
        self.name = event.name
        self.payload = event.payload
    }
}

/// A block as a peer has committed it.
public struct CommittedBlock: Sendable {
    /// One of its transactions.
    public struct Transaction: Hashable, Sendable {
        /// Empty for what has no id, such as the first configuration.
        public let id: String
        /// Fabric's name of the verdict, `VALID` for one that counts.
        public let code: String
        /// The chaincode's event, if it set one and the transaction counts.
        public let event: ChaincodeNotice?
    }

    /// Its position; 0 is the genesis block.
    public let number: UInt64
    /// In the order of the block.
    public let transactions: [Transaction]
    /// The serialised `common.Block`, as the peer sent it.
    public let bytes: [UInt8]

    /// - Throws: `MessageError` for bytes that are no block. A transaction that cannot be read is there with its verdict alone.
    init(serialized bytes: [UInt8]) throws(MessageError) {
        let block = try OrderedBlock(serialized: bytes)
        let codes = block.storedCodes ?? []
        self.number = block.number.rawValue
        self.bytes = bytes
        self.transactions = block.envelopes.enumerated().map { index, envelope in
            let code = index < codes.count ? codes[index] : .notValidated
            guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
                let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
            else { return Transaction(id: "", code: code.name, event: nil) }
            let event = code == .valid && header.kind == .endorserTransaction ? Self.event(of: payload.data) : nil
            return Transaction(
                id: header.transactionID.text, code: code.name, event: event.map { ChaincodeNotice(block: block.number.rawValue, $0) })
        }
    }

    private static func event(of data: [UInt8]) -> ChaincodeEvent? {
        guard let transaction = try? EndorserTransaction(serialized: data),
            let payload = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
            let action = try? ChaincodeAction(serialized: payload.actionBytes), !action.events.isEmpty,
            let event = try? ChaincodeEvent(serialized: action.events), !event.chaincode.isEmpty
        else { return nil }
        return event
    }
}
