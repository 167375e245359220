import Chaincode
import CryptoPrimitives

// Keys and values of the namespace "registry". All values are canonical JSON (names sorted by bytes, no spaces, whole numbers).
//
// "entry/" subject                  = { certificate, keyVersion, mspId, registeredAt, registrar, revocation, role, sealingKey, signingKey, subject,
//                                       validFrom, validUntil }
// "key/" subject "/" version        = { keyVersion, sealingKey, signingKey, since, subject, until }
// "certificate/" fingerprint        = { subject }
// "institution/" mspId              = { subject }
//
// subject      = 32 hexadecimal digits for patients, otherwise lower-case letters, digits and hyphens
// version      = ten decimal digits          ; of keyVersion, counted from 1
// certificate, registrar, fingerprint = 64 hexadecimal digits, SHA-256 of a DER certificate
// signingKey, sealingKey = 130 hexadecimal digits, an uncompressed P-256 point
// revocation   = null / { at, reason, transactionId }
// until        = null while the key is the current one, then the time of its replacement
// times        = seconds since 1970, as numbers
//
// Golden bytes: RegistryFormatTests.

/// A registered subject as it is stored.
struct RegistryEntry {
    struct Revocation {
        let at: Int64
        let reason: String
        let transactionID: String
    }

    let subject: String
    let role: Role
    /// The organisation that registered the subject and to which its certificate belongs.
    let mspID: String
    /// The fingerprint of the certificate that acts for the subject.
    var certificate: String
    /// The fingerprint of the certificate that registered it.
    let registrar: String
    let registeredAt: Int64
    var keyVersion: Int64
    var signingKey: String
    var sealingKey: String
    var validFrom: Int64
    var validUntil: Int64
    var revocation: Revocation?

    func status(at time: Int64) -> SubjectStatus {
        if revocation != nil { return .revoked }
        if time < validFrom { return .notYetValid }
        return time < validUntil ? .active : .expired
    }

    var json: JSONValue {
        [
            "subject": .string(subject), "role": .string(role.rawValue), "mspId": .string(mspID), "certificate": .string(certificate),
            "registrar": .string(registrar), "registeredAt": .integer(registeredAt), "keyVersion": .integer(keyVersion),
            "signingKey": .string(signingKey), "sealingKey": .string(sealingKey), "validFrom": .integer(validFrom),
            "validUntil": .integer(validUntil), "revocation": revocation?.json ?? .null,
        ]
    }

    /// The key version as it is kept for ever.
    func keyJSON(since: Int64, until: Int64?) -> JSONValue {
        [
            "subject": .string(subject), "keyVersion": .integer(keyVersion), "signingKey": .string(signingKey), "sealingKey": .string(sealingKey),
            "since": .integer(since), "until": Stored.optional(until),
        ]
    }
}

extension RegistryEntry.Revocation {
    var json: JSONValue { ["at": .integer(at), "reason": .string(reason), "transactionId": .string(transactionID)] }
}

extension RegistryEntry {
    /// Reads a stored entry; throws `state-corrupt` or `invalid-json`.
    init(json: JSONValue) throws(ContractError) {
        guard let role = Role(rawValue: try json.string("role")) else {
            throw .failure("state-corrupt", "a stored entry has an unknown role; the state of this node is damaged: rebuild it from the blocks")
        }
        self.role = role
        subject = try json.string("subject")
        mspID = try json.string("mspId")
        certificate = try json.string("certificate")
        registrar = try json.string("registrar")
        registeredAt = try json.integer("registeredAt")
        keyVersion = try json.integer("keyVersion")
        signingKey = try json.string("signingKey")
        sealingKey = try json.string("sealingKey")
        validFrom = try json.integer("validFrom")
        validUntil = try json.integer("validUntil")
        guard let revocation = json["revocation"], !revocation.isNull else { return }
        self.revocation = Revocation(
            at: try revocation.integer("at"), reason: try revocation.string("reason"), transactionID: try revocation.string("transactionId"))
    }
}

/// The keys of the registry's state.
enum RegistryKey {
    static let entries = "entry/"

    static func entry(_ subject: String) -> String { entries + subject }
    static func key(_ subject: String, _ version: Int64) -> String { "key/" + subject + "/" + Stored.digits(version) }
    static func certificate(_ fingerprint: String) -> String { "certificate/" + fingerprint }
    static func institution(_ mspID: String) -> String { "institution/" + mspID }
}
