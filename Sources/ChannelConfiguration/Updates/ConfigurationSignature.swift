import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// One administrator's consent to a configuration update (`common.ConfigSignature`); nothing in it is believed yet.
package struct ConfigurationSignature: Hashable, Sendable {
    /// A serialised `common.SignatureHeader`: who signs, and a nonce.
    package var signatureHeader: [UInt8]
    /// Over the header's bytes followed by the update's bytes.
    package var signature: [UInt8]

    package init(signatureHeader: [UInt8], signature: [UInt8]) {
        self.signatureHeader = signatureHeader
        self.signature = signature
    }

    /// Signs the bytes of a `common.ConfigUpdate`.
    ///
    /// - Parameter nonce: Makes the signature one of its kind; 24 random bytes by custom.
    package init(of updateBytes: [UInt8], by signer: SigningIdentity, nonce: [UInt8]) throws(CryptoError) {
        let header = SignatureHeader(creator: signer.serialized, nonce: nonce).serialized()
        self.init(signatureHeader: header, signature: try signer.sign(header + updateBytes))
    }

    init(message: Common_ConfigSignature) {
        self.init(signatureHeader: message.signatureHeader.byteArray, signature: message.signature.byteArray)
    }

    func message() -> Common_ConfigSignature {
        var message = Common_ConfigSignature()
        message.signatureHeader = self.signatureHeader.data
        message.signature = self.signature.data
        return message
    }

    /// The signature as a policy wants it.
    func signed(_ updateBytes: [UInt8]) throws(MessageError) -> SignedMessage {
        let creator = try SignatureHeader(serialized: self.signatureHeader).creator
        return SignedMessage(identity: creator, message: self.signatureHeader + updateBytes, signature: self.signature)
    }
}
