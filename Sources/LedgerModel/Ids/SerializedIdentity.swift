import FabricMessages

/// An identity on the wire: the organisation's MSP and a certificate (interop 4.9).
///
/// Different bytes can be the same identity (PEM line breaks differ); what is signed or hashed always uses the bytes received.
package struct SerializedIdentity: Hashable, Sendable {
    package let mspID: MSPID
    /// The certificate as PEM text.
    package let certificatePEM: [UInt8]

    package init(mspID: MSPID, certificatePEM: [UInt8]) {
        self.mspID = mspID
        self.certificatePEM = certificatePEM
    }

    /// Reads a serialised `msp.SerializedIdentity`.
    package init(serialized: [UInt8]) throws(MessageError) {
        let message = try Msp_SerializedIdentity.decode(serialized, as: "serialized identity")
        self.init(mspID: MSPID(message.mspid), certificatePEM: message.idBytes.byteArray)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Msp_SerializedIdentity()
        message.mspid = self.mspID.text
        message.idBytes = self.certificatePEM.data
        return message.encoded()
    }
}
