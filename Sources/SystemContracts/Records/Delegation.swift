import Chaincode

/// Who may act for a patient: the patient, and whom the patient has named.
enum Delegation {
    /// The calling subject; throws `not-owner` (403) unless it is the owner or has an unexpired delegation.
    @discardableResult
    static func requireOwner(_ context: Context, _ owner: String) throws(ContractError) -> Subject {
        let caller = try RegistryClient.activeCaller(context)
        if sameBytes(caller.id, owner) { return caller }
        guard try isDelegate(context, caller.id, of: owner, at: context.timestamp.seconds) else {
            throw .forbidden("not-owner", "subject \(caller.id) is neither the owner nor a delegate of the owner")
        }
        return caller
    }

    /// Whether a delegation exists and has not expired.
    static func isDelegate(_ context: Context, _ delegate: String, of owner: String, at time: Int64) throws(ContractError) -> Bool {
        guard let value = try context.getState(RecordKey.delegate(owner, delegate)) else { return false }
        return time < (try Stored.json(value).integer("expiresAt"))
    }

    static func add(_ context: Context, _ delegate: String, _ expiresAt: Int64) throws(ContractError) -> JSONValue {
        try Input.anySubject(delegate, "delegate")
        try requireFuture(expiresAt, context)
        let owner = try requirePatient(context)
        guard !sameBytes(delegate, owner) else { throw Input.malformed("delegate", "another subject than the caller") }
        _ = try RegistryClient.activeSubject(context, delegate)
        let delegation: JSONValue = [
            "owner": .string(owner), "delegate": .string(delegate), "addedAt": .integer(context.timestamp.seconds), "expiresAt": .integer(expiresAt),
        ]
        try context.putJSON(RecordKey.delegate(owner, delegate), delegation)
        try context.setEvent("delegateAdded", delegation.encoded())
        return delegation
    }

    static func remove(_ context: Context, _ delegate: String) throws(ContractError) {
        try Input.anySubject(delegate, "delegate")
        let owner = try requirePatient(context)
        guard try context.getState(RecordKey.delegate(owner, delegate)) != nil else {
            throw .notFound("unknown-delegate", "subject \(delegate) is no delegate of the caller")
        }
        try context.deleteState(RecordKey.delegate(owner, delegate))
        try context.setEvent("delegateRemoved", JSONValue.object([("delegate", .string(delegate)), ("owner", .string(owner))]).encoded())
    }

    /// Throws `expired` (400) when the time has passed.
    static func requireFuture(_ time: Int64, _ context: Context) throws(ContractError) {
        try Input.time(time, "expiresAt")
        guard context.timestamp.seconds < time else { throw .refused("expired", "expiresAt has passed already; choose a later time") }
    }

    private static func requirePatient(_ context: Context) throws(ContractError) -> String {
        let caller = try RegistryClient.activeCaller(context)
        guard caller.role == .patient else { throw .forbidden("not-a-patient", "subject \(caller.id) is no patient and owns no records") }
        return caller.id
    }
}
