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
        try requireStaff(context)
        guard let institution = try RegistryState.institution(context, of: caller.mspID) else {
            throw denied("organisation \(caller.mspID) has no registered institution; an administrator must register it first")
        }
        switch institution.status(at: context.timestamp.seconds) {
        case .active: return
        case .revoked: throw .forbidden("revoked", "institution \(institution.subject) has been revoked and registers nobody")
        case .expired: throw .forbidden("expired", "the registration of institution \(institution.subject) has expired; rotate its keys first")
        case .notYetValid: throw .forbidden("not-yet-valid", "the registration of institution \(institution.subject) is not valid yet")
        }
    }

    /// Whether the caller may act for a registered subject as its registrar.
    static func isRegistrar(_ context: Context, of entry: RegistryEntry) throws(ContractError) -> Bool {
        let caller = context.caller
        guard caller.isMember(of: entry.mspID) else { return false }
        guard entry.role != .institution else { return caller.role == .admin }
        return try isStaff(context)
    }

    static func denied(_ reason: String) -> ContractError { .forbidden("access-denied", reason) }

    private static func requireStaff(_ context: Context) throws(ContractError) {
        guard try isStaff(context) else {
            throw denied("the caller is no registrar: it must be an administrator, or a client that does not act for a doctor or a patient")
        }
    }

    private static func isStaff(_ context: Context) throws(ContractError) -> Bool {
        switch context.caller.role {
        case .admin: return true
        case .client:
            guard let bound = try RegistryState.subject(context, ofCertificate: fingerprint(context.caller)) else { return true }
            return bound.role == .institution
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

    /// The subject that a certificate acts for.
    static func subject(_ context: Context, ofCertificate fingerprint: String) throws(ContractError) -> RegistryEntry? {
        try pointed(context, RegistryKey.certificate(fingerprint))
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
