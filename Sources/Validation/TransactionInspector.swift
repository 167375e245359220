import ChannelConfiguration
import Identity
import LedgerModel

/// Phase A of validation: judges one transaction against the state before its block, in Fabric's order of checks (interop 8.1).
///
/// A pure function of the envelope, the state and the configuration, so that many can run at once.
struct TransactionInspector: Sendable {
    let bundle: ChannelBundle
    let transactions: any TransactionIndexReading
    let rules: NamespaceRules

    /// Checks everything that does not depend on the other transactions of the block.
    func inspect(_ envelopeBytes: [UInt8]) throws(StateReadError) -> TransactionInspection {
        // Filled as soon as it is known: the id of an invalid transaction counts too.
        var transactionID: TransactionID?
        do {
            let content = try self.inspect(envelopeBytes, &transactionID)
            return TransactionInspection(transactionID: transactionID, failure: nil, content: content)
        } catch {
            switch error {
            case .transaction(let failure):
                return TransactionInspection(transactionID: transactionID, failure: failure.verdict, content: .none)
            case .state(let error): throw error
            }
        }
    }

    private func inspect(
        _ envelopeBytes: [UInt8], _ transactionID: inout TransactionID?
    ) throws(InspectionInterruption) -> TransactionInspection.Content {
        guard let envelope = try? Envelope(serialized: envelopeBytes) else {
            throw .invalid(.invalidOtherReason, "the envelope does not parse")
        }
        guard let payload = try? PayloadContent(serialized: envelope.payload) else {
            throw .invalid(.badPayload, "the payload does not parse")
        }
        guard let headerBytes = payload.header else { throw .invalid(.badCommonHeader, "the payload has no header") }
        let (header, signer) = try self.headers(headerBytes, &transactionID)
        do {
            _ = try self.bundle.membership.verify(envelope.signature, of: envelope.payload, by: signer.creator)
        } catch {
            throw .invalid(.badCreatorSignature, error.description)
        }
        // Cannot come from an orderer that keeps channels apart; a transaction of another channel must never count in this one.
        guard header.channelID == self.bundle.channelID else {
            throw .invalid(.targetChainNotFound, "the transaction is for channel '\(header.channelID)', not for '\(self.bundle.channelID)'")
        }
        switch header.kind {
        case .config: return .configuration(payload.data)
        case .endorserTransaction: return .endorsed(try self.endorserTransaction(payload.data, headerBytes, header, signer))
        default: throw .invalid(.unsupportedTransactionPayload, "a configuration update is a request, not a transaction")
        }
    }

    /// Both headers, once they are complete.
    private func headers(
        _ bytes: PayloadContent.Header, _ transactionID: inout TransactionID?
    ) throws(InspectionInterruption) -> (ChannelHeader, SignatureHeader) {
        guard let header = try? ChannelHeader(serialized: bytes.channelHeaderBytes) else {
            throw .invalid(.badCommonHeader, "the channel header does not parse")
        }
        let signer = try? SignatureHeader(serialized: bytes.signatureHeaderBytes)
        if !header.transactionID.isEmpty {
            transactionID = header.transactionID
        } else if let signer {
            // Fabric indexes every transaction without an id under the id that it should have.
            transactionID = Formulas.transactionID(nonce: signer.nonce, creator: signer.creator)
        }
        guard let signer else { throw .invalid(.badCommonHeader, "the signature header does not parse") }
        switch header.kind {
        case .config, .configUpdate, .endorserTransaction: break
        default: throw .invalid(.badCommonHeader, "the header has type \(header.type), which no transaction has")
        }
        guard header.epoch == 0 else { throw .invalid(.badCommonHeader, "the epoch is \(header.epoch), must be 0") }
        guard !signer.nonce.isEmpty else { throw .invalid(.badCommonHeader, "the nonce is empty") }
        guard !signer.creator.isEmpty else { throw .invalid(.badCommonHeader, "the creator is empty") }
        return (header, signer)
    }

