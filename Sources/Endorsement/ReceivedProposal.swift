import FabricMessages
import LedgerModel

/// A proposal taken apart, with the bytes that are hashed kept as received.
package struct ReceivedProposal: Sendable {
    package let proposal: Proposal
    package let channelHeader: ChannelHeader
    package let signatureHeader: SignatureHeader
    package let payload: ProposalPayload
    package let call: ChaincodeCall

    /// Reads a signed proposal's bytes.
    ///
    /// - Throws: `MessageError` naming the part that is missing or does not parse.
    package init(_ signed: SignedProposal) throws(MessageError) {
        self.proposal = try Proposal(serialized: signed.proposalBytes)
        self.channelHeader = try ChannelHeader(serialized: self.proposal.channelHeaderBytes)
        self.signatureHeader = try SignatureHeader(serialized: self.proposal.signatureHeaderBytes)
        let target = try self.channelHeader.chaincodeName()
        guard !target.isEmpty else { throw MessageError(part: "header extension", reason: "names no chaincode") }
        self.payload = try ProposalPayload(serialized: self.proposal.payloadBytes)
        let call = try self.payload.invocation()
        // The header decides which chaincode runs, as in Fabric; what the input calls itself is not looked at.
        self.call = ChaincodeCall(chaincode: target, arguments: call.arguments, isInit: call.isInit)
    }

    /// What endorsers and committers hash of the proposal (interop 4.3).
    package var hash: [UInt8] {
        Formulas.proposalHash(
            channelHeader: self.proposal.channelHeaderBytes, signatureHeader: self.proposal.signatureHeaderBytes,
            payload: self.payload.withoutTransient)
    }
}
