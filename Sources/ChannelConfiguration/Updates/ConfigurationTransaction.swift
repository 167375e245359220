import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A change of configuration, ready to be ordered: the complete new configuration beside the request that led to it.
package struct ConfigurationTransaction: Sendable {
    /// A serialised `common.ConfigEnvelope`.
    package let configEnvelope: [UInt8]
    /// The new configuration, in office from the next block on.
    package let bundle: ChannelBundle

    /// Applies a request of type CONFIG_UPDATE to the configuration in office.
    package init(request: Envelope, to bundle: ChannelBundle) throws(ConfigurationUpdateError) {
        self.bundle = try bundle.successor(applying: ConfigurationUpdate(envelope: request))
        self.configEnvelope = Self.configEnvelope(self.bundle.config, lastUpdate: request)
    }

    /// The envelope of type CONFIG that an ordering node puts, alone, into a block.
    ///
    /// As from Fabric's orderers it has no transaction id of its own.
    package func envelope(signer: SigningIdentity, nonce: [UInt8], timestamp: Timestamp) throws(CryptoError) -> Envelope {
        try Self.envelope(
            .config, data: self.configEnvelope, channel: self.bundle.channelID, signer: signer, nonce: nonce, timestamp: timestamp)
    }

    /// The bytes of `common.ConfigEnvelope`.
    package static func configEnvelope(_ config: Common_Config, lastUpdate: Envelope) -> [UInt8] {
        var message = Common_ConfigEnvelope()
        message.config = config
        message.lastUpdate.payload = lastUpdate.payload.data
        message.lastUpdate.signature = lastUpdate.signature.data
        return message.encoded()
    }

    /// The request inside a serialised `common.ConfigEnvelope`.
    package static func update(in configEnvelope: [UInt8]) throws(ConfigurationUpdateError) -> ConfigurationUpdate {
        try self.update(in: try self.message(configEnvelope))
    }

    /// The request inside a serialised `common.ConfigEnvelope` as its sender signed it; nil when there is none.
    package static func request(in configEnvelope: [UInt8]) -> Envelope? {
        guard let message = try? self.message(configEnvelope), message.hasLastUpdate else { return nil }
        return Envelope(payload: message.lastUpdate.payload.byteArray, signature: message.lastUpdate.signature.byteArray)
    }

    static func message(_ configEnvelope: [UInt8]) throws(ConfigurationUpdateError) -> Common_ConfigEnvelope {
        do {
            return try Common_ConfigEnvelope.decode(configEnvelope, as: "configuration envelope")
        } catch {
            throw .malformed(error)
        }
    }

    static func update(in message: Common_ConfigEnvelope) throws(ConfigurationUpdateError) -> ConfigurationUpdate {
        guard message.hasLastUpdate else { throw .noLastUpdate }
        return try ConfigurationUpdate(
            envelope: Envelope(payload: message.lastUpdate.payload.byteArray, signature: message.lastUpdate.signature.byteArray))
    }

    static func envelope(
        _ kind: ChannelHeader.Kind, data: [UInt8], channel: ChannelID, signer: SigningIdentity, nonce: [UInt8], timestamp: Timestamp
    ) throws(CryptoError) -> Envelope {
        let header = ChannelHeader(kind: kind, timestamp: timestamp, channelID: channel, transactionID: "")
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: signer.serialized, nonce: nonce).serialized(), data: data
        ).serialized()
        return Envelope(payload: payload, signature: try signer.sign(payload))
    }
}