    private func endorserTransaction(
        _ data: [UInt8], _ headerBytes: PayloadContent.Header, _ header: ChannelHeader, _ signer: SignatureHeader
    ) throws(InspectionInterruption) -> EndorsedContent {
        guard header.transactionID == Formulas.transactionID(nonce: signer.nonce, creator: signer.creator) else {
            throw .invalid(.badProposalTransactionID, "the transaction id is not the hash of nonce and creator")
        }
        let transaction: EndorserTransaction
        let response: ProposalResponsePayload
        do {
            transaction = try EndorserTransaction(serialized: data)
            // Nearly always the envelope's own, byte for byte, which has been read.
            let isOwn = ByteOrder.areEqual(transaction.signatureHeaderBytes, headerBytes.signatureHeaderBytes)
            let actionSigner = isOwn ? signer : try SignatureHeader(serialized: transaction.signatureHeaderBytes)
            guard !actionSigner.nonce.isEmpty, !actionSigner.creator.isEmpty else {
                throw MessageError(part: "header of the action", reason: "has no nonce or no creator")
            }
            response = try ProposalResponsePayload(serialized: transaction.responsePayloadBytes)
        } catch {
            throw .invalid(.invalidEndorserTransaction, "\(error)")
        }
        // Fabric computes no hash over a proposal without content, so no such transaction is good.
        guard !transaction.proposalPayloadBytes.isEmpty else {
            throw .invalid(.invalidEndorserTransaction, "the transaction has no proposal payload")
        }
        let proposalHash = Formulas.proposalHash(
            channelHeader: headerBytes.channelHeaderBytes, signatureHeader: transaction.signatureHeaderBytes,
            payload: transaction.proposalPayloadBytes)
        guard proposalHash == response.proposalHash else {
            throw .invalid(.invalidEndorserTransaction, "what was endorsed is another proposal: its hash differs")
        }
        let isKnown: Bool
        do {
            isKnown = try self.transactions.contains(header.transactionID)
        } catch {
            throw .state(error)
        }
        if isKnown { throw .invalid(.duplicateTransactionID, "the ledger already holds a transaction with this id") }
        let (chaincode, readWriteSet) = try self.action(response.actionBytes, header)
        let endorsers = EndorserSet(membership: self.bundle.membership, transaction: transaction)
        let outcomes = try self.judgeNamespaces(invoked: chaincode, readWriteSet, endorsers)
        do {
            try self.rules.state.prepare(readWriteSet)
        } catch {
            throw .state(error)
        }
        return EndorsedContent(readWriteSet: readWriteSet, outcomes: outcomes)
    }

    /// The chaincode invoked and its read-write set (interop 8.1, point 5).
    private func action(_ actionBytes: [UInt8], _ header: ChannelHeader) throws(InspectionInterruption) -> (Namespace, ReadWriteSet) {
        guard let headerExtension = try? ChaincodeHeaderExtension(serialized: header.extensionBytes) else {
            throw .invalid(.badHeaderExtension, "the header extension does not parse")
        }
        guard !actionBytes.isEmpty, let action = try? ChaincodeAction(serialized: actionBytes) else {
            throw .invalid(.badResponsePayload, "the endorsed response does not parse")
        }
        let readWriteSet: ReadWriteSet
        do {
            readWriteSet = try ReadWriteSet(serialized: action.results)
        } catch {
            throw .invalid(.badReadWriteSet, error.description)
        }
        guard let chaincode = headerExtension.chaincode else { throw .invalid(.invalidOtherReason, "the header names no chaincode") }
        guard let named = action.chaincode else { throw .invalid(.invalidOtherReason, "the endorsed response names no chaincode") }
        guard !chaincode.isEmpty else { throw .invalid(.invalidChaincode, "the chaincode's name is empty") }
        guard named == chaincode else {
            throw .invalid(.invalidChaincode, "'\(chaincode)' was invoked but the endorsed response is of '\(named)'")
        }
        guard !action.chaincodeVersion.isEmpty else { throw .invalid(.invalidChaincode, "the chaincode's version is empty") }
        if !action.events.isEmpty {
            guard let event = try? ChaincodeEvent(serialized: action.events) else {
                throw .invalid(.invalidOtherReason, "the event does not parse")
            }
            guard event.chaincode == chaincode else { throw .invalid(.invalidOtherReason, "the event is of chaincode '\(event.chaincode)'") }
        }
        return (chaincode, readWriteSet)
    }

    /// Checks the invoked chaincode, then every other namespace that is written (interop 8.1, point 6).
    private func judgeNamespaces(
        invoked: Namespace, _ readWriteSet: ReadWriteSet, _ endorsers: EndorserSet
    ) throws(InspectionInterruption) -> [EndorsedContent.NamespaceOutcome] {
        var parts: [(Namespace, NamespaceReadWriteSet?)] = [(invoked, nil)]
        var seen: Set<Namespace> = []
        for part in readWriteSet.namespaces {
            guard seen.insert(part.namespace).inserted else {
                throw .invalid(.illegalWriteSet, "namespace '\(part.namespace)' appears twice in the read-write set")
            }
            if part.namespace == invoked {
                parts[0].1 = part
            } else if part.hasWrites {
                parts.append((part.namespace, part))
            }
        }
        let judge = NamespaceJudge(rules: self.rules, endorsers: endorsers)
        var outcomes: [EndorsedContent.NamespaceOutcome] = []
        for (namespace, part) in parts {
            let failure = try judge.failure(of: namespace, part)
            outcomes.append(EndorsedContent.NamespaceOutcome(namespace: namespace, failure: failure))
            if failure != nil { break }
        }
        return outcomes
    }
}
