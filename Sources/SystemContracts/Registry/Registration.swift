import Chaincode
import CryptoPrimitives

/// Registers subjects.
enum Registration {
    static func register(
        _ context: Context, _ subject: String, _ role: String, _ certificate: String, _ signingKey: String, _ sealingKey: String,
        _ signingProof: String, _ sealingProof: String, _ validity: JSONValue
    ) throws(ContractError) -> JSONValue {
        guard let role = Role(rawValue: role) else { throw Input.malformed("role", "institution, doctor or patient") }
        try Input.subject(subject, of: role, "subject")
        let keys = try OfferedKeys(
            certificate: certificate, signingKey: signingKey, sealingKey: sealingKey, signingProof: signingProof, sealingProof: sealingProof)
        let period = try Validity(validity, now: context.timestamp.seconds)

        try Registrar.require(context, for: role)
        guard try RegistryState.entry(context, subject) == nil else {
            throw .conflict("already-registered", "subject \(subject) is registered already; change its keys with rotate")
        }
        if role == .institution, let other = try RegistryState.institution(context, of: context.caller.mspID) {
            throw .conflict("already-registered", "organisation \(context.caller.mspID) is registered already as institution \(other.subject)")
        }
        try requireUnbound(context, certificate, besides: nil)
        try keys.requirePossession(context, subject: subject, role: role)

        let now = context.timestamp.seconds
        let entry = RegistryEntry(
            subject: subject, role: role, mspID: context.caller.mspID, certificate: certificate, registrar: Registrar.fingerprint(context.caller),
            registeredAt: now, keyVersion: 1, signingKey: signingKey, sealingKey: sealingKey, validFrom: period.from, validUntil: period.until,
            revocation: nil)
        try context.putJSON(RegistryKey.entry(subject), entry.json)
        try context.putJSON(RegistryKey.key(subject, 1), entry.keyJSON(since: now, until: nil))
        try context.putJSON(RegistryKey.certificate(certificate), ["subject": .string(subject)])
        if role == .institution {
            try context.putJSON(RegistryKey.institution(entry.mspID), ["subject": .string(subject)])
        }
        try context.setEvent("registered", event(entry).encoded())
        return entry.json
    }

    /// Throws `already-registered` (409) when the certificate acts for another subject.
    static func requireUnbound(_ context: Context, _ certificate: String, besides subject: String?) throws(ContractError) {
        guard let bound = try RegistryState.subject(context, ofCertificate: certificate) else { return }
        if let subject, sameBytes(bound.subject, subject) { return }
        throw .conflict("already-registered", "the certificate acts for another subject already; issue one certificate for each subject")
    }

    static func event(_ entry: RegistryEntry) -> JSONValue {
        ["subject": .string(entry.subject), "role": .string(entry.role.rawValue), "keyVersion": .integer(entry.keyVersion)]
    }
}

/// A period in which a registration counts, from `from` (inclusive) to `until` (exclusive).
struct Validity {
    let from: Int64
    let until: Int64

    /// Throws `malformed` (400) for anything but `{"from": seconds, "until": seconds}`, `expired` (400) when it is over already.
    init(_ json: JSONValue, now: Int64) throws(ContractError) {
        guard let members = json.object, members.count == 2, let from = json["from"]?.integer, let until = json["until"]?.integer else {
            throw Input.malformed("validity", "an object of the two times from and until, in seconds since 1970")
        }
        try Input.time(from, "from")
        try Input.time(until, "until")
        guard from < until else { throw Input.malformed("validity", "a period that begins before it ends") }
        guard now < until else { throw .refused("expired", "the period of validity is over already; choose a later end") }
        self.from = from
        self.until = until
    }
}

/// The keys of a new registration or rotation, with their proofs.
struct OfferedKeys {
    let certificate: [UInt8]
    let signingKey: [UInt8]
    let sealingKey: [UInt8]
    let signingProof: [UInt8]
    let sealingProof: [UInt8]

    /// Throws `malformed` (400) naming the argument.
    init(certificate: String, signingKey: String, sealingKey: String, signingProof: String, sealingProof: String) throws(ContractError) {
        self.certificate = try Input.hex(certificate, bytes: 32, "certificate")
        self.signingKey = try Input.publicKey(signingKey, "signingKey")
        self.sealingKey = try Input.publicKey(sealingKey, "sealingKey")
        self.signingProof = try Input.signature(signingProof, "signingProof")
        self.sealingProof = try Input.signature(sealingProof, "sealingProof")
        // One key for both uses would let a signature made for one purpose serve the other.
        guard self.signingKey != self.sealingKey else { throw Input.malformed("sealingKey", "another key than the signing key") }
    }

    /// Throws `bad-possession-proof` (400) unless both keys have signed the possession message.
    func requirePossession(_ context: Context, subject: String, role: Role) throws(ContractError) {
        let message = MedicalMessages.possession(
            channel: context.channelID, subject: subject, role: role.rawValue, certificate: certificate, signingKey: signingKey,
            sealingKey: sealingKey)
        guard try context.isValidSignature(signingProof, message: message, publicKey: signingKey) else {
            throw .refused("bad-possession-proof", "the proof for the signing key is not its signature over the possession message")
        }
        guard try context.isValidSignature(sealingProof, message: message, publicKey: sealingKey) else {
            throw .refused("bad-possession-proof", "the proof for the sealing key is not its signature over the possession message")
        }
    }
}
