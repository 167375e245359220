import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A request to change a channel's configuration, with the signatures that shall authorise it (`common.ConfigUpdateEnvelope`, interop 7.3).
package struct ConfigurationUpdate: Hashable, Sendable {
    /// How an update is judged.
    package enum Strictness: Hashable, Sendable {
        /// For what is about to be ordered here: nothing in the request may be without effect, and a committee's policy must fit the committee.
        case ordering
        /// For what stands in a block: exactly what Fabric's peers accept, so that a ledger that they follow is followed here too.
        case replay
    }

    /// A serialised `common.ConfigUpdate`; signatures cover exactly these bytes.
    package let updateBytes: [UInt8]
    package var signatures: [ConfigurationSignature]

    package init(updateBytes: [UInt8], signatures: [ConfigurationSignature] = []) {
        self.updateBytes = updateBytes
        self.signatures = signatures
    }

    /// Reads a serialised `common.ConfigUpdateEnvelope`.
    package init(serialized: [UInt8]) throws(ConfigurationUpdateError) {
        let message: Common_ConfigUpdateEnvelope
        do {
            message = try Common_ConfigUpdateEnvelope.decode(serialized, as: "configuration update envelope")
        } catch {
            throw .malformed(error)
        }
        guard message.signatures.count <= Limits.configurationSignatures else {
            throw .tooManySignatures(limit: Limits.configurationSignatures)
        }
        self.init(updateBytes: message.configUpdate.byteArray, signatures: message.signatures.map { ConfigurationSignature(message: $0) })
    }

    /// Reads the request out of an envelope of type CONFIG_UPDATE. Whether its sender may speak is the affair of the policy Writers.
    package init(envelope: Envelope) throws(ConfigurationUpdateError) {
        let payload: Payload
        let header: ChannelHeader
        do throws(MessageError) {
            payload = try Payload(serialized: envelope.payload)
            header = try ChannelHeader(serialized: payload.channelHeaderBytes)
        } catch {
            throw .malformed(error)
        }
        guard header.kind == .configUpdate else { throw .notAnUpdate(type: header.type) }
        try self.init(serialized: payload.data)
    }

    /// The bytes of `common.ConfigUpdateEnvelope`.
    package func serialized() -> [UInt8] {
        var message = Common_ConfigUpdateEnvelope()
        message.configUpdate = self.updateBytes.data
        message.signatures = self.signatures.map { $0.message() }
        return message.encoded()
    }

    /// Adds a signature.
    package mutating func sign(by signer: SigningIdentity, nonce: [UInt8]) throws(CryptoError) {
        self.signatures.append(try ConfigurationSignature(of: self.updateBytes, by: signer, nonce: nonce))
    }

    /// The request as its sender hands it to the ordering service.
    package func envelope(
        channel: ChannelID, sender: SigningIdentity, nonce: [UInt8], timestamp: Timestamp
    ) throws(CryptoError) -> Envelope {
        try ConfigurationTransaction.envelope(
            .configUpdate, data: self.serialized(), channel: channel, signer: sender, nonce: nonce, timestamp: timestamp)
    }

    /// The update's own message.
    func message() throws(ConfigurationUpdateError) -> Common_ConfigUpdate {
        do {
            return try Common_ConfigUpdate.decode(self.updateBytes, as: "configuration update")
        } catch {
            throw .malformed(error)
        }
    }

    /// All signatures in the form that policies take. As in Fabric, one header that does not parse spoils the request.
    func signedMessages() throws(ConfigurationUpdateError) -> [SignedMessage] {
        var signed: [SignedMessage] = []
        do {
            for signature in self.signatures { signed.append(try signature.signed(self.updateBytes)) }
        } catch {
            throw .malformed(error)
        }
        return signed
    }
}
