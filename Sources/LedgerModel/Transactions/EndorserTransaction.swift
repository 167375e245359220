import FabricMessages

/// The body of an endorsed transaction: exactly one action (interop 3, 4.5).
package struct EndorserTransaction: Hashable, Sendable {
    /// A serialised `SignatureHeader`; by Fabric's rule the same as the envelope's.
    package let signatureHeaderBytes: [UInt8]
    /// The proposal's payload without transient data, as endorsers hashed it.
    package let proposalPayloadBytes: [UInt8]
    /// The bytes that every endorser signed.
    package let responsePayloadBytes: [UInt8]
    package let endorsements: [Endorsement]

    package init(signatureHeaderBytes: [UInt8], proposalPayloadBytes: [UInt8], responsePayloadBytes: [UInt8], endorsements: [Endorsement]) {
        self.signatureHeaderBytes = signatureHeaderBytes
        self.proposalPayloadBytes = proposalPayloadBytes
        self.responsePayloadBytes = responsePayloadBytes
        self.endorsements = endorsements
    }

    /// Reads a serialised `protos.Transaction`.
    ///
    /// - Throws: `MessageError` when a part does not parse or there is not exactly one action.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Protos_Transaction.decode(serialized, as: "transaction")
        guard message.actions.count == 1, let action = message.actions.first else {
            throw MessageError(part: "transaction", reason: "has \(message.actions.count) actions, must have exactly one")
        }
        let payload = try Protos_ChaincodeActionPayload.decode(action.payload, as: "chaincode action payload")
        self.init(
            signatureHeaderBytes: action.header.byteArray, proposalPayloadBytes: payload.chaincodeProposalPayload.byteArray,
            responsePayloadBytes: payload.action.proposalResponsePayload.byteArray,
            endorsements: payload.action.endorsements.map {
                Endorsement(endorser: $0.endorser.byteArray, signature: $0.signature.byteArray)
            })
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var payload = Protos_ChaincodeActionPayload()
        payload.chaincodeProposalPayload = self.proposalPayloadBytes.data
        payload.action.proposalResponsePayload = self.responsePayloadBytes.data
        payload.action.endorsements = self.endorsements.map { endorsement in
            var message = Protos_Endorsement()
            message.endorser = endorsement.endorser.data
            message.signature = endorsement.signature.data
            return message
        }
        var action = Protos_TransactionAction()
        action.header = self.signatureHeaderBytes.data
        action.payload = payload.encoded().data
        var message = Protos_Transaction()
        message.actions = [action]
        return message.encoded()
    }
}
