import CryptoPrimitives
import LedgerModel

extension Receipt {
    /// The receipt for a serialised envelope; nil when no transaction id can be read from it.
    package init?(of envelope: [UInt8], ingress: UInt32, height: UInt64, deadline: UInt64) {
        let hash = SHA256.hash(envelope)
        guard let id = EnvelopeParts(envelope)?.promisedID(hash: hash), id.utf8.count == 64 else { return nil }
        self.init(envelopeHash: hash, transactionID: id, ingress: ingress, height: height, deadline: deadline)
    }
}

/// The headers of a serialised envelope; nothing in it has been believed yet.
struct EnvelopeParts {
    let envelope: Envelope
    let payload: Payload
    let header: ChannelHeader
    let signer: SignatureHeader

    /// - Returns: nil when a header does not parse.
    init?(_ serialized: [UInt8]) {
        guard let envelope = try? Envelope(serialized: serialized), let payload = try? Payload(serialized: envelope.payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes),
            let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes)
        else { return nil }
        self.envelope = envelope
        self.payload = payload
        self.header = header
        self.signer = signer
    }

    /// What a receipt names: the transaction's id, and for a request for another configuration the one that its block will be found by.
    ///
    /// - Parameter hash: SHA-256 of the serialised envelope.
    func promisedID(hash: [UInt8]) -> TransactionID {
        self.header.kind == .configUpdate ? ConfigurationRequest.id(ofHash: hash) : self.header.transactionID
    }

    /// Whether the transaction id is the hash of nonce and creator.
    var hasDerivedID: Bool { self.header.transactionID == Formulas.transactionID(nonce: self.signer.nonce, creator: self.signer.creator) }
}
