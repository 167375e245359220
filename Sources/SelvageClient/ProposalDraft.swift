import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A proposal ready to be signed, with what its maker needs to know about it later.
package struct ProposalDraft: Sendable {
    /// Bytes of a fresh nonce, as Fabric's clients use.
    package static let nonceBytes = 24

    package let transactionID: TransactionID
    package let proposal: Proposal
    package let payload: ProposalPayload

    /// Drafts a call of a chaincode.
    ///
    /// - Parameters:
    ///   - creator: The serialised identity that will sign.
    ///   - nonce: Fresh random bytes: with the creator they are the transaction's id.
    ///   - timestamp: The client's clock.
    package init(
        channel: ChannelID, call: ChaincodeCall, transient: [TransientEntry] = [], creator: [UInt8], nonce: [UInt8], timestamp: Timestamp
    ) {
        self.transactionID = Formulas.transactionID(nonce: nonce, creator: creator)
        self.payload = ProposalPayload(chaincode: call.chaincode, arguments: call.arguments, isInit: call.isInit, transient: transient)
        var target = Protos_ChaincodeHeaderExtension()
        target.chaincodeID.name = call.chaincode.text
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: timestamp, channelID: channel, transactionID: self.transactionID,
            extensionBytes: target.encoded())
        self.proposal = Proposal(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: creator, nonce: nonce).serialized(),
            payloadBytes: self.payload.serialized())
    }

    /// Signs the proposal's bytes.
    package func signed(by identity: SigningIdentity) throws(CryptoError) -> SignedProposal {
        let bytes = self.proposal.serialized()
        return SignedProposal(proposalBytes: bytes, signature: try identity.sign(bytes))
    }
}
