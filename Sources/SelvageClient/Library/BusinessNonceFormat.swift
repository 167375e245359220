// The nonce of an attempt at a deed that has a business id. With the client's identity it makes the transaction's id, so the same deed has the same
// ids whenever and wherever this identity asks for it.
//
//     nonce      := first 24 bytes of HMAC-SHA-256(key, label text(channel) text(chaincode) text(business id) attempt)
//     key        := HKDF-SHA-256(the client's private key as PKCS#8 in PEM, no salt, info = label, 32 bytes)
//     label      := "selvage business nonce 1"        ASCII, 24 bytes
//     text(x)    := length of x in bytes, 4 bytes big-endian; x in UTF-8
//     attempt    := 4 bytes big-endian, from 1
//
// Nobody without the key can tell which business id stands behind a transaction, or that two transactions are attempts at the same.

import CryptoPrimitives
import Identity

/// Derives the nonces of a deed.
struct BusinessNonceFormat: Sendable {
    private static let label = Array("selvage business nonce 1".utf8)

    private let key: [UInt8]

    /// Nil when the library refuses to derive, which no key of a valid length causes.
    init?(_ identity: SigningIdentity) {
        self.init(secret: Array(identity.keyPEM.utf8))
    }

    init?(secret: [UInt8]) {
        guard let key = try? HKDFSHA256.derive(inputKey: secret, salt: [], info: Self.label, length: 32) else { return nil }
        self.key = key
    }

    func nonce(channel: [UInt8], chaincode: [UInt8], businessID: String, attempt: Int) -> [UInt8] {
        let parts = [Self.label, Self.text(channel), Self.text(chaincode), Self.text(Array(businessID.utf8)), Self.number(attempt)]
        return Array(HMACSHA256.authenticate(concatenating: parts, key: self.key).prefix(ProposalDraft.nonceBytes))
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] { self.number(bytes.count) + bytes }

    private static func number(_ value: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) } }
}
