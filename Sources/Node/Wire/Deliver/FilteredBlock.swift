import FabricMessages
import LedgerModel

/// A block without the content of its transactions: id, type, code, and the events without their payload.
struct FilteredBlock: Sendable {
    let message: Protos_FilteredBlock

    /// - Parameter channel: The channel's name, where no transaction tells it.
    init(_ block: OrderedBlock, channel: ChannelID) {
        var message = Protos_FilteredBlock()
        message.number = block.number.rawValue
        message.channelID = channel.text
        let codes = block.storedCodes ?? []
        message.filteredTransactions = block.envelopes.enumerated().map { index, envelope in
            Self.transaction(envelope, code: index < codes.count ? codes[index] : .notValidated)
        }
        self.message = message
    }

    /// A transaction that does not parse is listed with its code alone, so that the others can be seen; a stock peer refuses such a block.
    private static func transaction(_ envelope: [UInt8], code: ValidationCode) -> Protos_FilteredTransaction {
        var entry = Protos_FilteredTransaction()
        entry.txValidationCode = Protos_TxValidationCode(rawValue: Int(code.rawValue)) ?? .invalidOtherReason
        guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
        else { return entry }
        entry.txid = header.transactionID.text
        entry.type = Common_HeaderType(rawValue: Int(header.type)) ?? .message
        guard header.kind == .endorserTransaction else { return entry }
        var actions = Protos_FilteredTransactionActions()
        // Also of an invalid transaction.
        if let event = ChaincodeEvent(ofTransaction: payload.data) {
            var action = Protos_FilteredChaincodeAction()
            action.chaincodeEvent = event.message
            action.chaincodeEvent.payload = [UInt8]().data
            actions.chaincodeActions = [action]
        }
        entry.transactionActions = actions
        return entry
    }
}
