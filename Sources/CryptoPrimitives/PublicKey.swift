internal import Crypto

/// A public key that checks signatures: ECDSA on P-256 or P-384, or Ed25519.
///
/// The library's parsed key is held inside, so parsing (6 us) is paid once and copies are a few references.
package struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    package enum Algorithm: Hashable, Sendable {
        case p256, p384, ed25519
    }

    private enum Key: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    package let algorithm: Algorithm
    /// The point as 04 || x || y (65 bytes for P-256, 97 for P-384), or the 32 raw bytes of an Ed25519 key.
    package let x963: [UInt8]
    private let key: Key

    /// A P-256 key from its uncompressed point, 65 bytes; throws `malformed` when it is not on the curve.
    package init(x963: [UInt8]) throws(CryptoError) {
        try self.init(algorithm: .p256, bytes: x963)
    }

    /// A key of any of the three algorithms from its DER SubjectPublicKeyInfo; throws `unsupported` for every other kind.
    package init(spkiDER: [UInt8]) throws(CryptoError) {
        guard let (algorithm, bytes) = PublicKeyFormat.parse(spkiDER) else {
            throw .unsupported(item: "public key", reason: "only ECDSA P-256 and P-384 (uncompressed points) and Ed25519 are known")
        }
        try self.init(algorithm: algorithm, bytes: bytes)
    }

    /// Wraps the public half of a private key that this module already holds.
    init(_ key: P256.Signing.PublicKey) {
        algorithm = .p256
        x963 = Array(key.x963Representation)
        self.key = .p256(key)
    }

    private init(algorithm: Algorithm, bytes: [UInt8]) throws(CryptoError) {
        self.algorithm = algorithm
        x963 = bytes
        do {
            switch algorithm {
            case .p256: key = .p256(try P256.Signing.PublicKey(x963Representation: bytes))
            case .p384: key = .p384(try P384.Signing.PublicKey(x963Representation: bytes))
            case .ed25519: key = .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: bytes))
            }
        } catch {
            throw .malformed(item: "public key", reason: "it is not a point of its curve in uncompressed form")
        }
    }

    /// The DER SubjectPublicKeyInfo.
    package var spkiDER: [UInt8] { PublicKeyFormat.encode(algorithm, key: x963) }

    /// Whether the signature is right for the message, in the only form Fabric's verifiers take.
    ///
    /// ECDSA signs SHA-256 of the message on every curve; the signature must be strict DER with r and s in 1..<n and s at most n/2, so that a
    /// signature has exactly one valid encoding. Ed25519 signs the message itself, 64 bytes r || s.
    package func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        isValid(signature: signature, for: message, acceptingHighS: false)
    }

    /// As `isValid(signature:for:)`; certificate authorities sign without regard to low S, so certificates are checked with the rule off.
    func isValid(signature: [UInt8], for message: [UInt8], acceptingHighS: Bool) -> Bool {
        switch key {
        case .p256(let key):
            guard let numbers = Self.numbers(of: signature, order: .p256, acceptingHighS: acceptingHighS),
                let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: numbers)
            else { return false }
            return key.isValidSignature(parsed, for: message)
        case .p384(let key):
            guard let numbers = Self.numbers(of: signature, order: .p384, acceptingHighS: acceptingHighS),
                let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: numbers)
            else { return false }
            return key.isValidSignature(parsed, for: Crypto.SHA256.hash(data: message))
        case .ed25519(let key):
            return key.isValidSignature(signature, for: message)
        }
    }

    /// r || s of a signature that is well-formed for the curve; nil otherwise.
    static func numbers(of signature: [UInt8], order: CurveOrder, acceptingHighS: Bool) -> [UInt8]? {
        guard let numbers = ECDSASignatureFormat.parse(signature, width: order.width) else { return nil }
        let s = numbers.suffix(order.width)
        guard order.contains(numbers.prefix(order.width)), order.contains(s) else { return nil }
        return acceptingHighS || order.isLow(s) ? numbers : nil
    }

    /// The low-S form of an ECDSA signature; other input is given back unchanged.
    func lowSForm(of signature: [UInt8]) -> [UInt8] {
        let order: CurveOrder
        switch algorithm {
        case .p256: order = .p256
        case .p384: order = .p384
        case .ed25519: return signature
        }
        guard let numbers = Self.numbers(of: signature, order: order, acceptingHighS: true) else { return signature }
        let s = numbers.suffix(order.width)
        return order.isLow(s) ? signature : ECDSASignatureFormat.encode(numbers.prefix(order.width) + order.negated(s))
    }

    package static func == (left: PublicKey, right: PublicKey) -> Bool {
        left.algorithm == right.algorithm && left.x963 == right.x963
    }

    package func hash(into hasher: inout Swift.Hasher) {
        hasher.combine(x963)
    }

    package var description: String { "\(algorithm) public key \(Base16.encode(Array(SHA256.hash(x963).prefix(8))))" }
}
