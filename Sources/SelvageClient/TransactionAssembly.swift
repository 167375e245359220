import CryptoPrimitives
import Identity
import LedgerModel

/// One peer's answer, with the peer's name for messages.
package struct NamedResponse: Sendable {
    package let peer: String
    package let response: ProposalResponse

    package init(peer: String, response: ProposalResponse) {
        self.peer = peer
        self.response = response
    }
}

/// Makes a transaction of a proposal and its endorsements (interop 4.5).
package enum TransactionAssembly {
    /// The payload that the client signs.
    ///
    /// - Throws: `ClientError` when a peer answered with an error, did not endorse, or disagrees with another.
    package static func payload(of draft: ProposalDraft, responses: [NamedResponse]) throws(ClientError) -> Payload {
        try self.payload(of: draft.proposal, draft.payload, responses)
    }

    /// The same for a proposal that was made elsewhere.
    ///
    /// - Throws: Also `MessageError` when its payload cannot be read.
    package static func payload(of proposal: Proposal, responses: [NamedResponse]) throws -> Payload {
        try self.payload(of: proposal, ProposalPayload(serialized: proposal.payloadBytes), responses)
    }

    private static func payload(
        of proposal: Proposal, _ proposalPayload: ProposalPayload, _ responses: [NamedResponse]
    ) throws(ClientError) -> Payload {
        guard let first = responses.first else { throw .noEndorsement }
        var endorsements: [Endorsement] = []
        for named in responses {
            let response = named.response.response
            guard (200..<400).contains(response.status) else {
                throw .chaincode(peer: named.peer, status: response.status, message: response.message)
            }
            guard let endorsement = named.response.endorsement else { throw .notEndorsed(peer: named.peer) }
            guard named.response.payload == first.response.payload else {
                throw .endorsersDisagree(EndorsementDifference(first, named))
            }
            // Endorsements with the same endorser bytes count once.
            if !endorsements.contains(where: { $0.endorser == endorsement.endorser }) { endorsements.append(endorsement) }
        }
        let transaction = EndorserTransaction(
            signatureHeaderBytes: proposal.signatureHeaderBytes, proposalPayloadBytes: proposalPayload.withoutTransient,
            responsePayloadBytes: first.response.payload, endorsements: endorsements)
        return Payload(
            channelHeaderBytes: proposal.channelHeaderBytes, signatureHeaderBytes: proposal.signatureHeaderBytes,
            data: transaction.serialized())
    }

    /// The chaincode's payload as the peers have signed it; what stands beside it in the answer is one peer's word.
    package static func result(of named: NamedResponse) throws(ClientError) -> [UInt8] {
        do {
            let payload = try ProposalResponsePayload(serialized: named.response.payload)
            return try ChaincodeAction(serialized: payload.actionBytes).response.payload
        } catch {
            throw .refused(peer: named.peer, reason: "its endorsed payload cannot be read: \(error)")
        }
    }

    /// Signs the payload: the envelope that goes to the ordering service.
    package static func envelope(_ payload: Payload, signedBy identity: SigningIdentity) throws(ClientError) -> Envelope {
        let bytes = payload.serialized()
        do {
            return Envelope(payload: bytes, signature: try identity.sign(bytes))
        } catch {
            throw .signing(error)
        }
    }
}
