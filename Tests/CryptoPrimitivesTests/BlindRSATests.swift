import COpenSSL
import Testing

@testable import CryptoPrimitives

@Suite struct BlindRSATests {
    /// One key for all tests: making one takes a good part of a second.
    static let key = Result { try BlindSigningKey.generate(bits: 2048) }

    @Test func `the published vector of RFC 9474 comes out in every step`() throws {
        let key = try BlindSigningKey(pem: Self.pem(p: BlindRSAVector.p, q: BlindRSAVector.q, d: BlindRSAVector.d))
        let prepared = BlindRSAVector.prefix + BlindRSAVector.message
        let (factor, inverse) = try Self.factor(fromInverse: BlindRSAVector.inverse)
        let verifier = key.verificationKey
        #expect(verifier.bits == 4096)
        let blinded = try verifier.blind(prepared, salt: BlindRSAVector.salt, factor: factor, inverse: inverse)
        #expect(blinded.message == BlindRSAVector.blinded)
        #expect(try key.sign(blinded: blinded.message) == BlindRSAVector.blindSignature)
        let signature = try verifier.finalize(prepared: prepared, blindSignature: BlindRSAVector.blindSignature, secret: blinded.secret)
        #expect(signature == BlindRSAVector.signature)
        #expect(verifier.isValid(signature: signature, for: prepared))
        #expect(!verifier.isValid(signature: signature, for: BlindRSAVector.message))
    }

    @Test func `the deterministic variant's published vector comes out of the same steps without a prefix`() throws {
        let key = try BlindSigningKey(pem: Self.pem(p: BlindRSAVector.p, q: BlindRSAVector.q, d: BlindRSAVector.d))
        let verifier = key.verificationKey
        let (factor, inverse) = try Self.factor(fromInverse: DeterministicBlindRSAVector.inverse)
        let blinded = try verifier.blind(BlindRSAVector.message, salt: DeterministicBlindRSAVector.salt, factor: factor, inverse: inverse)
        #expect(blinded.message == DeterministicBlindRSAVector.blinded)
        #expect(try key.sign(blinded: blinded.message) == DeterministicBlindRSAVector.blindSignature)
        let signature = try verifier.finalize(
            prepared: BlindRSAVector.message, blindSignature: DeterministicBlindRSAVector.blindSignature, secret: blinded.secret)
        #expect(signature == DeterministicBlindRSAVector.signature)
        #expect(Self.opensslVerifies(signature, BlindRSAVector.message, spki: verifier.spkiDER))
    }

    @Test func `the published signatures of the variants without a salt are not taken`() throws {
        let key = try BlindSigningKey(pem: Self.pem(p: BlindRSAVector.p, q: BlindRSAVector.q, d: BlindRSAVector.d))
        let cases = [
            (SaltlessBlindRSAVector.randomized, SaltlessBlindRSAVector.prefix + BlindRSAVector.message),
            (SaltlessBlindRSAVector.deterministic, BlindRSAVector.message),
        ]
        for (signature, prepared) in cases {
            #expect(!key.verificationKey.isValid(signature: signature, for: prepared))
            #expect(Self.opensslVerifies(signature, prepared, spki: key.verificationKey.spkiDER, saltLength: 0))
        }
    }

