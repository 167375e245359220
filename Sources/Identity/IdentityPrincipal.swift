import CryptoPrimitives
import FabricMessages
import LedgerModel

/// One named certificate as a principal. Two values are equal when their bytes are.
package struct IdentityPrincipal: Hashable, Sendable, CustomStringConvertible {
    /// The bytes of `msp.SerializedIdentity` as the policy holds them.
    package let serialized: [UInt8]
    /// The organisation; nil when the bytes do not parse, and then nobody meets the principal.
    package let mspID: MSPID?
    /// Nil when there is no readable certificate. Read once here: a block's policy lists every consenter and is evaluated for every block.
    let certificate: Certificate?

    package init(serialized: [UInt8]) {
        self.serialized = serialized
        guard serialized.count <= Limits.serializedIdentityBytes,
            let message = try? Msp_SerializedIdentity.decode(serialized, as: "identity principal")
        else {
            self.mspID = nil
            self.certificate = nil
            return
        }
        self.mspID = MSPID(message.mspid)
        self.certificate = try? Certificate(pem: message.idBytes.byteArray)
    }

    package init(mspID: MSPID, certificate: Certificate) {
        self.init(serialized: SerializedIdentity.bytes(mspID: mspID, certificate: certificate))
    }

    package var description: String {
        guard let mspID, let certificate else { return "IDENTITY(unreadable)" }
        return "IDENTITY(\(mspID.text), \(Base16.encode(Array(certificate.sha256.prefix(8)))))"
    }

    package static func == (left: IdentityPrincipal, right: IdentityPrincipal) -> Bool { left.serialized == right.serialized }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.serialized)
    }
}
