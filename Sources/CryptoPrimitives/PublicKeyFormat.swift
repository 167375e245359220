//  SubjectPublicKeyInfo = prefix key                    RFC 5280 section 4.1, RFC 5480, RFC 8410
//  key                  = 04 x y  (P-256: 32+32 bytes, P-384: 48+48)  |  32 bytes (Ed25519)
//
// For a named curve and an uncompressed point every byte before the key is fixed, so a comparison is the whole parser. Go's crypto/x509 reads
// uncompressed points only, as does this.

/// The fixed DER prefixes of the public keys we know.
enum PublicKeyFormat {
    static let prefixes: [(algorithm: PublicKey.Algorithm, prefix: [UInt8], keyLength: Int)] = [
        (
            .p256,
            [
                0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
                0x07, 0x03, 0x42, 0x00,
            ], 65
        ),
        (
            .p384,
            [
                0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62,
                0x00,
            ], 97
        ),
        (.ed25519, [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00], 32),
    ]

    /// Splits a SubjectPublicKeyInfo; nil when it is none of ours.
    static func parse(_ spki: [UInt8]) -> (algorithm: PublicKey.Algorithm, key: [UInt8])? {
        for (algorithm, prefix, keyLength) in prefixes where spki.count == prefix.count + keyLength && spki.starts(with: prefix) {
            return (algorithm, Array(spki.dropFirst(prefix.count)))
        }
        return nil
    }

    static func encode(_ algorithm: PublicKey.Algorithm, key: [UInt8]) -> [UInt8] {
        for entry in prefixes where entry.algorithm == algorithm { return entry.prefix + key }
        return key
    }
}
