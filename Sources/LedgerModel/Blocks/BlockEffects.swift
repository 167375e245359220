import FabricMessages

/// What a block changes once its transactions have their verdicts.
package enum BlockEffects {
    /// Derives the effects from the bytes of the block, its codes and the state before it; no signature is looked at.
    ///
    /// The validator has done the same work on the way to the codes; this is for recovery, rebuild and audit, which read the codes.
    ///
    /// - Throws: `BlockEffectsError` when a transaction marked valid cannot be one.
    package static func derive(
        from block: OrderedBlock, codes: [ValidationCode], state: any StateReading, previousCommitHash: [UInt8]
    ) throws(BlockEffectsError) -> ValidatedBlock {
        var overlay = BlockOverlay(base: state)
        var transactionIDs: [TransactionID?] = []
        for (index, envelope) in block.envelopes.enumerated() {
            let code = index < codes.count ? codes[index] : .notValidated
            let version = StateVersion(block: block.number.rawValue, transaction: UInt64(index))
            do {
                transactionIDs.append(try self.apply(envelope, code: code, version: version, to: &overlay))
            } catch let error as StateReadError {
                throw .state(error)
            } catch {
                throw .transaction(index: index, reason: "\(error)")
            }
        }
        return ValidatedBlock(
            unchecked: block, codes: codes, transactionIDs: transactionIDs, overlay: overlay, previousCommitHash: previousCommitHash)
    }

    /// The id under which an envelope is indexed: its channel header's, or without one the formula over its signature header (4.1).
    package static func transactionID(of payload: Payload) -> TransactionID? {
        guard let header = try? ChannelHeader(serialized: payload.channelHeaderBytes) else { return nil }
        if !header.transactionID.isEmpty { return header.transactionID }
        guard let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes) else { return nil }
        return Formulas.transactionID(nonce: signer.nonce, creator: signer.creator)
    }

    private static func apply(
        _ envelopeBytes: [UInt8], code: ValidationCode, version: StateVersion, to overlay: inout BlockOverlay
    ) throws -> TransactionID? {
        guard code == .valid else {
            // The id of an invalid transaction is taken all the same, when it can be read.
            guard let envelope = try? Envelope(serialized: envelopeBytes), let payload = try? Payload(serialized: envelope.payload) else {
                return nil
            }
            return self.transactionID(of: payload)
        }
        let payload = try Payload(serialized: try Envelope(serialized: envelopeBytes).payload)
        let header = try ChannelHeader(serialized: payload.channelHeaderBytes)
        switch header.kind {
        case .config:
            overlay.applyConfiguration(payload.data, version: version)
        case .endorserTransaction:
            let transaction = try EndorserTransaction(serialized: payload.data)
            let response = try ProposalResponsePayload(serialized: transaction.responsePayloadBytes)
            let action = try ChaincodeAction(serialized: response.actionBytes)
            try overlay.apply(try ReadWriteSet(serialized: action.results), version: version)
        default:
            throw MessageError(part: "transaction", reason: "type \(header.type) cannot be valid")
        }
        return self.transactionID(of: payload)
    }
}

/// Why the effects of a stored block cannot be derived: the block or the state is damaged.
package enum BlockEffectsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The state could not be read.
    case state(StateReadError)
    /// A transaction that the block calls valid does not parse.
    case transaction(index: Int, reason: String)

    package var description: String {
        switch self {
        case .state(let error): "\(error)"
        case .transaction(let index, let reason): "transaction \(index) is marked valid but is not one: \(reason); fetch the block again"
        }
    }
}
