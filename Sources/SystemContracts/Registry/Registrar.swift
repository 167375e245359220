import Chaincode
import CryptoPrimitives

/// Who may register, renew and revoke.
///
/// An institution is registered by an administrator of its own organisation. Doctors and patients are registered by a client or administrator of an
/// organisation whose institution is active; a certificate that acts for a doctor or a patient is no registrar, although it belongs to the organisation.
enum Registrar {
    /// Throws `access-denied`, or why the organisation's institution may not act.
    static func require(_ context: Context, for role: Role) throws(ContractError) {
        let caller = context.caller
        guard role != .institution else {
            guard caller.role == .admin else {
                throw denied("an institution is registered by an administrator of its own organisation")
            }
            return
        }
        guard try isStaff(context) else {
            throw denied("the caller is no registrar: it must be an administrator, or a client that does not act for a doctor or a patient")
        }
        if let refusal = try institutionRefusal(context) { throw refusal }
    }

    /// Why the caller may not act for a registered subject as its registrar; nil when it may.
    static func refusal(_ context: Context, of entry: RegistryEntry) throws(ContractError) -> ContractError? {
        let caller = context.caller
        let stranger = denied("subject \(entry.subject) is changed by itself or by a registrar of the organisation that registered it")
        guard caller.isMember(of: entry.mspID) else { return stranger }
        // Not asked whether it is active: an expired institution is renewed like this.
        guard entry.role != .institution else { return caller.role == .admin ? nil : stranger }
        guard try isStaff(context) else { return stranger }
        return try institutionRefusal(context)
    }

    static func denied(_ reason: String) -> ContractError { .forbidden("access-denied", reason) }

    /// Why the institution of the caller's organisation lets nobody register, renew or revoke; nil when it is active.
    private static func institutionRefusal(_ context: Context) throws(ContractError) -> ContractError? {
        let mspID = context.caller.mspID
        guard let institution = try RegistryState.institution(context, of: mspID) else {
            return denied("organisation \(mspID) has no registered institution; an administrator must register it first")
        }
        let name = institution.subject
        switch institution.status(at: context.timestamp.seconds) {
        case .active: return nil
        case .revoked: return .forbidden("revoked", "institution \(name) has been revoked and registers nobody")
        case .expired: return .forbidden("expired", "the registration of institution \(name) has expired; rotate its keys first")
        case .notYetValid: return .forbidden("not-yet-valid", "the registration of institution \(name) is not valid yet")
        }
    }

    private static func isStaff(_ context: Context) throws(ContractError) -> Bool {
        switch context.caller.role {
        case .admin: return true
        case .client:
            let bound = try RegistryState.subject(context, ofCertificate: fingerprint(context.caller), in: context.caller.mspID)
            return bound.map { $0.role == .institution } ?? true
        case .peer, .orderer, nil: return false
        }
    }

    static func fingerprint(_ caller: Caller) -> String { Base16.encode(caller.certificateFingerprint) }
}

/// Reads of the registry's state.
enum RegistryState {
    static func entry(_ context: Context, _ subject: String) throws(ContractError) -> RegistryEntry? {
        guard let value = try context.getState(RegistryKey.entry(subject)) else { return nil }
        return try RegistryEntry(json: try Stored.json(value))
    }

    /// Throws `unknown-subject` (404).
    static func existing(_ context: Context, _ subject: String) throws(ContractError) -> RegistryEntry {
        try Input.anySubject(subject, "subject")
        guard let entry = try entry(context, subject) else {
            throw .notFound("unknown-subject", "subject \(subject) is not registered")
        }
        return entry
    }

    /// The subject of an organisation that a certificate acts for.
    static func subject(_ context: Context, ofCertificate fingerprint: String, in mspID: String) throws(ContractError) -> RegistryEntry? {
        try pointed(context, RegistryKey.certificate(mspID, fingerprint))
    }

    /// The institution of an organisation.
    static func institution(_ context: Context, of mspID: String) throws(ContractError) -> RegistryEntry? {
        try pointed(context, RegistryKey.institution(mspID))
    }

    private static func pointed(_ context: Context, _ key: String) throws(ContractError) -> RegistryEntry? {
        guard let value = try context.getState(key) else { return nil }
        return try entry(context, try Stored.json(value).string("subject"))
    }
}
