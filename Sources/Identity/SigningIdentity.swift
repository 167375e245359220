import CryptoPrimitives
import LedgerModel

/// An identity together with its private key: someone who can sign here.
package struct SigningIdentity: Sendable {
    package let mspID: MSPID
    package let certificate: Certificate
    /// The bytes that name this identity in messages (`msp.SerializedIdentity`).
    package let serialized: [UInt8]
    private let key: SigningKey

    /// Joins a certificate with its key.
    ///
    /// - Throws: `IdentityError.malformed` when the key is not the certificate's.
    package init(mspID: MSPID, certificate: Certificate, key: SigningKey) throws(IdentityError) {
        guard certificate.publicKey == key.publicKey else {
            throw .malformed(reason: "the private key does not belong to the certificate: check that both files are of the same identity")
        }
        self.mspID = mspID
        self.certificate = certificate
        self.key = key
        self.serialized = SerializedIdentity.bytes(mspID: mspID, certificate: certificate)
    }

    /// Signs the message: ECDSA over its SHA-256, DER, low S.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try self.key.sign(message)
    }

    /// The private key as PEM (PKCS#8), for writing it to the owner's key store.
    package var keyPEM: String { self.key.pem }
}

extension SigningIdentity: CustomStringConvertible {
    package var description: String { "\(self.mspID)/\(self.certificate.subjectCommonName ?? "no name")" }
}
