import CryptoPrimitives

/// The encryption key, nonce and key commitment of one record: HKDF-SHA-256(salt = recordID, key K, info = "EMS1/keys" || H0), 76 bytes.
///
/// The commitment tells a wrong key from a damaged ciphertext and binds the ciphertext to one key. K is used once, so the derived nonce never repeats.
struct EMS1KeySchedule {
    let encryptionKey: [UInt8]
    let nonce: [UInt8]
    let commitment: [UInt8]

    init(key: [UInt8], recordID: [UInt8], unkeyedHeader: [UInt8]) throws(EMS1Error) {
        let info = Array("EMS1/keys".utf8) + unkeyedHeader
        do {
            let output = try HKDFSHA256.derive(inputKey: key, salt: recordID, info: info, length: 76)
            encryptionKey = Array(output[0..<32])
            nonce = Array(output[32..<44])
            commitment = Array(output[44..<76])
        } catch {
            throw .cryptographyFailed
        }
    }
}
