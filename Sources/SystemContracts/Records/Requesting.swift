import Chaincode

/// Asks owners for access.
enum Requesting {
    static func requestAccess(
        _ context: Context, _ requestID: String, _ recordID: String, _ purpose: String, _ expiresAt: Int64
    ) throws(ContractError) -> String {
        try Input.randomID(requestID, "requestId")
        try Input.purpose(purpose, "purpose")
        try Delegation.requireFuture(expiresAt, context)
        let caller = try RegistryClient.activeCaller(context)
        guard caller.role != .patient else {
            throw .forbidden("access-denied", "institutions and doctors ask for access; subject \(caller.id) is a patient")
        }
        let head = try RecordState.liveHead(context, recordID)
        guard try context.getState(RecordKey.request(requestID)) == nil else {
            throw .conflict("already-requested", "there is a request \(requestID) already; choose another id")
        }
        let request = AccessRequest(
            requestID: requestID, recordID: recordID, owner: head.owner, requester: caller.id, purpose: purpose,
            requestedAt: context.timestamp.seconds, expiresAt: expiresAt, status: .pending, grantID: nil)
        try context.putJSON(RecordKey.request(requestID), request.json)
        try context.putJSON(RecordKey.asked(head.owner, requestID), ["requestId": .string(requestID)])
        try context.setEvent("accessRequested", event(request))
        return requestID
    }

    static func declineRequest(_ context: Context, _ requestID: String) throws(ContractError) -> JSONValue {
        var request = try RecordState.request(context, requestID)
        try Delegation.requireOwner(context, request.owner)
        try requirePending(request)
        request.status = .declined
        try context.putJSON(RecordKey.request(requestID), request.json)
        try context.setEvent("requestDeclined", event(request))
        return request.json
    }

    /// Throws `already-answered` (409).
    static func requirePending(_ request: AccessRequest) throws(ContractError) {
        guard request.status == .pending else {
            throw .conflict("already-answered", "request \(request.requestID) is \(request.status.rawValue) already")
        }
    }

    private static func event(_ request: AccessRequest) -> [UInt8] {
        JSONValue.object([
            ("owner", .string(request.owner)), ("recordId", .string(request.recordID)), ("requestId", .string(request.requestID)),
            ("requester", .string(request.requester)),
        ]).encoded()
    }
}
