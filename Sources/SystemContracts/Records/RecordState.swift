import Chaincode

/// Reads of the state of records by id; each throws that the item is unknown (404).
enum RecordState {
    static func head(_ context: Context, _ recordID: String) throws(ContractError) -> RecordHead {
        guard let head = try existingHead(context, recordID) else {
            throw .notFound("unknown-record", "record \(recordID) has not been uploaded")
        }
        return head
    }

    /// The head of a record that may already exist.
    static func existingHead(_ context: Context, _ recordID: String) throws(ContractError) -> RecordHead? {
        try Input.randomID(recordID, "recordId")
        guard let value = try context.getState(RecordKey.record(recordID)) else { return nil }
        return try RecordHead(json: try Stored.json(value))
    }

    /// A head that is not tombstoned; throws `tombstoned` (409).
    static func liveHead(_ context: Context, _ recordID: String) throws(ContractError) -> RecordHead {
        let head = try head(context, recordID)
        try requireLive(head)
        return head
    }

    static func requireLive(_ head: RecordHead) throws(ContractError) {
        guard head.tombstonedAt == nil else { throw .conflict("tombstoned", "record \(head.recordID) has been closed by its owner") }
    }

    static func version(_ context: Context, _ recordID: String, _ version: Int64) throws(ContractError) -> JSONValue {
        try Input.version(version, "version")
        guard let value = try context.getState(RecordKey.version(recordID, version)) else {
            throw .notFound("unknown-version", "record \(recordID) has no version \(version)")
        }
        return try Stored.json(value)
    }

    static func grant(_ context: Context, _ grantID: String) throws(ContractError) -> Grant {
        try Input.randomID(grantID, "grantId")
        guard let value = try context.getState(RecordKey.grant(grantID)) else {
            throw .notFound("unknown-grant", "there is no grant \(grantID)")
        }
        return try Grant(json: try Stored.json(value))
    }

    static func request(_ context: Context, _ requestID: String) throws(ContractError) -> AccessRequest {
        try Input.randomID(requestID, "requestId")
        guard let value = try context.getState(RecordKey.request(requestID)) else {
            throw .notFound("unknown-request", "there is no request \(requestID)")
        }
        return try AccessRequest(json: try Stored.json(value))
    }
}
