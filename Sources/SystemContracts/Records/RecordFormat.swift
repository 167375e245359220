import Chaincode

// Keys and values of the namespace "records". All values are canonical JSON (names sorted by bytes, no spaces, whole numbers).
//
// "record/" recordID                             = { createdAt, owner, recordId, tombstonedAt, version }
// "version/" recordID "/" version                = { author, authorKeyVersion, authorSignature, commitment, count, custodians, epoch, fragmentRoot,
//                                                    objectDigest, owner, recordId, size, storeRef, threshold, transactionId, uploadedAt,
//                                                    uploadedBy, version }
// "owned/" owner "/" recordID                    = { recordId }
// "grant/" grantID                               = { expiresAt, grantId, grantedAt, grantedBy, grantee, granteeKeyVersion, owner, purpose,
//                                                    recordId, requestId, revokedAt, version, wrappedKey }
// "access/" recordID "/" version "/" grantee "/" grantID = { grantId }
// "request/" requestID                           = { expiresAt, grantId, owner, purpose, recordId, requestId, requestedAt, requester, status }
// "asked/" owner "/" requestID                   = { requestId }
// "delegate/" owner "/" delegate                 = { addedAt, delegate, expiresAt, owner }
//
// recordID, grantID, requestID, owner = 32 hexadecimal digits, random
// grantee, delegate, author, requester = subject ids
// version (in keys) = ten decimal digits, counted from 1; in values a number
// objectDigest, commitment, fragmentRoot = 64 hexadecimal digits; digests of ciphertext or of blinded hash trees
// custodians = array of `count` membership service ids, by share index
// tombstonedAt, revokedAt, grantId in a request = null until it happens
// status     = "pending" / "granted" / "declined"
// times      = seconds since 1970, as numbers
//
// Golden bytes: RecordsFormatTests.

/// The keys of the state of records.
enum RecordKey {
    static func record(_ id: String) -> String { "record/" + id }
    static func version(_ id: String, _ version: Int64) -> String { "version/" + id + "/" + Stored.digits(version) }
    static func ownedPrefix(_ owner: String) -> String { "owned/" + owner + "/" }
    static func owned(_ owner: String, _ id: String) -> String { ownedPrefix(owner) + id }
    static func grant(_ id: String) -> String { "grant/" + id }
    static func recordAccessPrefix(_ id: String) -> String { "access/" + id + "/" }
    static func accessPrefix(_ id: String, _ version: Int64, _ grantee: String) -> String {
        recordAccessPrefix(id) + Stored.digits(version) + "/" + grantee + "/"
    }
    static func access(_ id: String, _ version: Int64, _ grantee: String, _ grant: String) -> String {
        accessPrefix(id, version, grantee) + grant
    }
    static func request(_ id: String) -> String { "request/" + id }
    static func askedPrefix(_ owner: String) -> String { "asked/" + owner + "/" }
    static func asked(_ owner: String, _ request: String) -> String { askedPrefix(owner) + request }
    static func delegate(_ owner: String, _ delegate: String) -> String { "delegate/" + owner + "/" + delegate }
}

/// The newest state of a record: who owns it and which version is current.
struct RecordHead {
    let recordID: String
    let owner: String
    let createdAt: Int64
    var version: Int64
    var tombstonedAt: Int64?

    var json: JSONValue {
        [
            "recordId": .string(recordID), "owner": .string(owner), "createdAt": .integer(createdAt), "version": .integer(version),
            "tombstonedAt": Stored.optional(tombstonedAt),
        ]
    }
}

extension RecordHead {
    /// Reads a stored head.
    init(json: JSONValue) throws(ContractError) {
        recordID = try json.string("recordId")
        owner = try json.string("owner")
        createdAt = try json.integer("createdAt")
        version = try json.integer("version")
        tombstonedAt = json["tombstonedAt"]?.integer
    }
}

/// A patient's permission for one grantee to open one version of a record.
struct Grant {
    let grantID: String
    let recordID: String
    let version: Int64
    let owner: String
    let grantee: String
    let granteeKeyVersion: Int64
    let purpose: String
    let grantedAt: Int64
    let grantedBy: String
    let expiresAt: Int64
    let wrappedKey: String
    let requestID: String?
    var revokedAt: Int64?

    var json: JSONValue {
        [
            "grantId": .string(grantID), "recordId": .string(recordID), "version": .integer(version), "owner": .string(owner),
            "grantee": .string(grantee), "granteeKeyVersion": .integer(granteeKeyVersion), "purpose": .string(purpose),
            "grantedAt": .integer(grantedAt), "grantedBy": .string(grantedBy), "expiresAt": .integer(expiresAt),
            "wrappedKey": .string(wrappedKey), "requestId": Stored.optional(requestID), "revokedAt": Stored.optional(revokedAt),
        ]
    }
}

extension Grant {
    /// Reads a stored grant.
    init(json: JSONValue) throws(ContractError) {
        grantID = try json.string("grantId")
        recordID = try json.string("recordId")
        version = try json.integer("version")
        owner = try json.string("owner")
        grantee = try json.string("grantee")
        granteeKeyVersion = try json.integer("granteeKeyVersion")
        purpose = try json.string("purpose")
        grantedAt = try json.integer("grantedAt")
        grantedBy = try json.string("grantedBy")
        expiresAt = try json.integer("expiresAt")
        wrappedKey = try json.string("wrappedKey")
        requestID = json["requestId"]?.string
        revokedAt = json["revokedAt"]?.integer
    }
}

/// An institution's or doctor's question for access to a record.
struct AccessRequest {
    /// What became of a request.
    enum Status: String {
        case pending, granted, declined
    }

    let requestID: String
    let recordID: String
    let owner: String
    let requester: String
    let purpose: String
    let requestedAt: Int64
    let expiresAt: Int64
    var status: Status
    var grantID: String?

    var json: JSONValue {
        [
            "requestId": .string(requestID), "recordId": .string(recordID), "owner": .string(owner), "requester": .string(requester),
            "purpose": .string(purpose), "requestedAt": .integer(requestedAt), "expiresAt": .integer(expiresAt), "status": .string(status.rawValue),
            "grantId": Stored.optional(grantID),
        ]
    }
}

extension AccessRequest {
    /// Reads a stored request.
    init(json: JSONValue) throws(ContractError) {
        guard let status = Status(rawValue: try json.string("status")) else {
            throw .failure("state-corrupt", "a stored request has an unknown status; the state of this node is damaged: rebuild it from the blocks")
        }
        self.status = status
        requestID = try json.string("requestId")
        recordID = try json.string("recordId")
        owner = try json.string("owner")
        requester = try json.string("requester")
        purpose = try json.string("purpose")
        requestedAt = try json.integer("requestedAt")
        expiresAt = try json.integer("expiresAt")
        grantID = json["grantId"]?.string
    }
}
