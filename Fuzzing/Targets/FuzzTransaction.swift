import CryptoPrimitives
import FabricMessages
import LedgerModel

/// Makes and mends envelopes of endorsed transactions, with toy signatures.
package struct FuzzTransaction {
    package var client: [UInt8]
    package var endorsers: [[UInt8]]
    package var nonce: [UInt8] = Array("nonce".utf8)
    package var chaincode: Namespace = "assets"
    package var arguments: [[UInt8]] = [Array("change".utf8)]
    package var results: [UInt8] = []
    package var events: [UInt8] = []

    package init(client: [UInt8], endorsers: [[UInt8]]) {
        self.client = client
        self.endorsers = endorsers
    }

    /// A transaction of the channel's people.
    init(of channel: FuzzChannel) {
        self.init(client: channel.client, endorsers: channel.peers)
    }

    /// The envelope as it stands in a block.
    package func envelope() -> [UInt8] {
        var named = Protos_ChaincodeHeaderExtension()
        named.chaincodeID.name = self.chaincode.text
        let signer = SignatureHeader(creator: self.client, nonce: self.nonce).serialized()
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: FuzzChannel.time, channelID: FuzzChannel.name,
            transactionID: Formulas.transactionID(nonce: self.nonce, creator: self.client), extensionBytes: named.encoded()
        ).serialized()
        let proposal = ProposalPayload(chaincode: self.chaincode, arguments: self.arguments).withoutTransient
        let action = ChaincodeAction(
            results: self.results, events: self.events, response: ChaincodeResponse(status: 200), chaincode: self.chaincode, chaincodeVersion: "1")
        let response = ProposalResponsePayload(
            proposalHash: Formulas.proposalHash(channelHeader: header, signatureHeader: signer, payload: proposal), actionBytes: action.serialized())
        let transaction = EndorserTransaction(
            signatureHeaderBytes: signer, proposalPayloadBytes: proposal, responsePayloadBytes: response.serialized(),
            endorsements: self.endorsers.map { Endorsement(endorser: $0, signature: ToySignatures.good) })
        let payload = Payload(channelHeaderBytes: header, signatureHeaderBytes: signer, data: transaction.serialized())
        return Envelope(payload: payload.serialized(), signature: ToySignatures.good).serialized()
    }

    /// The same transaction with its id, its hash of the proposal and its second header computed again; nil when it cannot be taken apart.
    static func repaired(_ envelopeBytes: [UInt8]) -> [UInt8]? {
        guard let envelope = try? Envelope(serialized: envelopeBytes), let payload = try? Payload(serialized: envelope.payload),
            var header = try? ChannelHeader(serialized: payload.channelHeaderBytes),
            let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes),
            let transaction = try? EndorserTransaction(serialized: payload.data),
            var response = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes)
        else { return nil }
        header.transactionID = Formulas.transactionID(nonce: signer.nonce, creator: signer.creator)
        header.channelID = FuzzChannel.name
        let headerBytes = header.serialized()
        response.proposalHash = Formulas.proposalHash(
            channelHeader: headerBytes, signatureHeader: payload.signatureHeaderBytes, payload: transaction.proposalPayloadBytes)
        let mended = EndorserTransaction(
            signatureHeaderBytes: payload.signatureHeaderBytes, proposalPayloadBytes: transaction.proposalPayloadBytes,
            responsePayloadBytes: response.serialized(), endorsements: transaction.endorsements)
        let whole = Payload(
            channelHeaderBytes: headerBytes, signatureHeaderBytes: payload.signatureHeaderBytes, data: mended.serialized())
        return Envelope(payload: whole.serialized(), signature: ToySignatures.good).serialized()
    }
}
