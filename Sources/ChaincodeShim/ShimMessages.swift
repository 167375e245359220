import FabricMessages
import LedgerModel

/// A message between a peer and a chaincode process (interop 10).
package typealias ShimMessage = Protos_ChaincodeMessage

/// Which transaction a message belongs to: an id is unique in its channel only.
package struct ShimTransactionID: Hashable, Sendable {
    package let channel: ChannelID
    package let transaction: TransactionID

    package init(channel: ChannelID, transaction: TransactionID) {
        self.channel = channel
        self.transaction = transaction
    }

    package init(_ message: ShimMessage) {
        self.init(channel: ChannelID(message.channelID), transaction: TransactionID(message.txid))
    }

    /// A message of this transaction.
    package func message(_ type: ShimMessage.TypeEnum, _ payload: [UInt8] = []) -> ShimMessage {
        var message = ShimMessage()
        message.type = type
        message.payload = payload.data
        message.txid = self.transaction.text
        message.channelID = self.channel.text
        return message
    }

    /// The answer to a request that failed, in the form of Fabric's peers; the chaincode decides whether it goes on.
    package func failure(of request: ShimMessage.TypeEnum, _ reason: String) -> ShimMessage {
        self.message(.error, Array("\(request.wireName) failed: transaction ID: \(self.transaction): \(reason)".utf8))
    }
}

extension ShimMessage.TypeEnum {
    /// Fabric's name of the type; its number for one that has none.
    package var wireName: String {
        switch self {
        case .undefined: "UNDEFINED"
        case .register: "REGISTER"
        case .registered: "REGISTERED"
        case .init_: "INIT"
        case .ready: "READY"
        case .transaction: "TRANSACTION"
        case .completed: "COMPLETED"
        case .error: "ERROR"
        case .getState: "GET_STATE"
        case .putState: "PUT_STATE"
        case .delState: "DEL_STATE"
        case .invokeChaincode: "INVOKE_CHAINCODE"
        case .response: "RESPONSE"
        case .getStateByRange: "GET_STATE_BY_RANGE"
        case .getQueryResult: "GET_QUERY_RESULT"
        case .queryStateNext: "QUERY_STATE_NEXT"
        case .queryStateClose: "QUERY_STATE_CLOSE"
        case .keepalive: "KEEPALIVE"
        case .getHistoryForKey: "GET_HISTORY_FOR_KEY"
        case .getStateMetadata: "GET_STATE_METADATA"
        case .putStateMetadata: "PUT_STATE_METADATA"
        case .getPrivateDataHash: "GET_PRIVATE_DATA_HASH"
        case .purgePrivateData: "PURGE_PRIVATE_DATA"
        case .writeBatchState: "WRITE_BATCH_STATE"
        case .getStateMultiple: "GET_STATE_MULTIPLE"
        case .UNRECOGNIZED(let number): "\(number)"
        }
    }

    /// Whether a chaincode may ask for this in a transaction.
    var isRequest: Bool {
        switch self {
        case .getState, .putState, .delState, .invokeChaincode, .getStateByRange, .getQueryResult, .queryStateNext, .queryStateClose,
            .getHistoryForKey, .getStateMetadata, .putStateMetadata, .getPrivateDataHash, .purgePrivateData, .writeBatchState, .getStateMultiple:
            true
        default: false
        }
    }
}

extension ShimMessage {
    /// The peer's part of the handshake, after a name was accepted: exactly these two, in this order.
    package static let welcome: [ShimMessage] = {
        var registered = ShimMessage()
        registered.type = .registered
        var offers = Protos_ChaincodeAdditionalParams()
        offers.useWriteBatch = true
        offers.maxSizeWriteBatch = ShimLimits.batchRecords
        offers.useGetMultipleKeys = true
        offers.maxSizeGetMultipleKeys = ShimLimits.batchRecords
        var ready = ShimMessage()
        ready.type = .ready
        ready.payload = offers.encoded().data
        return [registered, ready]
    }()
}
