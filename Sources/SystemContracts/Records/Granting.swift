import Chaincode

/// Gives and takes back permission to open a version of a record.
enum Granting {
    static func grant(
        _ context: Context, _ grantID: String, _ recordID: String, _ version: Int64, _ grantee: String, _ purpose: String, _ expiresAt: Int64,
        _ wrappedKey: String, _ requestID: String
    ) throws(ContractError) -> String {
        try Input.randomID(grantID, "grantId")
        try Input.anySubject(grantee, "grantee")
        try Input.purpose(purpose, "purpose")
        _ = try Input.hex(wrappedKey, bytes: Limits.wrappedKeyLeastBytes...Limits.wrappedKeyBytes, "wrappedKey")
        try Delegation.requireFuture(expiresAt, context)
        let head = try RecordState.head(context, recordID)
        let caller = try Delegation.requireOwner(context, head.owner)
        try RecordState.requireLive(head)
        _ = try RecordState.version(context, recordID, version)
        guard try context.getState(RecordKey.grant(grantID)) == nil else {
            throw .conflict("already-granted", "there is a grant \(grantID) already; choose another id")
        }
        let subject = try RegistryClient.activeSubject(context, grantee)
        let now = context.timestamp.seconds
        let grant = Grant(
            grantID: grantID, recordID: recordID, version: version, owner: head.owner, grantee: grantee, granteeKeyVersion: subject.keyVersion,
            purpose: purpose, grantedAt: now, grantedBy: caller.id, expiresAt: expiresAt, wrappedKey: wrappedKey,
            requestID: requestID.utf8.isEmpty ? nil : requestID, revokedAt: nil)
        if !requestID.utf8.isEmpty {
            try answer(context, requestID, with: grant)
        }
        try context.putJSON(RecordKey.grant(grantID), grant.json)
        try context.putJSON(RecordKey.access(recordID, version, grantee, grantID), ["grantId": .string(grantID)])
        try context.setEvent("granted", event(grant))
        return grantID
    }

    static func revokeGrant(_ context: Context, _ grantID: String) throws(ContractError) -> JSONValue {
        var grant = try RecordState.grant(context, grantID)
        try Delegation.requireOwner(context, grant.owner)
        guard grant.revokedAt == nil else { throw .conflict("revoked", "grant \(grantID) has been revoked already") }
        grant.revokedAt = context.timestamp.seconds
        try context.putJSON(RecordKey.grant(grantID), grant.json)
        try context.setEvent("grantRevoked", event(grant))
        return grant.json
    }

    private static func answer(_ context: Context, _ requestID: String, with grant: Grant) throws(ContractError) {
        var request = try RecordState.request(context, requestID)
        try Requesting.requirePending(request)
        guard context.timestamp.seconds < request.expiresAt else {
            throw .conflict("expired", "request \(requestID) has expired; grant without a request or wait for a new one")
        }
        let fits =
            sameBytes(request.recordID, grant.recordID) && sameBytes(request.requester, grant.grantee)
            && sameBytes(request.purpose, grant.purpose)
        guard fits else {
            throw .refused("request-mismatch", "request \(requestID) is for another record, by another subject or for another purpose")
        }
        request.status = .granted
        request.grantID = grant.grantID
        try context.putJSON(RecordKey.request(requestID), request.json)
    }

    private static func event(_ grant: Grant) -> [UInt8] {
        JSONValue.object([
            ("grantId", .string(grant.grantID)), ("grantee", .string(grant.grantee)), ("recordId", .string(grant.recordID)),
            ("version", .integer(grant.version)),
        ]).encoded()
    }
}
