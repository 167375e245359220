internal import COpenSSL

/// AES in Galois/counter mode with 12-byte nonces and 16-byte tags (NIST SP 800-38D).
///
/// A nonce must never be used twice under one key: that gives away the key's authentication secret.
package enum AESGCM {
    package static let nonceLength = 12
    package static let tagLength = 16

    /// Encrypts and authenticates; the result is ciphertext followed by the 16-byte tag. Keys have 16 or 32 bytes.
    package static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], authenticating: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try CipherContext(gcmKey: key, nonce: nonce, encrypting: true)
        try CipherContext.check(plaintext.count)
        try context.authenticate(authenticating)
        var output = try plaintext.withUnsafeBufferPointer { input throws(CryptoError) in
            try context.update(input, spare: tagLength)
        }
        guard context.finish(into: &output), let tag = context.tag() else { throw .operationFailed("AES-GCM sealing") }
        output += tag
        return output
    }

    /// Opens what `seal` made; throws `authenticationFailed` and releases nothing when any byte, the key, nonce or associated data differ.
    package static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], authenticating: [UInt8]) throws(CryptoError) -> [UInt8] {
        try open(sealed[...], key: key, nonce: nonce, authenticating: authenticating)
    }

    /// Opens what `seal` made; throws `authenticationFailed` and releases nothing when any byte, the key, nonce or associated data differ.
    package static func open(_ sealed: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8], authenticating: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try CipherContext(gcmKey: key, nonce: nonce, encrypting: false)
        guard sealed.count >= tagLength else { throw .authenticationFailed }
        try CipherContext.check(sealed.count)
        try context.authenticate(authenticating)
        var output = try sealed.dropLast(tagLength).withUnsafeBufferPointer { input throws(CryptoError) in
            try context.update(input, spare: 0)
        }
        guard context.expect(tag: Array(sealed.suffix(tagLength))), context.finish(into: &output) else {
            cleanse(&output)
            throw .authenticationFailed
        }
        return output
    }
}

/// AES in cipher block chaining mode with PKCS#7 padding (NIST SP 800-38A): the scheme of the paper, **not authenticated**.
///
/// Anyone may change what it protects without being noticed, and a reader who reports bad padding tells an attacker the plaintext. It is here only
/// to reproduce published figures; records use `AESGCM`.
package enum AESCBC {
    package static let ivLength = 16

    /// Encrypts under a 16- or 32-byte key; the result has 1 to 16 bytes of padding. The iv must be unpredictable.
    package static func encrypt(_ plaintext: [UInt8], key: [UInt8], iv: [UInt8]) throws(CryptoError) -> [UInt8] {
        try run(plaintext, key: key, iv: iv, encrypting: true)
    }

    /// Decrypts; throws `authenticationFailed` when the padding is wrong, which is no proof of integrity when it is right.
    package static func decrypt(_ ciphertext: [UInt8], key: [UInt8], iv: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard !ciphertext.isEmpty, ciphertext.count % ivLength == 0 else {
            throw .malformed(item: "AES-CBC ciphertext", reason: "its length is not a positive multiple of 16 bytes")
        }
        return try run(ciphertext, key: key, iv: iv, encrypting: false)
    }

    private static func run(_ input: [UInt8], key: [UInt8], iv: [UInt8], encrypting: Bool) throws(CryptoError) -> [UInt8] {
        guard iv.count == ivLength else { throw .wrongLength(item: "AES-CBC iv", expected: "16", found: iv.count) }
        let context = try CipherContext(key: key, short: Ciphers.cbc128, long: Ciphers.cbc256, iv: iv, encrypting: encrypting)
        try CipherContext.check(input.count)
        var output = try input.withUnsafeBufferPointer { input throws(CryptoError) in
            try context.update(input, spare: ivLength)
        }
        guard context.finish(into: &output) else {
            cleanse(&output)
            throw .authenticationFailed
        }
        return output
    }
}

