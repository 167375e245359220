import COpenSSL

/// The second opinion: the same operations by OpenSSL's own code, knowing nothing of ours.
enum OpenSSLOracle {
    static func hmac(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        // A non-null pointer even for an empty key: OpenSSL takes null to mean "the key of last time".
        HMAC(EVP_sha256(), key + [0], Int32(key.count), message, message.count, &code, &length)
        return code
    }

    /// ECDSA over SHA-256, without any rule on the size of s; nil when the key is not readable.
    static func verify(_ signature: [UInt8], message: [UInt8], spki: [UInt8]) -> Bool? {
        guard let key = publicKey(spki) else { return nil }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        defer { ERR_clear_error() }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// ECDSA over SHA-256 with the private key of the DER; s is as it comes.
    static func sign(_ message: [UInt8], privateKey der: [UInt8]) -> [UInt8]? {
        guard let key = privateKey(der) else { return nil }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var length = 200
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { return nil }
        return Array(signature.prefix(length))
    }

    /// The x coordinate that two P-256 keys agree on.
    static func agree(privateKey der: [UInt8], peer spki: [UInt8]) -> [UInt8]? {
        guard let key = privateKey(der), let peer = publicKey(spki), let context = EVP_PKEY_CTX_new(key, nil) else { return nil }
        defer {
            EVP_PKEY_free(key)
            EVP_PKEY_free(peer)
            EVP_PKEY_CTX_free(context)
        }
        var length = 32
        var secret = [UInt8](repeating: 0, count: length)
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer) == 1,
            EVP_PKEY_derive(context, &secret, &length) == 1, length == 32
        else { return nil }
        return secret
    }

    /// A new key on a curve, as the DER of its private half and its SubjectPublicKeyInfo.
    static func newKey(curve: Int32) -> (privateDER: [UInt8], spki: [UInt8])? {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve) == 1,
            EVP_PKEY_generate(context, &key) == 1
        else { return nil }
        defer { EVP_PKEY_free(key) }
        return (der(of: key, i2d_PrivateKey), der(of: key, i2d_PUBKEY))
    }

    static let p256 = NID_X9_62_prime256v1
    static let p384 = NID_secp384r1
    static let p521 = NID_secp521r1

    private typealias Writer = (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32

    private static func der(of key: OpaquePointer?, _ write: Writer) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(write(key, nil)))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            _ = write(key, &cursor)
        }
        return bytes
    }

    private static func publicKey(_ spki: [UInt8]) -> OpaquePointer? {
        spki.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_PUBKEY(nil, &cursor, bytes.count)
        }
    }

    private static func privateKey(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_AutoPrivateKey(nil, &cursor, bytes.count)
        }
    }
}
