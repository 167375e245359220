internal import COpenSSL

/// EMSA-PSS of RFC 8017 section 9.1.1 with SHA-384 and MGF1-SHA-384; the salt is passed in, which OpenSSL's own padding does not allow.
enum PSSEncoding {
    static let digestLength = 48

    static func digest(_ parts: [UInt8]...) -> [UInt8] {
        let joined = Array(parts.joined())
        return [UInt8](unsafeUninitializedCapacity: self.digestLength) { buffer, count in
            SHA384(joined, joined.count, buffer.baseAddress)
            count = self.digestLength
        }
    }

    /// The encoded message of ceil(bits / 8) bytes; keys of 2048 bits and more have room for digest and salt.
    static func encode(_ message: [UInt8], salt: [UInt8], bits: Int) -> [UInt8] {
        let length = (bits + 7) / 8
        let hash = self.digest([UInt8](repeating: 0, count: 8), self.digest(message), salt)
        var masked = [UInt8](repeating: 0, count: length - salt.count - self.digestLength - 2) + [1] + salt
        var mask: [UInt8] = []
        var counter: UInt8 = 0  // at most 11: 512 bytes of modulus in steps of 48
        while mask.count < masked.count {
            mask += self.digest(hash, [0, 0, 0, counter])
            counter += 1
        }
        for index in masked.indices { masked[index] ^= mask[index] }
        if let top = masked.first { masked[0] = top & (0xff >> UInt8(truncatingIfNeeded: 8 * length - bits)) }
        return masked + hash + [0xbc]
    }
}

/// Owns an OpenSSL RSA key. `@unchecked Sendable` is sound: it is never changed after `init`, and OpenSSL's keys may be used by many threads.
final class RawRSAKey: @unchecked Sendable, CustomReflectable {
    private static let exponent = BigNumber(65_537)

    private let pointer: OpaquePointer
    let modulus: BigNumber

    /// The modulus, big-endian and without leading zeros.
    var modulusBytes: [UInt8] { self.modulus.bytes }

    convenience init(publicDER der: [UInt8]) throws(CryptoError) {
        try self.init(der, item: "blind signer's key") { d2i_PUBKEY(nil, &$0, $1) }
    }

    convenience init(privateDER der: [UInt8]) throws(CryptoError) {
        try self.init(der, item: "blind signer's private key") { d2i_AutoPrivateKey(nil, &$0, $1) }
    }

    private init(_ der: [UInt8], item: String, read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?) throws(CryptoError) {
        let key: OpaquePointer? = der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let key = read(&cursor, bytes.count)
            if cursor == bytes.baseAddress.map({ $0 + bytes.count }) { return key }
            EVP_PKEY_free(key)
            return nil
        }
        ERR_clear_error()
        guard let key else { throw .malformed(item: item, reason: "it is not the DER of a key, or has bytes after it") }
        do throws(CryptoError) {
            self.modulus = try Self.checkedModulus(key, item: item)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        self.pointer = key
    }

    deinit { EVP_PKEY_free(self.pointer) }

    var customMirror: Mirror { Mirror(self, children: [:]) }

    private static func checkedModulus(_ key: OpaquePointer, item: String) throws(CryptoError) -> BigNumber {
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { throw .unsupported(item: item, reason: "the key is not an RSA key") }
        let bits = Int(EVP_PKEY_get_bits(key))
        guard bits <= Limits.rsaBits.upperBound else { throw .tooLarge(item: item, limit: Limits.rsaBits.upperBound, found: bits, unit: "bits") }
        guard bits >= Limits.rsaBits.lowerBound else {
            throw .unsupported(item: item, reason: "\(bits) bits are too few to be safe; use at least \(Limits.rsaBits.lowerBound)")
        }
        guard let modulus = self.parameter("n", of: key), let exponent = self.parameter("e", of: key) else {
            throw .malformed(item: item, reason: "it has no modulus or no exponent")
        }
        guard modulus.isOdd else { throw .malformed(item: item, reason: "its modulus is even") }
        guard exponent == self.exponent else { throw .unsupported(item: item, reason: "its exponent is not 65537") }
        return modulus
    }

    private static func parameter(_ name: String, of key: OpaquePointer) -> BigNumber? {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else {
            ERR_clear_error()
            return nil
        }
        defer { BN_free(number) }
        let count = (Int(BN_num_bits(number)) + 7) / 8
        return BigNumber(
            bytes: [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = Int(BN_bn2bin(number, buffer.baseAddress))
            })
    }

    var publicDER: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(Int(i2d_PUBKEY(self.pointer, nil)), 0)) { buffer, count in
            var cursor = buffer.baseAddress
            count = buffer.isEmpty ? 0 : max(Int(i2d_PUBKEY(self.pointer, &cursor)), 0)
        }
    }

    /// PKCS#8.
    var privateDER: [UInt8] {
        get throws(CryptoError) {
            guard let info = EVP_PKEY2PKCS8(self.pointer) else { throw .operationFailed("writing an RSA key") }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            let length = i2d_PKCS8_PRIV_KEY_INFO(info, nil)
            guard length > 0 else { throw .operationFailed("writing an RSA key") }
            return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
                var cursor = buffer.baseAddress
                count = max(Int(i2d_PKCS8_PRIV_KEY_INFO(info, &cursor)), 0)
            }
        }
    }

    /// The input to the power 65537; nil unless it is as long as the modulus and below it.
    func publicOperation(_ input: [UInt8]) -> [UInt8]? {
        self.runRaw(input, start: EVP_PKEY_encrypt_init, run: EVP_PKEY_encrypt)
    }

    /// The input to the power of the private exponent, constant in time.
    func privateOperation(_ input: [UInt8]) -> [UInt8]? {
        self.runRaw(input, start: EVP_PKEY_decrypt_init, run: EVP_PKEY_decrypt)
    }

    private func runRaw(
        _ input: [UInt8], start: (OpaquePointer?) -> Int32,
        run: (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int) -> Int32
    ) -> [UInt8]? {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, self.pointer, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        defer { ERR_clear_error() }
        var length = (self.modulus.bitLength + 7) / 8
        var output = [UInt8](repeating: 0, count: length)
        guard start(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1,
            run(context, &output, &length, input, input.count) == 1, length == output.count
        else { return nil }
        return output
    }

    func verifyPSS(signature: [UInt8], message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        defer { ERR_clear_error() }
        var parameters: OpaquePointer?
        guard EVP_DigestVerifyInit_ex(context, &parameters, "SHA384", nil, nil, self.pointer, nil) == 1,
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, Int32(BlindRSA.saltLength)) == 1
        else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
