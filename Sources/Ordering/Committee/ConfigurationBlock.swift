import ChannelConfiguration
import LedgerModel

/// A block whose only envelope is a configuration (interop 7.2).
package enum ConfigurationBlock {
    /// The serialised `common.ConfigEnvelope` of such a block; nil for every other block.
    package static func configEnvelope(in block: OrderedBlock) -> [UInt8]? {
        guard block.envelopes.count == 1, let envelope = try? Envelope(serialized: block.envelopes[0]) else { return nil }
        return self.configEnvelope(in: envelope)?.data
    }

    /// The same of an envelope, with the headers.
    static func configEnvelope(in envelope: Envelope) -> (header: ChannelHeader, signer: SignatureHeader, data: [UInt8])? {
        guard let payload = try? Payload(serialized: envelope.payload), let header = try? ChannelHeader(serialized: payload.channelHeaderBytes),
            header.kind == .config, let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes)
        else { return nil }
        return (header, signer, payload.data)
    }
}
