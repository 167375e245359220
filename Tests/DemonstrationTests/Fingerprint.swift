import CryptoPrimitives

/// The first bytes of a digest as text, enough to notice that something changed.
enum Fingerprint {
    static func of(_ bytes: [UInt8]) -> String {
        Base16.encode(Array(SHA256.hash(bytes).prefix(8)))
    }
}
