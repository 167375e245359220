import Chaincode
import CryptoPrimitives

/// Replaces keys and revokes subjects.
enum Rotation {
    /// The reasons that a revocation may give; free text could name a person.
    static let reasons = ["unspecified", keyCompromise, "superseded", "cessation"]
    /// The one reason that also takes back trust in earlier signatures.
    static let keyCompromise = "key-compromise"

    static func rotate(
        _ context: Context, _ subject: String, _ certificate: String, _ signingKey: String, _ sealingKey: String, _ signingProof: String,
        _ sealingProof: String, _ authorization: String, _ validity: JSONValue
    ) throws(ContractError) -> JSONValue {
        let keys = try OfferedKeys(
            certificate: certificate, signingKey: signingKey, sealingKey: sealingKey, signingProof: signingProof, sealingProof: sealingProof)
        let consent = try Input.signature(authorization, "authorization")
        let now = context.timestamp.seconds
        let period = try Validity(validity, now: now)
        var entry = try RegistryState.existing(context, subject)
        try requireMayRotate(context, entry)
        try Registration.requireUnbound(context, certificate, besides: subject)
        guard let oldKey = Base16.decode(entry.signingKey), entry.keyVersion < Limits.versions else {
            throw .conflict("too-many-rotations", "subject \(subject) has used all its key versions; register a new subject")
        }
        let message = MedicalMessages.rotation(
            channel: context.channelID, subject: subject, keyVersion: entry.keyVersion + 1, certificate: keys.certificate,
            signingKey: keys.signingKey, sealingKey: keys.sealingKey)
        guard try context.isValidSignature(consent, message: message, publicKey: oldKey) else {
            throw .refused("bad-authorization", "the authorization is not the old signing key's signature over the rotation message")
        }
        try keys.requirePossession(context, subject: subject, role: entry.role)

        try retireKey(context, entry, at: now)
        if !sameBytes(entry.certificate, certificate) {
            try context.deleteState(RegistryKey.certificate(entry.certificate))
            try context.putJSON(RegistryKey.certificate(certificate), ["subject": .string(subject)])
        }
        entry.keyVersion += 1
        entry.certificate = certificate
        entry.signingKey = signingKey
        entry.sealingKey = sealingKey
        entry.validFrom = period.from
        entry.validUntil = period.until
        try context.putJSON(RegistryKey.entry(subject), entry.json)
        try context.putJSON(RegistryKey.key(subject, entry.keyVersion), entry.keyJSON(since: now, until: nil))
        try context.setEvent("rotated", Registration.event(entry).encoded())
        return entry.json
    }

    static func revoke(_ context: Context, _ subject: String, _ reason: String) throws(ContractError) -> JSONValue {
        guard reasons.contains(where: { sameBytes($0, reason) }) else {
            throw Input.malformed("reason", "one of " + reasons.joined(separator: ", "))
        }
        var entry = try RegistryState.existing(context, subject)
        if try !isOwn(context, entry), try !Registrar.isRegistrar(context, of: entry) {
            throw Registrar.denied("subject \(subject) is revoked by itself or by a registrar of the organisation that registered it")
        }
        guard entry.revocation == nil else { throw .conflict("revoked", "subject \(subject) has been revoked already") }
        entry.revocation = RegistryEntry.Revocation(at: context.timestamp.seconds, reason: reason, transactionID: context.transactionID)
        try context.putJSON(RegistryKey.entry(subject), entry.json)
        try context.setEvent("revoked", Registration.event(entry).encoded())
        return entry.json
    }

    /// The subject itself while its registration is valid, its registrar also after it has expired; nobody after a revocation.
    private static func requireMayRotate(_ context: Context, _ entry: RegistryEntry) throws(ContractError) {
        guard entry.revocation == nil else { throw .forbidden("revoked", "subject \(entry.subject) has been revoked; register a new subject") }
        if try Registrar.isRegistrar(context, of: entry) { return }
        guard try isOwn(context, entry) else {
            throw Registrar.denied("the keys of \(entry.subject) are replaced by itself or by a registrar of the organisation that registered it")
        }
        guard entry.status(at: context.timestamp.seconds) != .expired else {
            throw .forbidden("expired", "the registration of \(entry.subject) has expired; its registrar must renew it")
        }
    }

    /// Whether the caller's certificate is the one that acts for the subject.
    private static func isOwn(_ context: Context, _ entry: RegistryEntry) throws(ContractError) -> Bool {
        context.caller.isMember(of: entry.mspID) && sameBytes(Registrar.fingerprint(context.caller), entry.certificate)
    }

    /// Notes in the key's history until when it was used.
    private static func retireKey(_ context: Context, _ entry: RegistryEntry, at time: Int64) throws(ContractError) {
        let key = RegistryKey.key(entry.subject, entry.keyVersion)
        let stored = try Stored.json(try context.getState(key, orNotFound: "key version \(entry.keyVersion) of \(entry.subject)"))
        try context.putJSON(key, stored.setting("until", .integer(time)))
    }
}
