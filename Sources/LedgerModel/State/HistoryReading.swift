/// One change of a key in the past.
package struct KeyModification: Hashable, Sendable {
    package let transaction: TransactionID
    /// The value written; empty for a delete.
    package let value: [UInt8]
    /// The client's time, from the transaction's channel header.
    package let timestamp: Timestamp
    package let isDelete: Bool

    package init(transaction: TransactionID, value: [UInt8], timestamp: Timestamp, isDelete: Bool) {
        self.transaction = transaction
        self.value = value
        self.timestamp = timestamp
        self.isDelete = isDelete
    }

    /// The change that a transaction made to a public key.
    ///
    /// - Parameter envelope: The serialised `common.Envelope` of a valid transaction.
    /// - Throws: `StateReadError` when the transaction does not write the key: the index and the blocks do not belong together.
    package init(of key: StateKey, in namespace: Namespace, by envelope: [UInt8], _ version: StateVersion) throws(StateReadError) {
        do {
            let payload = try Payload(serialized: try Envelope(serialized: envelope).payload)
            let header = try ChannelHeader(serialized: payload.channelHeaderBytes)
            let transaction = try EndorserTransaction(serialized: payload.data)
            let response = try ProposalResponsePayload(serialized: transaction.responsePayloadBytes)
            let writes = try ReadWriteSet(serialized: try ChaincodeAction(serialized: response.actionBytes).results)
            // A validated transaction names each namespace once; inside it the last write of a key counts.
            let write = writes.namespaces.first { $0.namespace == namespace }?.writes.last { $0.key == key }
            guard let write else { throw MessageError(part: "read-write set", reason: "does not write the key") }
            self.init(
                transaction: header.transactionID, value: write.value, timestamp: header.timestamp ?? Timestamp(seconds: 0),
                isDelete: write.isDeletion)
        } catch {
            throw StateReadError(reason: "the history of a key names transaction \(version), which is unusable: \(error)")
        }
    }
}

/// Some changes of a key, newest first.
package struct HistoryPage: Hashable, Sendable {
    package let modifications: [KeyModification]
    /// The version of the next older change; nil when there is none.
    package let next: StateVersion?

    package init(modifications: [KeyModification], next: StateVersion?) {
        self.modifications = modifications
        self.next = next
    }
}

/// The past of public keys.
package protocol HistoryReading: Sendable {
    /// At most `limit` changes of a key by valid endorser transactions, newest first, from a version (inclusive) on; nil: from the newest.
    ///
    /// It costs what the page holds, whatever came before and after it.
    func history(of key: StateKey, in namespace: Namespace, from start: StateVersion?, limit: Int) throws(StateReadError) -> HistoryPage
}

extension HistoryReading {
    /// All changes of a key, newest first, read in pages; only where their number is known to be small.
    package func history(of key: StateKey, in namespace: Namespace) throws(StateReadError) -> [KeyModification] {
        var modifications: [KeyModification] = []
        var start: StateVersion?
        repeat {
            let page = try self.history(of: key, in: namespace, from: start, limit: 100)
            modifications += page.modifications
            start = page.next
        } while start != nil
        return modifications
    }
}
