internal import COpenSSL

/// Blind RSA signatures: RFC 9474, variant RSABSSA-SHA384-PSS-Randomized, with keys of 2048 to 4096 bits and the exponent 65537.
///
/// The signer sees a blinded message only. What the holder makes of the answer is an ordinary PSS signature (SHA-384 in both places, salt of 48
/// bytes), and every signing transcript fits every signature: for any pair there is a blinding factor that leads from one to the other.
package enum BlindRSA {
    /// Random bytes in front of every message (RFC 9474 section 4.1).
    package static let prefixLength = 32
    /// Bytes of the PSS salt.
    package static let saltLength = 48

    /// The message with a fresh random prefix; this is what is blinded, signed and verified.
    package static func prepare(_ message: [UInt8], random: inout some RandomSource) -> [UInt8] {
        random.bytes(count: self.prefixLength) + message
    }

    /// A blinded message and what its owner needs to take the blinding off the answer.
    package struct Blinded: Sendable {
        /// What the signer gets, as long as the modulus.
        package let message: [UInt8]
        /// What stays with the owner.
        package let secret: BlindingSecret
    }
}

/// The inverse of a blinding factor, as long as the modulus. With it the signer could link its answer to the signature.
package struct BlindingSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let inverse: SecretBytes

    /// Takes the bytes back that `bytes` gave.
    package init(bytes: [UInt8]) { self.inverse = SecretBytes(bytes) }

    /// The secret itself, for the owner's own file.
    package var bytes: [UInt8] { self.inverse.withBytes { Array($0) } }

    package var description: String { "<blinding secret>" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The public key of a blind signer.
///
/// With exponent 65537, an odd modulus and a size in 2048...4096 bits, all checked when it is read, blindness does not rest on computing power.
/// A key whose modulus was built so that the exponent is no permutation shows itself: it cannot answer almost any request.
package struct BlindVerificationKey: Sendable, Hashable, CustomStringConvertible {
    /// SubjectPublicKeyInfo of an ordinary RSA key.
    package let spkiDER: [UInt8]
    /// Bytes of the modulus, which are the bytes of every blinded message and signature.
    package var modulusLength: Int { (self.bits + 7) / 8 }
    package var bits: Int { self.modulus.bitLength }
    private let modulus: BigNumber
    private let key: RawRSAKey

    /// Reads a SubjectPublicKeyInfo; throws unless size, parity, exponent and encoding are as demanded.
    package init(spkiDER: [UInt8]) throws(CryptoError) {
        guard spkiDER.count <= Limits.privateKeyBytes else {
            throw .tooLarge(item: "blind signer's key", limit: Limits.privateKeyBytes, found: spkiDER.count, unit: "bytes")
        }
        try self.init(RawRSAKey(publicDER: spkiDER))
        guard self.spkiDER == spkiDER else { throw .malformed(item: "blind signer's key", reason: "it is not in the one form of DER") }
    }

    /// Reads PEM (`PUBLIC KEY`).
    package init(pem: String) throws(CryptoError) {
        guard let block = try PEM.first(Array(pem.utf8)), block.label == "PUBLIC KEY" else {
            throw .malformed(item: "blind signer's key", reason: "the text has no PUBLIC KEY block")
        }
        try self.init(spkiDER: block.der)
    }

    fileprivate init(_ key: RawRSAKey) throws(CryptoError) {
        self.key = key
        self.modulus = key.modulus
        self.spkiDER = key.publicDER
    }

    package var pem: String { PEM.encode(label: "PUBLIC KEY", der: self.spkiDER) }

    /// Blinds a prepared message with fresh salt and factor.
    package func blind(_ prepared: [UInt8], random: inout some RandomSource) throws(CryptoError) -> BlindRSA.Blinded {
        try self.blind(prepared, salt: random.bytes(count: BlindRSA.saltLength), random: &random)
    }

    /// Blinds a prepared message; the signature that comes of it depends on the salt, never on the factor that is drawn from `random`.
    package func blind(_ prepared: [UInt8], salt: [UInt8], random: inout some RandomSource) throws(CryptoError) -> BlindRSA.Blinded {
        // A draw is below the modulus with a chance of at least one half, and all but never without an inverse.
        for _ in 0..<256 {
            var bytes = random.bytes(count: self.modulusLength)
            defer { cleanse(&bytes) }
            let spare = self.modulusLength * 8 - self.bits
            if let top = bytes.first { bytes[0] = top & (0xff >> UInt8(truncatingIfNeeded: spare)) }
            let factor = BigNumber(bytes: bytes)
            guard !factor.isZero, factor < self.modulus, let inverse = RawRSAKey.secretInverse(factor, modulus: self.modulus) else { continue }
            return try self.blind(prepared, salt: salt, factor: factor, inverse: inverse)
        }
        throw .operationFailed("drawing a blinding factor")
    }

    /// Blinds with a given factor, whose inverse is given too; for `blind` above and for published vectors.
    func blind(_ prepared: [UInt8], salt: [UInt8], factor: BigNumber, inverse: BigNumber) throws(CryptoError) -> BlindRSA.Blinded {
        guard salt.count == BlindRSA.saltLength else {
            throw .wrongLength(item: "PSS salt", expected: "\(BlindRSA.saltLength)", found: salt.count)
        }
        let encoded = BigNumber(bytes: PSSEncoding.encode(prepared, salt: salt, bits: self.bits - 1))
        guard encoded < self.modulus, encoded.modInverse(self.modulus) != nil,
            let masked = self.key.publicOperation(factor.bytes(count: self.modulusLength) ?? []),
            let message = encoded.modMul(BigNumber(bytes: masked), self.modulus).bytes(count: self.modulusLength),
            let kept = inverse.bytes(count: self.modulusLength)
        else { throw .operationFailed("blinding") }
        return BlindRSA.Blinded(message: message, secret: BlindingSecret(bytes: kept))
    }

    /// Takes the blinding off and checks what is left; throws `authenticationFailed` when the signer's answer is not a signature of the message.
    package func finalize(prepared: [UInt8], blindSignature: [UInt8], secret: BlindingSecret) throws(CryptoError) -> [UInt8] {
        guard blindSignature.count == self.modulusLength else {
            throw .wrongLength(item: "blind signature", expected: "\(self.modulusLength)", found: blindSignature.count)
        }
        let inverse = BigNumber(bytes: secret.bytes)
        guard let signature = BigNumber(bytes: blindSignature).modMul(inverse, self.modulus).bytes(count: self.modulusLength),
            self.isValid(signature: signature, for: prepared)
        else { throw .authenticationFailed }
        return signature
    }

    /// Whether the signature is right for the prepared message: RSASSA-PSS-VERIFY of RFC 8017 with SHA-384 and a salt of 48 bytes.
    package func isValid(signature: [UInt8], for prepared: [UInt8]) -> Bool {
        signature.count == self.modulusLength && self.key.verifyPSS(signature: signature, message: prepared)
    }

    package static func == (left: BlindVerificationKey, right: BlindVerificationKey) -> Bool { left.spkiDER == right.spkiDER }
    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(self.spkiDER) }
    package var description: String { "blind signer's key of \(self.bits) bits \(Base16.encode(Array(SHA256.hash(self.spkiDER).prefix(8))))" }
}

