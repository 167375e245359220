import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

/// A client's request for another configuration, by the id under which receipts, pools and the replay window know it.
///
/// The request itself stands in no block: the configuration that it leads to does, and has the request inside as `last_update`. Fabric gives
/// neither a transaction id, so the id is the hash of the whole request, which nobody else can take.
package enum ConfigurationRequest {
    /// The id of a request: 64 hexadecimal digits of SHA-256 of the serialised envelope.
    package static func id(ofHash hash: [UInt8]) -> TransactionID { TransactionID(utf8: Base16.digits(hash)) }

    /// The id of the request that a configuration came from; nil for other envelopes, and for block 0.
    package static func id(in envelope: Envelope) -> TransactionID? {
        guard let config = ConfigurationBlock.configEnvelope(in: envelope), let request = ConfigurationTransaction.request(in: config.data)
        else { return nil }
        return self.id(ofHash: SHA256.hash(request.serialized()))
    }

    /// What a chain remembers of an envelope: the id of its transaction, or of the request that it came from.
    package static func orderedID(in serialized: [UInt8]) -> TransactionID? {
        guard let envelope = try? Envelope(serialized: serialized) else { return nil }
        if let request = self.id(in: envelope) { return request }
        return (try? Payload(serialized: envelope.payload)).flatMap { BlockEffects.transactionID(of: $0) }
    }
}
