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

    init(_ inverse: SecretBytes) { self.inverse = inverse }

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
    private let arithmetic: SecretModularArithmetic

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
        self.arithmetic = SecretModularArithmetic(modulus: key.modulusBytes)
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
            // Draws that are not below the modulus are thrown away, so what the comparison takes tells nothing of the one that is kept.
            guard bytes.contains(where: { $0 != 0 }), bytes.lexicographicallyPrecedes(self.key.modulusBytes) else { continue }
            let factor = SecretBytes(bytes)
            guard let inverse = self.arithmetic.inverse(of: factor) else { continue }
            return try self.blind(prepared, salt: salt, factor: factor, inverse: inverse)
        }
        throw .operationFailed("drawing a blinding factor")
    }

    /// Blinds with a given factor, whose inverse is given too; for `blind` above and for published vectors.
    func blind(_ prepared: [UInt8], salt: [UInt8], factor: SecretBytes, inverse: SecretBytes) throws(CryptoError) -> BlindRSA.Blinded {
        guard salt.count == BlindRSA.saltLength else {
            throw .wrongLength(item: "PSS salt", expected: "\(BlindRSA.saltLength)", found: salt.count)
        }
        var encoded = PSSEncoding.encode(prepared, salt: salt, bits: self.bits - 1)
        // One byte shorter than the modulus when this has 8n + 1 bits.
        encoded = [UInt8](repeating: 0, count: self.modulusLength - encoded.count) + encoded
        var plain = factor.withBytes { Array($0) }
        defer {
            cleanse(&encoded)
            cleanse(&plain)
        }
        let message = SecretBytes(encoded)
        // RFC 9474 asks whether message and modulus have a common divisor: one would be a factor of the signer's key.
        guard self.arithmetic.inverse(of: message) != nil, let masked = self.key.publicOperation(plain),
            let blinded = self.arithmetic.product(message, SecretBytes(masked))
        else { throw .operationFailed("blinding") }
        return BlindRSA.Blinded(message: blinded.withBytes { Array($0) }, secret: BlindingSecret(inverse))
    }

    /// Takes the blinding off and checks what is left; throws `authenticationFailed` when the signer's answer is not a signature of the message.
    package func finalize(prepared: [UInt8], blindSignature: [UInt8], secret: BlindingSecret) throws(CryptoError) -> [UInt8] {
        guard blindSignature.count == self.modulusLength else {
            throw .wrongLength(item: "blind signature", expected: "\(self.modulusLength)", found: blindSignature.count)
        }
        guard let product = self.arithmetic.product(SecretBytes(blindSignature), secret.inverse) else { throw .authenticationFailed }
        let signature = product.withBytes { Array($0) }
        guard self.isValid(signature: signature, for: prepared) else { throw .authenticationFailed }
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
