import CryptoPrimitives
import LedgerModel

/// The other valid signature that follows from one: s replaced by n - s.
enum HighS {
    private static let order = BigNumber(
        bytes: Base16.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") ?? [])

    /// Nil when the bytes are not two short DER integers.
    static func twin(of signature: [UInt8]) -> [UInt8]? {
        guard signature.count > 4, signature[0] == 0x30, signature[2] == 2 else { return nil }
        let sStart = 4 + Int(signature[3])
        guard sStart + 2 < signature.count, signature[sStart] == 2 else { return nil }
        let s = BigNumber(bytes: Array(signature[(sStart + 2)...]))
        var bytes = (self.order - s).bytes
        if let first = bytes.first, first >= 0x80 { bytes.insert(0, at: 0) }
        let content = signature[2..<sStart] + [2, UInt8(bytes.count)] + bytes
        return [0x30, UInt8(content.count)] + content
    }
}

/// Identities with any content.
enum SerializedIdentityBytes {
    static func make(_ mspID: MSPID, _ pem: [UInt8]) -> [UInt8] {
        SerializedIdentity(mspID: mspID, certificatePEM: pem).serialized()
    }
}
