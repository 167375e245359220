import LedgerModel

/// What one transaction says of itself, before the state is asked about it.
struct TransactionReading: Sendable {
    enum Content: Sendable {
        /// Its form or its creator's signature is wrong.
        case failed(TransactionVerdict)
        /// A serialised `common.ConfigEnvelope`.
        case configuration([UInt8])
        case endorsed(ReadTransaction)
    }

    /// The id under which the transaction is indexed, valid or not.
    let transactionID: TransactionID?
    let content: Content
}

/// An endorsed transaction whose creator has signed it.
struct ReadTransaction: Sendable {
    let transactionID: TransactionID
    /// What is wrong with the action counts only when the id is new.
    let action: Result<EndorsedAction, TransactionFailure>
    /// The bytes that every endorser signed.
    let responsePayloadBytes: [UInt8]
    let endorsements: [Endorsement]
}

/// The chaincode invoked, and all that it read and wants to write.
struct EndorsedAction: Sendable {
    let chaincode: Namespace
    let readWriteSet: ReadWriteSet
}
