/// Bounds on everything this module reads from outside; larger input is refused before it is parsed.
package enum Limits {
    /// Largest DER certificate, bytes. Fabric certificates are about 1 KB.
    package static let certificateBytes = 64 << 10
    /// Largest PEM text read into a certificate or key, bytes.
    package static let pemBytes = 1 << 20
    /// Most blocks read from one PEM text.
    package static let pemBlocks = 1_000
    /// Largest certificate revocation list, bytes of DER (about 100 000 entries).
    package static let revocationListBytes = 4 << 20
    /// Largest PEM text of a revocation list, bytes: base64 adds a third and line ends.
    package static let revocationListPEMBytes = 6 << 20
    /// Longest serial number, bytes: RFC 5280 allows 20, and readers take one more for a sign byte.
    package static let serialNumberBytes = 21
    /// Largest private key encoding, bytes: an RSA key of 4096 bits has about 2 400.
    package static let privateKeyBytes = 8 << 10
    /// RSA modulus sizes that may be made or read, bits.
    package static let rsaBits = 2048...4096
    /// Most bytes HKDF-SHA256 can derive: 255 blocks (RFC 5869 section 2.3).
    package static let hkdfBytes = 255 * 32
    /// Most bytes one AES call takes; OpenSSL counts in Int32, and AES-GCM itself ends near 64 GiB.
    package static let aesBytes = 1 << 30
}
