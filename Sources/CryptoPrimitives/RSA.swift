internal import COpenSSL

/// An RSA public key of 2048 to 4096 bits: the paper's way to hand over keys; records use `SealingKey`.
package struct RSAPublicKey: Sendable, CustomStringConvertible {
    fileprivate let key: EVPKey

    fileprivate init(_ key: EVPKey) { self.key = key }

    /// Reads a SubjectPublicKeyInfo in PEM (`PUBLIC KEY`).
    package init(pem: String) throws(CryptoError) {
        guard let block = try PEM.first(Array(pem.utf8)), block.label == "PUBLIC KEY" else {
            throw .malformed(item: "RSA public key", reason: "the text has no PUBLIC KEY block")
        }
        key = try EVPKey(rsaPublic: block.der)
    }

    package var pem: String { PEM.encode(label: "PUBLIC KEY", der: key.publicDER) }
    /// Bits of the modulus.
    package var bits: Int { key.bits }
    /// Most bytes that one OAEP-SHA256 encryption takes: the modulus less 66 bytes.
    package var largestMessage: Int { (bits + 7) / 8 - 2 * SHA256.digestLength - 2 }

    /// Encrypts at most `largestMessage` bytes with OAEP, SHA-256 in both places (RFC 8017 section 7.1).
    package func encryptOAEP(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard message.count <= largestMessage else {
            throw .tooLarge(item: "RSA message", limit: largestMessage, found: message.count, unit: "bytes")
        }
        guard let ciphertext = key.runOAEP(message, start: EVP_PKEY_encrypt_init, run: EVP_PKEY_encrypt) else {
            throw .operationFailed("RSA encryption")
        }
        return ciphertext
    }

    /// Whether the signature is right for the message under PSS with SHA-256 and a salt of 32 bytes (RFC 8017 section 8.1).
    package func verifyPSS(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard let context = key.pssContext(EVP_DigestVerifyInit_ex) else { return false }
        defer { EVP_MD_CTX_free(context) }
        defer { ERR_clear_error() }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    package var description: String { "RSA public key of \(bits) bits" }
}

/// An RSA private key of 2048 to 4096 bits; never shown.
package struct RSAPrivateKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    private let key: EVPKey

    private init(_ key: EVPKey) { self.key = key }

    /// A new key; slow (0.1 to 2 seconds). Throws `tooLarge` or `unsupported` outside 2048...4096 bits.
    package static func generate(bits: Int) throws(CryptoError) -> RSAPrivateKey {
        RSAPrivateKey(try EVPKey(generatingRSA: bits))
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    package init(pem: String) throws(CryptoError) {
        var der = try PrivateKeyPEM.der(in: pem)
        defer { cleanse(&der) }
        key = try EVPKey(rsaPrivate: der)
    }

    /// PKCS#8 in PEM. This is the secret itself: write it only where a key belongs.
    package var pem: String {
        get throws(CryptoError) { PEM.encode(label: "PRIVATE KEY", der: try key.privateDER) }
    }

    package var publicKey: RSAPublicKey { RSAPublicKey(key) }

    /// Opens what `RSAPublicKey.encryptOAEP` made; throws `authenticationFailed` for anything else, without saying what was wrong.
    package func decryptOAEP(_ ciphertext: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let message = key.runOAEP(ciphertext, start: EVP_PKEY_decrypt_init, run: EVP_PKEY_decrypt) else { throw .authenticationFailed }
        return message
    }

    /// Signs SHA-256 of the message with PSS and a salt of 32 random bytes.
    package func signPSS(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = key.pssContext(EVP_DigestSignInit_ex) else { throw .operationFailed("RSA signing") }
        defer { EVP_MD_CTX_free(context) }
        var length = (key.bits + 7) / 8
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1, length <= signature.count else {
            ERR_clear_error()
            throw .operationFailed("RSA signing")
        }
        signature.removeLast(signature.count - length)
        return signature
    }

    package var description: String { "<RSA private key of \(key.bits) bits>" }
    package var debugDescription: String { description }
}

/// Owns an OpenSSL key. `@unchecked Sendable` is sound: it is never changed after `init`, and OpenSSL's keys may be used by many threads at once.
private final class EVPKey: @unchecked Sendable, CustomReflectable {
    typealias Start = (OpaquePointer?) -> Int32
    typealias Run = (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int) -> Int32
    typealias DigestStart = (
        OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafePointer<CChar>?, OpaquePointer?, UnsafePointer<CChar>?, OpaquePointer?,
        UnsafePointer<OSSL_PARAM>?
    ) -> Int32

    let pointer: OpaquePointer

    init(generatingRSA bits: Int) throws(CryptoError) {
        try Self.check(bits)
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { throw .operationFailed("making an RSA key") }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else {
            ERR_clear_error()
            throw .operationFailed("making an RSA key")
        }
        pointer = key
    }

    init(rsaPublic der: [UInt8]) throws(CryptoError) {
        let key = der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let key = d2i_PUBKEY(nil, &cursor, bytes.count)
            return cursor == bytes.baseAddress.map { $0 + bytes.count } ? key : Self.freed(key)
        }
        pointer = try Self.checked(key, item: "RSA public key")
    }

    init(rsaPrivate der: [UInt8]) throws(CryptoError) {
        let key = der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let key = d2i_AutoPrivateKey(nil, &cursor, bytes.count)
            return cursor == bytes.baseAddress.map { $0 + bytes.count } ? key : Self.freed(key)
        }
        pointer = try Self.checked(key, item: "RSA private key")
    }

    deinit { EVP_PKEY_free(pointer) }

    private static func freed(_ key: OpaquePointer?) -> OpaquePointer? {
        EVP_PKEY_free(key)
        return nil
    }

    private static func checked(_ key: OpaquePointer?, item: String) throws(CryptoError) -> OpaquePointer {
        ERR_clear_error()
        guard let key else { throw .malformed(item: item, reason: "it is not the DER of a key, or has bytes after it") }
        do throws(CryptoError) {
            guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { throw .unsupported(item: item, reason: "the key is not an RSA key") }
            try check(Int(EVP_PKEY_get_bits(key)))
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        return key
    }

    private static func check(_ bits: Int) throws(CryptoError) {
        guard bits <= Limits.rsaBits.upperBound else {
            throw .tooLarge(item: "RSA key", limit: Limits.rsaBits.upperBound, found: bits, unit: "bits")
        }
        guard bits >= Limits.rsaBits.lowerBound else {
            throw .unsupported(item: "RSA key", reason: "\(bits) bits are too few to be safe; use at least \(Limits.rsaBits.lowerBound)")
        }
    }

    var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }
    var customMirror: Mirror { Mirror(self, children: [:]) }

    var publicDER: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(Int(i2d_PUBKEY(pointer, nil)), 0)) { buffer, count in
            var cursor = buffer.baseAddress
            count = buffer.isEmpty ? 0 : max(Int(i2d_PUBKEY(pointer, &cursor)), 0)
        }
    }

    /// PKCS#8.
    var privateDER: [UInt8] {
        get throws(CryptoError) {
            guard let info = EVP_PKEY2PKCS8(pointer) else { throw .operationFailed("writing an RSA key") }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            let length = i2d_PKCS8_PRIV_KEY_INFO(info, nil)
            guard length > 0 else { throw .operationFailed("writing an RSA key") }
            return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
                var cursor = buffer.baseAddress
                count = max(Int(i2d_PKCS8_PRIV_KEY_INFO(info, &cursor)), 0)
            }
        }
    }

    /// Encrypts or decrypts, by the functions given; nil when OpenSSL refuses.
    func runOAEP(_ input: [UInt8], start: Start, run: Run) -> [UInt8]? {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard start(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1, EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
        else {
            ERR_clear_error()
            return nil
        }
        var length = (bits + 7) / 8
        var output = [UInt8](repeating: 0, count: length)
        guard run(context, &output, &length, input, input.count) == 1, length <= output.count else {
            cleanse(&output)
            ERR_clear_error()
            return nil
        }
        output.removeLast(output.count - length)
        return output
    }

    /// A digest context ready to sign or verify with PSS; the caller frees it.
    func pssContext(_ start: DigestStart) -> OpaquePointer? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        var parameters: OpaquePointer?
        guard start(context, &parameters, "SHA256", nil, nil, pointer, nil) == 1,
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, Int32(SHA256.digestLength)) == 1
        else {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
            return nil
        }
        return context
    }
}
