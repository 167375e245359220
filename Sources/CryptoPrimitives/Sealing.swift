internal import Crypto

internal import struct FoundationEssentials.Data

/// The suite of every box: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180 sections 7.1 to 7.3).
private let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

/// The public half of an unsealing key: anyone who has it can seal, and can check a proof that someone has the private half.
package struct SealingKey: Hashable, Sendable, CustomStringConvertible {
    private let key: P256.KeyAgreement.PublicKey
    private let proofKey: PublicKey

    /// From the uncompressed point, 65 bytes; throws `malformed` when it is not on the curve.
    package init(x963: [UInt8]) throws(CryptoError) {
        proofKey = try PublicKey(x963: x963)
        do {
            key = try P256.KeyAgreement.PublicKey(x963Representation: x963)
        } catch {
            throw .malformed(item: "sealing key", reason: "it is not a point of P-256 in uncompressed form")
        }
    }

    fileprivate init(_ key: P256.KeyAgreement.PublicKey, proofKey: PublicKey) {
        self.key = key
        self.proofKey = proofKey
    }

    /// The point as 04 || x || y, 65 bytes.
    package var x963: [UInt8] { proofKey.x963 }

    /// Encrypts to this key with a fresh ephemeral key; `info` and `authenticating` must be given again, byte for byte, to open.
    package func seal(_ plaintext: [UInt8], info: [UInt8], authenticating: [UInt8]) throws(CryptoError) -> SealedBox {
        guard plaintext.count <= Limits.aesBytes else {
            throw .tooLarge(item: "plaintext to seal", limit: Limits.aesBytes, found: plaintext.count, unit: "bytes")
        }
        let encapsulatedKey: [UInt8]
        let ciphertext: [UInt8]
        do {
            var sender = try HPKE.Sender(recipientKey: key, ciphersuite: suite, info: Data(info))
            ciphertext = Array(try sender.seal(plaintext, authenticating: authenticating))
            encapsulatedKey = Array(sender.encapsulatedKey)
        } catch {
            throw .operationFailed("sealing")
        }
        return try SealedBox(encapsulatedKey: encapsulatedKey, ciphertext: ciphertext)
    }

    /// Whether `signature` is the holder's of the private half over the message, as `UnsealingKey.signPossession` makes it.
    package func isPossessionProof(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        proofKey.isValid(signature: signature, for: message)
    }

    package static func == (left: SealingKey, right: SealingKey) -> Bool { left.proofKey == right.proofKey }
    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(proofKey) }
    package var description: String { "sealing key \(Base16.encode(Array(SHA256.hash(x963).prefix(8))))" }
}

/// A P-256 private key that opens sealed boxes; never shown.
package struct UnsealingKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: P256.KeyAgreement.PrivateKey
    /// The same secret number as an ECDSA key, for the one purpose of proving possession.
    private let proofKey: SigningKey
    package let sealingKey: SealingKey

    private init(_ proofKey: SigningKey, key: P256.KeyAgreement.PrivateKey) {
        self.key = key
        self.proofKey = proofKey
        sealingKey = SealingKey(key.publicKey, proofKey: proofKey.publicKey)
    }

    /// A new key from the system's randomness.
    package static func generate() -> UnsealingKey {
        let key = P256.KeyAgreement.PrivateKey(compactRepresentable: false)
        var scalar = Array(key.rawRepresentation)
        defer { cleanse(&scalar) }
        // The library just made this number as a key of the same curve; no input is involved.
        guard let proofKey = try? SigningKey(rawScalar: scalar) else { fatalError("a fresh key was refused by the library that made it") }
        return UnsealingKey(proofKey, key: key)
    }

    /// The key with this secret number, 32 bytes big-endian in 1..<n.
    package init(rawScalar: [UInt8]) throws(CryptoError) {
        let proofKey = try SigningKey(rawScalar: rawScalar)
        do {
            self.init(proofKey, key: try P256.KeyAgreement.PrivateKey(rawRepresentation: rawScalar))
        } catch {
            throw .malformed(item: "P-256 private key", reason: "its number is zero or not below the order of the curve")
        }
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`).
    package init(pem: String) throws(CryptoError) {
        var der = try PrivateKeyPEM.der(in: pem)
        defer { cleanse(&der) }
        let key: P256.KeyAgreement.PrivateKey
        do {
            key = try P256.KeyAgreement.PrivateKey(derRepresentation: der)
        } catch {
            throw .malformed(item: "private key", reason: "it is not an unencrypted P-256 key in PKCS#8 or SEC1 form")
        }
        var scalar = Array(key.rawRepresentation)
        defer { cleanse(&scalar) }
        self.init(try SigningKey(rawScalar: scalar), key: key)
    }

    /// PKCS#8 in PEM. This is the secret itself: write it only where a key belongs.
    package var pem: String { proofKey.pem }

    /// Opens a box sealed to this key with the same `info` and `authenticating`; throws `authenticationFailed` for anything else.
    package func open(_ box: SealedBox, info: [UInt8], authenticating: [UInt8]) throws(CryptoError) -> [UInt8] {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: suite, info: Data(info), encapsulatedKey: Data(box.encapsulatedKey))
            return Array(try recipient.open(box.ciphertext, authenticating: authenticating))
        } catch {
            throw .authenticationFailed
        }
    }

    /// Signs the message to prove that the private half is held; the caller's message must say what it is for and be used for nothing else.
    package func signPossession(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try proofKey.sign(message)
    }

    package var description: String { "<unsealing key of \(sealingKey)>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
