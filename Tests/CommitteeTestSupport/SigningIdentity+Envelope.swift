import CryptoPrimitives
import Identity
import LedgerModel

extension SigningIdentity {
    /// A signed envelope that ordering takes and no peer finds valid; the text makes nonce and content, so equal texts are one transaction.
    package func envelope(_ text: String, on channel: ChannelID, at now: Timestamp) throws -> Envelope {
        let nonce = SHA256.hash(Array("nonce \(text)".utf8))
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: now, channelID: channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: self.serialized))
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.serialized, nonce: nonce).serialized(), data: Array(text.utf8)
        ).serialized()
        return Envelope(payload: payload, signature: try self.sign(payload))
    }
}