    @Test func `secret arithmetic agrees with the plain one, and refuses what is not below the modulus`() throws {
        var random = TestRandom(seed: 65_537)
        let key = try Self.key.get().verificationKey
        let modulus = try Self.modulus(of: key)
        let arithmetic = SecretModularArithmetic(modulus: modulus.bytes)
        let edges = [.zero, .one, BigNumber(2), modulus - .one, modulus - BigNumber(2)]
        let drawn = (0..<20).map { _ in BigNumber(bytes: random.bytes(count: 256)).mod(modulus) }
        let numbers = try (edges + drawn).map { ($0, SecretBytes(try #require($0.bytes(count: 256)))) }
        for (index, left) in numbers.enumerated() {
            let expected = left.0.modInverse(modulus)?.bytes(count: 256)
            #expect(arithmetic.inverse(of: left.1)?.withBytes { Array($0) } == expected, "seed \(random.seed)")
            for right in numbers[..<(index + 1)] {
                let product = arithmetic.product(left.1, right.1)?.withBytes { Array($0) }
                #expect(product == left.0.modMul(right.0, modulus).bytes(count: 256), "seed \(random.seed)")
            }
        }
        for tooLarge in [modulus, modulus + .one] {
            let secret = SecretBytes(try #require(tooLarge.bytes(count: 256)))
            #expect(arithmetic.product(secret, numbers[1].1) == nil && arithmetic.product(numbers[1].1, secret) == nil)
        }
    }

    @Test func `a blind signature is an ordinary PSS signature to OpenSSL's own verifier`() throws {
        var random = TestRandom(seed: 9474)
        let key = try Self.key.get()
        let prepared = BlindRSA.prepare(Array("a number".utf8), random: &random)
        #expect(prepared.count == 32 + 8)
        for _ in 0..<4 {
            let blinded = try key.verificationKey.blind(prepared, random: &random)
            let answer = try key.sign(blinded: blinded.message)
            let signature = try key.verificationKey.finalize(prepared: prepared, blindSignature: answer, secret: blinded.secret)
            #expect(Self.opensslVerifies(signature, prepared, spki: key.verificationKey.spkiDER), "seed \(random.seed)")
            #expect(answer != signature && blinded.message != signature)
        }
    }

    @Test func `signatures that OpenSSL makes with its own padding are taken for the same hash and salt, and for no other`() throws {
        let key = try Self.key.get()
        let prepared = [UInt8](repeating: 0x5c, count: 100)
        for (digest, saltLength, isTaken) in [
            ("SHA384", 48, true), ("SHA384", 32, false), ("SHA384", 0, false), ("SHA256", 48, false), ("SHA512", 48, false),
        ] as [(String, Int32, Bool)] {
            let signature = try #require(try Self.opensslSigns(prepared, key, digest: digest, saltLength: saltLength))
            #expect(key.verificationKey.isValid(signature: signature, for: prepared) == isTaken, "\(digest), salt \(saltLength)")
        }
    }

    @Test func `every changed byte of a signature, message or answer is noticed`() throws {
        var random = TestRandom(seed: 1)
        let key = try Self.key.get()
        let verifier = key.verificationKey
        let prepared = BlindRSA.prepare([1, 2, 3], random: &random)
        let blinded = try verifier.blind(prepared, random: &random)
        let answer = try key.sign(blinded: blinded.message)
        let signature = try verifier.finalize(prepared: prepared, blindSignature: answer, secret: blinded.secret)
        for index in 0..<signature.count { #expect(!verifier.isValid(signature: flipped(signature, bit: index * 8 + index % 8), for: prepared)) }
        for bit in 0..<prepared.count * 8 { #expect(!verifier.isValid(signature: signature, for: flipped(prepared, bit: bit))) }
        for index in stride(from: 0, to: answer.count, by: 16) {
            #expect(throws: CryptoError.authenticationFailed) {
                try verifier.finalize(prepared: prepared, blindSignature: flipped(answer, bit: index * 8), secret: blinded.secret)
            }
        }
        let other = try verifier.blind(prepared, random: &random)
        #expect(throws: CryptoError.authenticationFailed) {
            try verifier.finalize(prepared: prepared, blindSignature: answer, secret: other.secret)
        }
        for length in [0, 1, 255, 257] {
            let bytes = [UInt8](repeating: 1, count: length)
            #expect(!verifier.isValid(signature: bytes, for: prepared))
            #expect(throws: CryptoError.wrongLength(item: "blind signature", expected: "256", found: length)) {
                try verifier.finalize(prepared: prepared, blindSignature: bytes, secret: blinded.secret)
            }
        }
        // The same signature with the modulus added is as long in 2049 bits and no signature here.
        #expect(!verifier.isValid(signature: [UInt8](repeating: 0xff, count: 256), for: prepared))
    }

    @Test func `the signer refuses what is no number below its modulus`() throws {
        let key = try Self.key.get()
        for length in [0, 1, 255, 257, 10_000] {
            #expect(throws: CryptoError.wrongLength(item: "blinded message", expected: "256", found: length)) {
                try key.sign(blinded: [UInt8](repeating: 1, count: length))
            }
        }
        let refusal = CryptoError.malformed(item: "blinded message", reason: "its number is zero or not below the modulus")
        #expect(throws: refusal) { try key.sign(blinded: [UInt8](repeating: 0, count: 256)) }
        #expect(throws: refusal) { try key.sign(blinded: [UInt8](repeating: 0xff, count: 256)) }
    }

    @Test func `any signing transcript fits any signature, so the signer learns nothing`() throws {
        var random = TestRandom(seed: 7)
        let key = try Self.key.get()
        let verifier = key.verificationKey
        let modulus = try Self.modulus(of: verifier)
        let first = BlindRSA.prepare([1], random: &random)
        let second = BlindRSA.prepare([2], random: &random)
        let salts = [random.bytes(count: 48), random.bytes(count: 48)]
        let blinded = try verifier.blind(first, salt: salts[0], random: &random)
        let answer = try key.sign(blinded: blinded.message)
        let other = try verifier.blind(second, salt: salts[1], random: &random)
        let otherSignature = try verifier.finalize(
            prepared: second, blindSignature: try key.sign(blinded: other.message), secret: other.secret)
        // The factor that would have led from the second message to the first transcript: answer / signature.
        let factor = BigNumber(bytes: answer).modMul(try #require(BigNumber(bytes: otherSignature).modInverse(modulus)), modulus)
        let explained = try verifier.blind(
            second, salt: salts[1], factor: try Self.secret(factor), inverse: try Self.secret(try #require(factor.modInverse(modulus))))
        #expect(explained.message == blinded.message)
        #expect(try verifier.finalize(prepared: second, blindSignature: answer, secret: explained.secret) == otherSignature)
    }

    @Test func `the factor decides what the signer sees and nothing else`() throws {
        let key = try Self.key.get()
        let prepared = [UInt8](repeating: 5, count: 40)
        let salt = [UInt8](repeating: 6, count: 48)
        var seen: Set<[UInt8]> = []
        var signatures: Set<[UInt8]> = []
        for seed in 1...5 as ClosedRange<UInt64> {
            var random = TestRandom(seed: seed)
            let blinded = try key.verificationKey.blind(prepared, salt: salt, random: &random)
            seen.insert(blinded.message)
            signatures.insert(
                try key.verificationKey.finalize(
                    prepared: prepared, blindSignature: try key.sign(blinded: blinded.message), secret: blinded.secret))
        }
        #expect(seen.count == 5)
        #expect(signatures.count == 1)
        var random = TestRandom(seed: 1)
        #expect(throws: CryptoError.wrongLength(item: "PSS salt", expected: "48", found: 47)) {
            try key.verificationKey.blind(prepared, salt: [UInt8](repeating: 6, count: 47), random: &random)
        }
    }

    @Test func `keys that are small, even, of another exponent or another kind are refused`() throws {
        let key = try Self.key.get()
        #expect(try BlindVerificationKey(pem: key.verificationKey.pem) == key.verificationKey)
        #expect(try BlindSigningKey(pem: key.pem).verificationKey == key.verificationKey)
        #expect(throws: CryptoError.self) { try BlindSigningKey.generate(bits: 1024) }
        let modulus = try Self.modulus(of: key.verificationKey)
        func read(_ modulus: BigNumber, _ exponent: BigNumber) throws -> BlindVerificationKey {
            try BlindVerificationKey(spkiDER: Self.spki(modulus: modulus, exponent: exponent))
        }
        #expect(try read(modulus, BigNumber(65_537)) == key.verificationKey)
        for exponent in [1, 3, 17, 65_535, 65_539] as [UInt64] {
            #expect(throws: CryptoError.unsupported(item: "blind signer's key", reason: "its exponent is not 65537")) {
                try read(modulus, BigNumber(exponent))
            }
        }
        #expect(throws: CryptoError.malformed(item: "blind signer's key", reason: "its modulus is even")) {
            try read(modulus + .one, BigNumber(65_537))
        }
        #expect(throws: CryptoError.self) { try read(modulus >> 1024, BigNumber(65_537)) }
        #expect(throws: CryptoError.self) { try read(modulus << 2049, BigNumber(65_537)) }
        #expect(throws: CryptoError.self) { try BlindVerificationKey(spkiDER: key.verificationKey.spkiDER + [0]) }
        #expect(throws: CryptoError.self) { try BlindVerificationKey(spkiDER: []) }
        #expect(throws: CryptoError.self) { try BlindVerificationKey(spkiDER: SigningKey.generate().publicKey.spkiDER) }
        #expect(throws: CryptoError.self) { try BlindVerificationKey(pem: key.pem) }
        #expect(throws: CryptoError.self) { try BlindSigningKey(pem: SigningKey.generate().pem) }
    }

    @Test func `keys and blinding secrets show nothing`() throws {
        var random = TestRandom(seed: 3)
        let key = try Self.key.get()
        let secret = try key.verificationKey.blind([1], random: &random).secret
        var text = "\(key) \(String(reflecting: key)) \(secret) \(String(reflecting: secret))"
        dump(key, to: &text)
        dump(secret, to: &text)
        #expect(!text.contains(Base16.encode(Array(secret.bytes.prefix(8)))))
        #expect(text.contains("<blinding secret>") && text.count < 600)
        #expect(BlindingSecret(bytes: secret.bytes).bytes == secret.bytes)
    }

    // MARK: an encoder of DER of our own, and OpenSSL's verifier as it comes

    private static func modulus(of key: BlindVerificationKey) throws -> BigNumber {
        // SEQUENCE { SEQUENCE { OID, NULL }, BIT STRING { SEQUENCE { INTEGER n, INTEGER 65537 } } }: n stands before the last five bytes.
        BigNumber(bytes: Array(key.spkiDER.dropLast(5).suffix(key.modulusLength)))
    }

    private static func secret(_ number: BigNumber, length: Int = 256) throws -> SecretBytes {
        SecretBytes(try #require(number.bytes(count: length)))
    }

    /// Factor and inverse of a published vector, which has a modulus of 512 bytes.
    private static func factor(fromInverse bytes: [UInt8]) throws -> (factor: SecretBytes, inverse: SecretBytes) {
        let modulus = BigNumber(bytes: BlindRSAVector.p) * BigNumber(bytes: BlindRSAVector.q)
        let inverse = BigNumber(bytes: bytes)
        return (try self.secret(try #require(inverse.modInverse(modulus)), length: 512), try self.secret(inverse, length: 512))
    }

    private static func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 128 { return [tag, UInt8(count)] + content }
        return count < 256 ? [tag, 0x81, UInt8(count)] + content : [tag, 0x82, UInt8(count >> 8), UInt8(count & 255)] + content
    }

    private static func integer(_ number: BigNumber) -> [UInt8] {
        let bytes = number.bytes
        return self.der(2, (bytes.first ?? 0x80) >= 0x80 ? [0] + bytes : bytes)
    }

    private static func spki(modulus: BigNumber, exponent: BigNumber) -> [UInt8] {
        let algorithm = self.der(0x30, [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00])
        let key = self.der(0x30, self.integer(modulus) + self.integer(exponent))
        return self.der(0x30, algorithm + self.der(3, [0] + key))
    }

    /// PKCS#1 of a key whose numbers are given.
    private static func pem(p: [UInt8], q: [UInt8], d: [UInt8]) throws -> String {
        let (p, q, d) = (BigNumber(bytes: p), BigNumber(bytes: q), BigNumber(bytes: d))
        let numbers = [
            .zero, p * q, BigNumber(65_537), d, p, q, d.mod(p - .one), d.mod(q - .one), try #require(q.modInverse(p)),
        ]
        return PEM.encode(label: "RSA PRIVATE KEY", der: self.der(0x30, numbers.flatMap { $0.isZero ? [2, 1, 0] : self.integer($0) }))
    }

    private static func opensslVerifies(_ signature: [UInt8], _ message: [UInt8], spki: [UInt8], saltLength: Int32 = 48) -> Bool {
        let key = spki.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_PUBKEY(nil, &cursor, bytes.count)
        }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &parameters, EVP_sha384(), nil, key) == 1,
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha384()) == 1, EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, saltLength) == 1
        else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// OpenSSL's own PSS, whose salt nobody outside chooses.
    private static func opensslSigns(_ message: [UInt8], _ key: BlindSigningKey, digest: String, saltLength: Int32) throws -> [UInt8]? {
        guard let der = try PEM.first(Array(try key.pem.utf8))?.der else { return nil }
        let pkey = der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_AutoPrivateKey(nil, &cursor, bytes.count)
        }
        defer { EVP_PKEY_free(pkey) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        var count = key.verificationKey.modulusLength
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSignInit_ex(context, &parameters, digest, nil, nil, pkey, nil) == 1,
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, saltLength) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else { return nil }
        return signature
    }
}