/// The cipher implementations, fetched once: a fetch by name costs more than encrypting a record.
///
/// `nonisolated(unsafe)` is sound: an `EVP_CIPHER` is immutable after the fetch and lives as long as the process.
private enum Ciphers {
    nonisolated(unsafe) static let gcm128 = EVP_CIPHER_fetch(nil, "AES-128-GCM", nil)
    nonisolated(unsafe) static let gcm256 = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    nonisolated(unsafe) static let cbc128 = EVP_CIPHER_fetch(nil, "AES-128-CBC", nil)
    nonisolated(unsafe) static let cbc256 = EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)
}

/// One run of a cipher; owns its `EVP_CIPHER_CTX`, which OpenSSL overwrites when it is freed.
private struct CipherContext: ~Copyable {
    private let context: OpaquePointer

    init(gcmKey key: [UInt8], nonce: [UInt8], encrypting: Bool) throws(CryptoError) {
        guard nonce.count == AESGCM.nonceLength else {
            throw .wrongLength(item: "AES-GCM nonce", expected: "12", found: nonce.count)
        }
        try self.init(key: key, short: Ciphers.gcm128, long: Ciphers.gcm256, iv: nonce, encrypting: encrypting)
    }

    init(key: [UInt8], short: OpaquePointer?, long: OpaquePointer?, iv: [UInt8], encrypting: Bool) throws(CryptoError) {
        guard key.count == 16 || key.count == 32 else { throw .wrongLength(item: "AES key", expected: "16 or 32", found: key.count) }
        guard let cipher = key.count == 16 ? short : long, let context = EVP_CIPHER_CTX_new() else {
            throw .operationFailed("setting up AES")
        }
        guard EVP_CipherInit_ex2(context, cipher, key, iv, encrypting ? 1 : 0, nil) == 1 else {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
            throw .operationFailed("setting up AES")
        }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    static func check(_ count: Int) throws(CryptoError) {
        guard count <= Limits.aesBytes else { throw .tooLarge(item: "AES input", limit: Limits.aesBytes, found: count, unit: "bytes") }
    }

    /// Feeds associated data.
    func authenticate(_ bytes: [UInt8]) throws(CryptoError) {
        try Self.check(bytes.count)
        guard !bytes.isEmpty else { return }
        var length: Int32 = 0
        guard EVP_CipherUpdate(context, nil, &length, bytes, Int32(bytes.count)) == 1 else {
            ERR_clear_error()
            throw .operationFailed("authenticating associated data")
        }
    }

    /// Runs `input` through the cipher; `spare` bytes of room are kept for what `finish` or the tag adds.
    func update(_ input: UnsafeBufferPointer<UInt8>, spare: Int) throws(CryptoError) -> [UInt8] {
        guard !input.isEmpty else { return [] }
        var succeeded = false
        let output = [UInt8](unsafeUninitializedCapacity: input.count + max(spare, 16)) { buffer, count in
            var length: Int32 = 0
            succeeded = EVP_CipherUpdate(context, buffer.baseAddress, &length, input.baseAddress, Int32(input.count)) == 1
            count = Int(length)
        }
        guard succeeded else {
            ERR_clear_error()
            throw .operationFailed("AES")
        }
        return output
    }

    /// Appends the last block, if the mode has one; false when padding or tag are wrong.
    func finish(into output: inout [UInt8]) -> Bool {
        var length: Int32 = 0
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { block in
            guard EVP_CipherFinal_ex(context, block.baseAddress, &length) == 1 else {
                ERR_clear_error()
                return false
            }
            output += block.prefix(Int(length))
            return true
        }
    }

    func tag() -> [UInt8]? {
        var tag = [UInt8](repeating: 0, count: AESGCM.tagLength)
        return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1 ? tag : nil
    }

    func expect(tag: [UInt8]) -> Bool {
        var tag = tag
        return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
    }
}
