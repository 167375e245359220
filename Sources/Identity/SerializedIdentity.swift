import CryptoPrimitives
import FabricMessages
import LedgerModel

/// The wire form of an identity: the organisation's name and the certificate as PEM (`msp.SerializedIdentity`, interop 4.9).
package enum SerializedIdentity {
    /// The bytes that travel as creator and endorser.
    package static func bytes(mspID: MSPID, certificate: Certificate) -> [UInt8] {
        bytes(mspID: mspID, pem: certificate.pem)
    }

    /// The same for a certificate that is already PEM text, taken as it is.
    package static func bytes(mspID: MSPID, pem: [UInt8]) -> [UInt8] {
        var message = Msp_SerializedIdentity()
        message.mspid = mspID.text
        message.idBytes = pem.data
        return message.encoded()
    }
}
