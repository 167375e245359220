import LedgerModel

/// Why an identity, or the configuration that identities are judged by, is refused.
package enum IdentityError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes are not an organisation's name with one X.509 certificate.
    case malformed(reason: String)
    /// The channel has no such organisation.
    case unknownMSP(MSPID)
    /// The certificate does not lead to the organisation's root as it must.
    case notTrusted(MSPID, reason: String)
    /// The organisation has revoked the certificate; `serial` is hexadecimal.
    case revoked(MSPID, serial: String)
    /// The certificate's organisational units give it no place, or more than one, in the organisation.
    case wrongRole(MSPID, reason: String)
    /// The signature does not verify with the identity's key.
    case badSignature(MSPID)
    /// The organisation's configuration cannot be used.
    case invalidConfiguration(MSPID, reason: String)
    /// Two organisations of one channel have the same name.
    case duplicateMSP(MSPID)

    package var description: String {
        switch self {
        case .malformed(let reason): "identity: \(reason)"
        case .unknownMSP(let id): "no organisation '\(id)' is in this channel: check the MSP id, or add the organisation"
        case .notTrusted(let id, let reason): "certificate of '\(id)' is not trusted: \(reason)"
        case .revoked(let id, let serial): "certificate \(serial) of '\(id)' is revoked: enroll again"
        case .wrongRole(let id, let reason): "certificate of '\(id)' has no valid role: \(reason)"
        case .badSignature(let id): "the signature of a member of '\(id)' does not verify"
        case .invalidConfiguration(let id, let reason): "configuration of organisation '\(id)': \(reason)"
        case .duplicateMSP(let id): "the organisation '\(id)' is configured twice with different settings: remove one"
        }
    }
}
