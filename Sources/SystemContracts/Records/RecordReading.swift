import Chaincode

/// Reads of records, grants and requests.
enum RecordReading {
    static func getRecord(_ context: Context, _ recordID: String) throws(ContractError) -> JSONValue {
        let head = try RecordState.head(context, recordID)
        return head.json.setting("current", try RecordState.version(context, recordID, head.version))
    }

    static func getVersion(_ context: Context, _ recordID: String, _ version: Int64) throws(ContractError) -> JSONValue {
        let head = try RecordState.head(context, recordID)
        return try RecordState.version(context, recordID, version).setting("tombstonedAt", Stored.optional(head.tombstonedAt))
    }

    static func getGrant(_ context: Context, _ grantID: String) throws(ContractError) -> JSONValue {
        try RecordState.grant(context, grantID).json
    }

    static func getRequest(_ context: Context, _ requestID: String) throws(ContractError) -> JSONValue {
        try RecordState.request(context, requestID).json
    }

    static func listRecords(_ context: Context, _ owner: String, _ pageSize: Int64, _ bookmark: String) throws(ContractError) -> JSONValue {
        try Input.randomID(owner, "owner")
        try Delegation.requireOwner(context, owner)
        let page = try Paging.page(context, prefix: RecordKey.ownedPrefix(owner), size: pageSize, bookmark: bookmark)
        var records: [JSONValue] = []
        for entry in page.entries {
            records.append(try RecordState.head(context, try Stored.json(entry.value).string("recordId")).json)
        }
        return Paging.result("records", records, bookmark: page.bookmark)
    }

    static func listGrants(_ context: Context, _ recordID: String, _ pageSize: Int64, _ bookmark: String) throws(ContractError) -> JSONValue {
        let head = try RecordState.head(context, recordID)
        try Delegation.requireOwner(context, head.owner)
        let page = try Paging.page(context, prefix: RecordKey.recordAccessPrefix(recordID), size: pageSize, bookmark: bookmark)
        var grants: [JSONValue] = []
        for entry in page.entries {
            grants.append(try RecordState.grant(context, try Stored.json(entry.value).string("grantId")).json)
        }
        return Paging.result("grants", grants, bookmark: page.bookmark)
    }

    static func listRequests(_ context: Context, _ owner: String, _ pageSize: Int64, _ bookmark: String) throws(ContractError) -> JSONValue {
        try Input.randomID(owner, "owner")
        try Delegation.requireOwner(context, owner)
        let page = try Paging.page(context, prefix: RecordKey.askedPrefix(owner), size: pageSize, bookmark: bookmark)
        var requests: [JSONValue] = []
        for entry in page.entries {
            requests.append(try RecordState.request(context, try Stored.json(entry.value).string("requestId")).json)
        }
        return Paging.result("requests", requests, bookmark: page.bookmark)
    }
}
