import COpenSSL
import Crypto

/// The price of one P-256 signature and its check, asked of the libraries themselves: the reference of everything that checks signatures.
///
/// Keys and, for swift-crypto, signatures are parsed beforehand, and messages have 256 bytes: nothing but hashing and arithmetic is in the figure.
struct SignatureReference {
    private static let messageBytes = 256
    private static let messageCount = 64

    private struct Signed {
        let message: [UInt8]
        let signature: P256.Signing.ECDSASignature
        let der: [UInt8]
    }

    private let key: P256.Signing.PrivateKey
    /// Held, because deriving it from the private key costs a good part of a check.
    private let publicKey: P256.Signing.PublicKey
    private let signed: [Signed]
    private let openSSLKey: OpenSSLKey

    init() throws {
        let key = P256.Signing.PrivateKey()
        self.key = key
        self.publicKey = key.publicKey
        self.signed = try (0..<Self.messageCount).map { index in
            let message = (0..<Self.messageBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
            let signature = try key.signature(for: message)
            return Signed(message: message, signature: signature, der: [UInt8](signature.derRepresentation))
        }
        self.openSSLKey = try OpenSSLKey(spki: [UInt8](key.publicKey.derRepresentation))
    }

    /// Processor nanoseconds of one check by swift-crypto.
    func swiftCryptoVerification(count: Int) throws -> Double {
        var good = 0
        let time = CPUTime.spent {
            for index in 0..<count {
                let entry = self.signed[index % Self.messageCount]
                if self.publicKey.isValidSignature(entry.signature, for: entry.message) { good += 1 }
            }
        }
        guard good == count else { throw ReferenceError.wrongAnswer("swift-crypto") }
        return time / Double(count)
    }

    /// Processor nanoseconds of one check by OpenSSL.
    func openSSLVerification(count: Int) throws -> Double {
        var good = 0
        let time = CPUTime.spent {
            for index in 0..<count {
                let entry = self.signed[index % Self.messageCount]
                if self.openSSLKey.isValid(entry.der, of: entry.message) { good += 1 }
            }
        }
        guard good == count else { throw ReferenceError.wrongAnswer("OpenSSL") }
        return time / Double(count)
    }

    /// Processor nanoseconds of one signature by swift-crypto.
    func signing(count: Int) throws -> Double {
        let time = try CPUTime.spent {
            for index in 0..<count { keep(try self.key.signature(for: self.signed[index % Self.messageCount].message)) }
        }
        return time / Double(count)
    }
}

/// A library did not do what it was measured at.
enum ReferenceError: Error, CustomStringConvertible {
    case wrongAnswer(String)
    case unusableKey
    case unusableDisk(String)

    var description: String {
        switch self {
        case .wrongAnswer(let library): "\(library) refused a good signature; the reference cannot be measured"
        case .unusableKey: "OpenSSL cannot read a P-256 key; the reference cannot be measured"
        case .unusableDisk(let path): "\(path) cannot be written and synced; the reference cannot be measured"
        }
    }
}

/// A public key in OpenSSL's hands.
private final class OpenSSLKey {
    private let key: OpaquePointer

    init(spki: [UInt8]) throws {
        let key = spki.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_PUBKEY(nil, &position, buffer.count)
        }
        guard let key else { throw ReferenceError.unusableKey }
        self.key = key
    }

    deinit { EVP_PKEY_free(self.key) }

    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, self.key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
