/// Everything this module can refuse; texts name the item and the way out, never key material or content.
package enum CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A key, nonce or iv of the wrong size. `expected` is prose, such as "16 or 32".
    case wrongLength(item: String, expected: String, found: Int)
    /// Input above a limit of `Limits`, refused before anything is allocated for it. `unit` is "bytes" or "bits".
    case tooLarge(item: String, limit: Int, found: Int, unit: String)
    /// Bytes that are not what they claim to be.
    case malformed(item: String, reason: String)
    /// A well-formed item of a kind this system does not use, such as an RSA key in a certificate.
    case unsupported(item: String, reason: String)
    /// The tag, padding or encapsulated key did not check out: wrong key, wrong associated data or changed bytes.
    case authenticationFailed
    /// The underlying library refused an operation that has no input to blame.
    case operationFailed(String)

    package var description: String {
        switch self {
        case .wrongLength(let item, let expected, let found):
            "\(item) has \(found) bytes; it must have \(expected)"
        case .tooLarge(let item, let limit, let found, let unit):
            "\(item) has \(found) \(unit), above the limit of \(limit); use a smaller one"
        case .malformed(let item, let reason):
            "\(item) is malformed: \(reason); check that the right file or field was given and that it is complete"
        case .unsupported(let item, let reason):
            "\(item) is not supported: \(reason)"
        case .authenticationFailed:
            "the sealed bytes do not open: wrong key, wrong associated data, or bytes changed since sealing"
        case .operationFailed(let operation):
            "\(operation) failed in the cryptographic library; check memory and the library's installation"
        }
    }
}
