import Chaincode

/// Appends versions of records and closes records.
enum Uploading {
    static func upload(
        _ context: Context, _ recordID: String, _ owner: String, _ version: Int64, _ index: JSONValue, _ author: String,
        _ authorSignature: String
    ) throws(ContractError) -> Int64 {
        try Input.randomID(owner, "owner")
        try Input.version(version, "version")
        try Input.anySubject(author, "author")
        let signature = try Input.signature(authorSignature, "authorSignature")
        let index = try RecordIndex(index)
        let head = try RecordState.existingHead(context, recordID)

        let caller = try Delegation.requireOwner(context, owner)
        try requirePatient(context, owner, caller)
        if let head {
            guard sameBytes(head.owner, owner) else { throw .forbidden("not-owner", "record \(recordID) belongs to another patient") }
            try RecordState.requireLive(head)
        }
        let next = (head?.version ?? 0) + 1
        guard version == next else {
            throw .conflict("wrong-version", "the next version of record \(recordID) is \(next), not \(version); have the doctor sign that one")
        }
        let doctor = try requireDoctor(context, author)
        let message = MedicalMessages.upload(
            channel: context.channelID, author: author, recordID: recordID, version: version, owner: owner, objectDigest: index.objectDigest)
        guard try context.isValidSignature(signature, message: message, publicKey: doctor.signingKey) else {
            throw .refused("bad-author-signature", "the signature is not doctor \(author)'s over the upload message of this version")
        }

        let now = context.timestamp.seconds
        var stored = index.json
        for (name, value) in [
            ("recordId", JSONValue.string(recordID)), ("version", .integer(version)), ("owner", .string(owner)), ("author", .string(author)),
            ("authorKeyVersion", .integer(doctor.keyVersion)), ("authorSignature", .string(authorSignature)), ("uploadedAt", .integer(now)),
            ("uploadedBy", .string(caller.id)), ("transactionId", .string(context.transactionID)),
        ] {
            stored = stored.setting(name, value)
        }
        let newHead = RecordHead(
            recordID: recordID, owner: owner, createdAt: head?.createdAt ?? now, version: version, tombstonedAt: nil)
        try context.putJSON(RecordKey.version(recordID, version), stored)
        try context.putJSON(RecordKey.record(recordID), newHead.json)
        if head == nil {
            try context.putJSON(RecordKey.owned(owner, recordID), ["recordId": .string(recordID)])
        }
        try context.setEvent("uploaded", JSONValue.object([("recordId", .string(recordID)), ("version", .integer(version))]).encoded())
        return version
    }

    static func tombstone(_ context: Context, _ recordID: String) throws(ContractError) -> JSONValue {
        var head = try RecordState.head(context, recordID)
        try Delegation.requireOwner(context, head.owner)
        try RecordState.requireLive(head)
        head.tombstonedAt = context.timestamp.seconds
        try context.putJSON(RecordKey.record(recordID), head.json)
        try context.setEvent("tombstoned", JSONValue.object([("recordId", .string(recordID))]).encoded())
        return head.json
    }

    /// The owner must be a patient of the registry that may act, also when a delegate uploads.
    private static func requirePatient(_ context: Context, _ owner: String, _ caller: Subject) throws(ContractError) {
        let patient = sameBytes(caller.id, owner) ? caller : try RegistryClient.activeSubject(context, owner)
        guard patient.role == .patient else { throw .forbidden("not-a-patient", "subject \(owner) is no patient and owns no records") }
    }

    private static func requireDoctor(_ context: Context, _ author: String) throws(ContractError) -> Subject {
        let doctor = try RegistryClient.activeSubject(context, author)
        guard doctor.role == .doctor else { throw .forbidden("not-a-doctor", "subject \(author) is no doctor and signs no records") }
        return doctor
    }
}
