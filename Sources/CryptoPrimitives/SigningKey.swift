internal import Crypto

/// An ECDSA private key on P-256; never shown, and its signatures are always in Fabric's low-S form.
package struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: P256.Signing.PrivateKey
    package let publicKey: PublicKey

    private init(_ key: P256.Signing.PrivateKey) {
        self.key = key
        publicKey = PublicKey(key.publicKey)
    }

    /// A new key from the system's randomness.
    package static func generate() -> SigningKey {
        SigningKey(P256.Signing.PrivateKey(compactRepresentable: false))
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`), whichever comes first in the text; other blocks are skipped.
    package init(pem: String) throws(CryptoError) {
        var der = try PrivateKeyPEM.der(in: pem)
        defer { cleanse(&der) }
        do {
            self.init(try P256.Signing.PrivateKey(derRepresentation: der))
        } catch {
            throw .malformed(item: "private key", reason: "it is not an unencrypted P-256 key in PKCS#8 or SEC1 form")
        }
    }

    /// The key with this secret number, 32 bytes big-endian in 1..<n.
    package init(rawScalar: [UInt8]) throws(CryptoError) {
        guard rawScalar.count == 32 else { throw .wrongLength(item: "P-256 private key", expected: "32", found: rawScalar.count) }
        do {
            self.init(try P256.Signing.PrivateKey(rawRepresentation: rawScalar))
        } catch {
            throw .malformed(item: "P-256 private key", reason: "its number is zero or not below the order of the curve")
        }
    }

    /// PKCS#8 in PEM. This is the secret itself: write it only where a key belongs.
    package var pem: String { PEM.encode(label: "PRIVATE KEY", der: Array(key.derRepresentation)) }

    /// Signs SHA-256 of the message; the result is DER with s at most n/2. Two signatures of one message differ.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let numbers: [UInt8]
        do {
            numbers = Array(try key.signature(for: message).rawRepresentation)
        } catch {
            throw .operationFailed("signing")
        }
        let order = CurveOrder.p256
        let s = numbers.suffix(order.width)
        return ECDSASignatureFormat.encode(order.isLow(s) ? numbers : numbers.prefix(order.width) + order.negated(s))
    }

    /// The library's form, for issuing certificates.
    var libraryKey: P256.Signing.PrivateKey { key }

    package var description: String { "<private key of \(publicKey)>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Finds the private key in a PEM text.
enum PrivateKeyPEM {
    static let labels = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]

    /// The DER of the first private key; parameters or certificates before it are skipped.
    static func der(in pem: String) throws(CryptoError) -> [UInt8] {
        for block in try PEM.decode(pem) where labels.contains(block.label) {
            guard block.der.count <= Limits.privateKeyBytes else {
                throw .tooLarge(item: "private key", limit: Limits.privateKeyBytes, found: block.der.count, unit: "bytes")
            }
            return block.der
        }
        throw .malformed(item: "private key", reason: "the text has no PRIVATE KEY or EC PRIVATE KEY block")
    }
}
