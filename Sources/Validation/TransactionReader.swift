import ChannelConfiguration
import Identity
import LedgerModel

/// The part of phase A that asks only the transaction and the configuration: its form, its creator's signature, and what was endorsed (interop 8.1).
///
/// A pure function of the envelope and the configuration: it needs to know nothing of the blocks before.
struct TransactionReader: Sendable {
    let bundle: ChannelBundle

    /// Checks everything up to the first question to the state, and reads what comes behind it.
    func read(_ envelopeBytes: [UInt8]) -> TransactionReading {
        // Filled as soon as it is known: the id of an invalid transaction counts too.
        var transactionID: TransactionID?
        do {
            let content = try self.read(envelopeBytes, &transactionID)
            return TransactionReading(transactionID: transactionID, content: content)
        } catch {
            return TransactionReading(transactionID: transactionID, content: .failed(error.verdict))
        }
    }

    private func read(
        _ envelopeBytes: [UInt8], _ transactionID: inout TransactionID?
    ) throws(TransactionFailure) -> TransactionReading.Content {
        guard let envelope = try? Envelope(serialized: envelopeBytes) else {
            throw TransactionFailure(.invalidOtherReason, "the envelope does not parse")
        }
        guard let payload = try? PayloadContent(serialized: envelope.payload) else {
            throw TransactionFailure(.badPayload, "the payload does not parse")
        }
        guard let headerBytes = payload.header else { throw TransactionFailure(.badCommonHeader, "the payload has no header") }
        let (header, signer) = try self.headers(headerBytes, &transactionID)
        do {
            _ = try self.bundle.membership.verify(envelope.signature, of: envelope.payload, by: signer.creator)
        } catch {
            throw TransactionFailure(.badCreatorSignature, error.description)
        }
        // Cannot come from an orderer that keeps channels apart; a transaction of another channel must never count in this one.
        guard header.channelID == self.bundle.channelID else {
            throw TransactionFailure(.targetChainNotFound, "the transaction is for channel '\(header.channelID)', not for '\(self.bundle.channelID)'")
        }
        switch header.kind {
        case .config: return .configuration(payload.data)
        case .endorserTransaction: return .endorsed(try self.endorserTransaction(payload.data, headerBytes, header, signer))
        default: throw TransactionFailure(.unsupportedTransactionPayload, "a configuration update is a request, not a transaction")
        }
    }

    /// Both headers, once they are complete.
    private func headers(
        _ bytes: PayloadContent.Header, _ transactionID: inout TransactionID?
    ) throws(TransactionFailure) -> (ChannelHeader, SignatureHeader) {
        guard let header = try? ChannelHeader(serialized: bytes.channelHeaderBytes) else {
            throw TransactionFailure(.badCommonHeader, "the channel header does not parse")
        }
        let signer = try? SignatureHeader(serialized: bytes.signatureHeaderBytes)
        if !header.transactionID.isEmpty {
            transactionID = header.transactionID
        } else if let signer {
            // Fabric indexes every transaction without an id under the id that it should have.
            transactionID = Formulas.transactionID(nonce: signer.nonce, creator: signer.creator)
        }
        guard let signer else { throw TransactionFailure(.badCommonHeader, "the signature header does not parse") }
        switch header.kind {
        case .config, .configUpdate, .endorserTransaction: break
        default: throw TransactionFailure(.badCommonHeader, "the header has type \(header.type), which no transaction has")
        }
        guard header.epoch == 0 else { throw TransactionFailure(.badCommonHeader, "the epoch is \(header.epoch), must be 0") }
        guard !signer.nonce.isEmpty else { throw TransactionFailure(.badCommonHeader, "the nonce is empty") }
        guard !signer.creator.isEmpty else { throw TransactionFailure(.badCommonHeader, "the creator is empty") }
        return (header, signer)
    }

    private func endorserTransaction(
        _ data: [UInt8], _ headerBytes: PayloadContent.Header, _ header: ChannelHeader, _ signer: SignatureHeader
    ) throws(TransactionFailure) -> ReadTransaction {
        guard header.transactionID == Formulas.transactionID(nonce: signer.nonce, creator: signer.creator) else {
            throw TransactionFailure(.badProposalTransactionID, "the transaction id is not the hash of nonce and creator")
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
            throw TransactionFailure(.invalidEndorserTransaction, "\(error)")
        }
        // Fabric computes no hash over a proposal without content, so no such transaction is good.
        guard !transaction.proposalPayloadBytes.isEmpty else {
            throw TransactionFailure(.invalidEndorserTransaction, "the transaction has no proposal payload")
        }
        let proposalHash = Formulas.proposalHash(
            channelHeader: headerBytes.channelHeaderBytes, signatureHeader: transaction.signatureHeaderBytes,
            payload: transaction.proposalPayloadBytes)
        guard proposalHash == response.proposalHash else {
            throw TransactionFailure(.invalidEndorserTransaction, "what was endorsed is another proposal: its hash differs")
        }
        let action: Result<EndorsedAction, TransactionFailure>
        do {
            action = .success(try self.action(response.actionBytes, header))
        } catch {
            action = .failure(error)
        }
        return ReadTransaction(
            transactionID: header.transactionID, action: action, responsePayloadBytes: transaction.responsePayloadBytes,
            endorsements: transaction.endorsements)
    }

    /// The chaincode invoked and its read-write set (interop 8.1, point 5).
    private func action(_ actionBytes: [UInt8], _ header: ChannelHeader) throws(TransactionFailure) -> EndorsedAction {
        guard let headerExtension = try? ChaincodeHeaderExtension(serialized: header.extensionBytes) else {
            throw TransactionFailure(.badHeaderExtension, "the header extension does not parse")
        }
        guard !actionBytes.isEmpty, let action = try? ChaincodeAction(serialized: actionBytes) else {
            throw TransactionFailure(.badResponsePayload, "the endorsed response does not parse")
        }
        let readWriteSet: ReadWriteSet
        do {
            readWriteSet = try ReadWriteSet(serialized: action.results)
        } catch {
            throw TransactionFailure(.badReadWriteSet, error.description)
        }
        guard let chaincode = headerExtension.chaincode else { throw TransactionFailure(.invalidOtherReason, "the header names no chaincode") }
        guard let named = action.chaincode else { throw TransactionFailure(.invalidOtherReason, "the endorsed response names no chaincode") }
        guard !chaincode.isEmpty else { throw TransactionFailure(.invalidChaincode, "the chaincode's name is empty") }
        guard named == chaincode else {
            throw TransactionFailure(.invalidChaincode, "'\(chaincode)' was invoked but the endorsed response is of '\(named)'")
        }
        guard !action.chaincodeVersion.isEmpty else { throw TransactionFailure(.invalidChaincode, "the chaincode's version is empty") }
        if !action.events.isEmpty {
            guard let event = try? ChaincodeEvent(serialized: action.events) else {
                throw TransactionFailure(.invalidOtherReason, "the event does not parse")
            }
            guard event.chaincode == chaincode else {
                throw TransactionFailure(.invalidOtherReason, "the event is of chaincode '\(event.chaincode)'")
            }
        }
        return EndorsedAction(chaincode: chaincode, readWriteSet: readWriteSet)
    }
}
