import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// Governance transactions as envelopes: what every client sends, for a chaincode that no channel ever defines.
///
/// A stock peer finds nothing wrong with such an envelope until it looks for the chaincode's definition, and gives it code 25.
package enum GovernanceEnvelope {
    /// The reserved contract.
    package static let contract = ChaincodeDefinition.governanceNamespace
    private static let function = Array("govern".utf8)
    private static let chaincodeVersion = "1"

    /// Makes and signs the envelope.
    ///
    /// - Parameter nonce: Random bytes, 24 by custom; with the creator they give the transaction id.
    package static func make(
        _ transaction: GovernanceTransaction, channel: ChannelID, creator: SigningIdentity, nonce: [UInt8], timestamp: Timestamp
    ) throws(CryptoError) -> Envelope {
        let payload = self.payload(
            GovernanceTransactionFormat.encode(transaction), channel: channel, creator: creator.serialized, nonce: nonce, timestamp: timestamp
        ).serialized()
        return Envelope(payload: payload, signature: try creator.sign(payload))
    }

    private static func payload(
        _ argument: [UInt8], channel: ChannelID, creator: [UInt8], nonce: [UInt8], timestamp: Timestamp
    ) -> Payload {
        var named = Protos_ChaincodeHeaderExtension()
        named.chaincodeID.name = self.contract.text
        let channelHeader = ChannelHeader(
            kind: .endorserTransaction, timestamp: timestamp, channelID: channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: creator), extensionBytes: named.encoded()
        ).serialized()
        let signatureHeader = SignatureHeader(creator: creator, nonce: nonce).serialized()
        return Payload(
            channelHeaderBytes: channelHeader, signatureHeaderBytes: signatureHeader,
            data: self.body(argument, channelHeader: channelHeader, signatureHeader: signatureHeader).serialized())
    }

    /// The action that no peer has run: no results, and no endorsement.
    private static func body(_ argument: [UInt8], channelHeader: [UInt8], signatureHeader: [UInt8]) -> EndorserTransaction {
        let proposal = ProposalPayload(chaincode: self.contract, arguments: [self.function, argument]).withoutTransient
        let action = ChaincodeAction(
            results: [], events: [], response: ChaincodeResponse(status: 200), chaincode: self.contract, chaincodeVersion: self.chaincodeVersion)
        let hash = Formulas.proposalHash(channelHeader: channelHeader, signatureHeader: signatureHeader, payload: proposal)
        return EndorserTransaction(
            signatureHeaderBytes: signatureHeader, proposalPayloadBytes: proposal,
            responsePayloadBytes: ProposalResponsePayload(proposalHash: hash, actionBytes: action.serialized()).serialized(), endorsements: [])
    }

    /// What an envelope is to governance.
    package enum Reading: Equatable, Sendable {
        /// A transaction of some chaincode, or a configuration: none of governance's business.
        case other
        case governance(GovernanceTransaction, creator: [UInt8])
        /// It names the contract and is not in its one form; no block may hold it.
        case malformed(MessageError)
    }

    /// Reads a serialised envelope; its signature is the door's question.
    package static func read(_ serialized: [UInt8]) -> Reading {
        guard let parts = EnvelopeParts(serialized), parts.header.kind == .endorserTransaction else { return .other }
        guard (try? parts.header.chaincodeName()) == self.contract || self.invoked(parts.payload) == self.contract else { return .other }
        do throws(MessageError) {
            let body = try EndorserTransaction(serialized: parts.payload.data)
            let call = try ProposalPayload(serialized: body.proposalPayloadBytes).invocation()
            guard call.arguments.count == 2, call.arguments[0] == self.function else {
                throw MessageError(part: "governance transaction", reason: "is not called as 'govern' with one argument")
            }
            // Everything around the argument has one form, so that nothing unread travels along.
            let expected = self.body(
                call.arguments[1], channelHeader: parts.payload.channelHeaderBytes, signatureHeader: parts.payload.signatureHeaderBytes)
            guard expected.serialized() == parts.payload.data else {
                throw MessageError(part: "governance transaction", reason: "is not in its one form")
            }
            return .governance(try GovernanceTransactionFormat.decode(call.arguments[1]), creator: parts.signer.creator)
        } catch {
            return .malformed(error)
        }
    }

    private static func invoked(_ payload: Payload) -> Namespace? {
        guard let body = try? EndorserTransaction(serialized: payload.data) else { return nil }
        return try? ProposalPayload(serialized: body.proposalPayloadBytes).invocation().chaincode
    }
}
