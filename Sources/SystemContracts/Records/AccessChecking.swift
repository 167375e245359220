import Chaincode

/// Judges grants and access, for custodians and for the other contracts. A refusal is a result with its reason, not an error.
enum AccessChecking {
    static func checkGrant(_ context: Context, _ grantID: String, _ at: Int64) throws(ContractError) -> JSONValue {
        try Input.time(at, "at")
        let grant = try RecordState.grant(context, grantID)
        let head = try RecordState.head(context, grant.recordID)
        let grantee = try RegistryClient.subject(context, grant.grantee)
        let reason = refusal(grant, head: head, grantee: grantee, at: at)
        return [
            "allowed": .bool(reason == nil), "reason": .string(reason ?? ""), "at": .integer(at), "grantId": .string(grantID),
            "recordId": .string(grant.recordID), "version": .integer(grant.version), "owner": .string(grant.owner),
            "grantee": .string(grant.grantee), "granteeMspId": .string(grantee.mspID), "granteeSealingKey": .string(grantee.sealingKey),
            "purpose": .string(grant.purpose), "expiresAt": .integer(grant.expiresAt),
        ]
    }

    static func checkAccess(
        _ context: Context, _ recordID: String, _ version: Int64, _ subject: String, _ at: Int64
    ) throws(ContractError) -> JSONValue {
        try Input.anySubject(subject, "subject")
        try Input.time(at, "at")
        let head = try RecordState.head(context, recordID)
        let stored = try RecordState.version(context, recordID, version)
        let who = try RegistryClient.subject(context, subject)
        if head.tombstonedAt != nil { return verdict(nil, reason: "tombstoned") }
        if who.status != .active { return verdict(nil, reason: who.status.rawValue) }
        if sameBytes(subject, head.owner) { return verdict("owner") }
        if sameBytes(subject, try stored.string("author")) { return verdict("author") }
        if try Delegation.isDelegate(context, subject, of: head.owner, at: at) { return verdict("delegate") }

        // With several refused grants the reason of the last one in key order is given.
        var reason = "no-grant"
        let prefix = RecordKey.accessPrefix(recordID, version, subject)
        let entries = try context.stateRange(from: prefix, to: Paging.end(of: prefix))
        while let entry = try entries.next() {
            let grant = try RecordState.grant(context, try Stored.json(entry.value).string("grantId"))
            guard let refusal = refusal(grant, head: head, grantee: who, at: at) else {
                try entries.close()
                return verdict("grantee", grantID: grant.grantID)
            }
            reason = refusal
        }
        return verdict(nil, reason: reason)
    }

    /// Why a grant does not count at a time, or nil; a revoked grant never counts again, whatever the time asked for.
    private static func refusal(_ grant: Grant, head: RecordHead, grantee: Subject, at time: Int64) -> String? {
        if head.tombstonedAt != nil { return "tombstoned" }
        if grant.revokedAt != nil { return "revoked" }
        if time >= grant.expiresAt { return "expired" }
        switch grantee.status {
        case .active: return nil
        case .revoked: return "grantee-revoked"
        case .expired: return "grantee-expired"
        case .notYetValid: return "grantee-not-yet-valid"
        }
    }

    private static func verdict(_ right: String?, grantID: String? = nil, reason: String = "") -> JSONValue {
        [
            "allowed": .bool(right != nil), "as": Stored.optional(right), "grantId": Stored.optional(grantID), "reason": .string(reason),
        ]
    }
}