/// The private key of a blind signer; use it for nothing but blind signatures of one purpose.
package struct BlindSigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let verificationKey: BlindVerificationKey
    private let key: RawRSAKey

    /// A new key; slow (0.1 to 2 seconds).
    package static func generate(bits: Int) throws(CryptoError) -> BlindSigningKey {
        try BlindSigningKey(pem: RSAPrivateKey.generate(bits: bits).pem)
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    package init(pem: String) throws(CryptoError) {
        var der = try PrivateKeyPEM.der(in: pem)
        defer { cleanse(&der) }
        self.key = try RawRSAKey(privateDER: der)
        self.verificationKey = try BlindVerificationKey(self.key)
    }

    /// PKCS#8 in PEM. This is the secret itself: write it only where a key belongs.
    package var pem: String {
        get throws(CryptoError) { PEM.encode(label: "PRIVATE KEY", der: try self.key.privateDER) }
    }

    /// Signs a blinded message (RFC 9474 section 4.3); throws `malformed` unless it is as long as the modulus and below it.
    ///
    /// The private operation is OpenSSL's: constant in time and blinded once more. The result is checked with the public exponent before it leaves,
    /// because a faulty one would give the key away.
    package func sign(blinded message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let length = self.verificationKey.modulusLength
        guard message.count == length else { throw .wrongLength(item: "blinded message", expected: "\(length)", found: message.count) }
        let number = BigNumber(bytes: message)
        guard !number.isZero, number < self.key.modulus else {
            throw .malformed(item: "blinded message", reason: "its number is zero or not below the modulus")
        }
        guard let signature = self.key.privateOperation(message), signature.count == length,
            let back = self.key.publicOperation(signature), back == message
        else { throw .operationFailed("blind signing") }
        return signature
    }

    package var description: String { "<private key of \(self.verificationKey)>" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// EMSA-PSS of RFC 8017 section 9.1.1 with SHA-384 and MGF1-SHA-384; the salt is passed in, which OpenSSL's own padding does not allow.
private enum PSSEncoding {
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
private final class RawRSAKey: @unchecked Sendable, CustomReflectable {
    private static let exponent = BigNumber(65_537)

    private let pointer: OpaquePointer
    let modulus: BigNumber

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

    /// The inverse of a secret number by OpenSSL's branchless way; nil when there is none.
    static func secretInverse(_ number: BigNumber, modulus: BigNumber) -> BigNumber? {
        var secret = number.bytes
        defer { cleanse(&secret) }
        let odd = modulus.bytes
        guard let scratch = BN_CTX_secure_new(), let value = BN_bin2bn(secret, Int32(secret.count), nil),
            let divisor = BN_bin2bn(odd, Int32(odd.count), nil)
        else { return nil }
        defer {
            BN_CTX_free(scratch)
            BN_clear_free(value)
            BN_free(divisor)
            ERR_clear_error()
        }
        BN_set_flags(value, BN_FLG_CONSTTIME)
        guard let inverse = BN_mod_inverse(nil, value, divisor, scratch) else { return nil }
        defer { BN_clear_free(inverse) }
        var bytes = [UInt8](repeating: 0, count: odd.count)
        defer { cleanse(&bytes) }
        guard BN_bn2binpad(inverse, &bytes, Int32(bytes.count)) == Int32(bytes.count) else { return nil }
        return BigNumber(bytes: bytes)
    }
}
