import Chaincode

/// The index of sealed records with their owners' consent: upload, tombstone, grant, revoke, request, list (chaincode-specs/records).
///
/// The chain holds digests of ciphertext, random ids and sealed boxes; never record bytes, plaintext digests or keys.
package struct RecordsContract: Contract {
    package let name = MedicalContracts.records
    package let summary = "The index of sealed medical records: versions, custodians, grants and requests for access."

    package init() {}

    package var transactions: [Transaction] { uploads + grants + requests + reads + delegates }

    private var uploads: [Transaction] {
        [
            Transaction.submit(
                "uploadEMRInformation", Parameter<String>("recordId", description: "32 random hexadecimal digits"),
                Parameter<String>("owner", description: "the patient's subject id"),
                Parameter<Int64>("version", description: "1 for a new record, otherwise one more than the current version"),
                Parameter<JSONValue>(
                    "index",
                    description:
                        "{objectDigest, size, storeRef, commitment, fragmentRoot, threshold, count, epoch, custodians}; digests in hexadecimal"),
                Parameter<String>("author", description: "the subject id of the doctor who signed"),
                Parameter<String>("authorSignature", description: "the doctor's signature over the upload message, DER, hexadecimal"),
                body: Uploading.upload
            ).described("Appends a version of a record; returns its number."),
            Transaction.submit("tombstone", Parameter<String>("recordId", description: "the record"), body: Uploading.tombstone)
                .described("Closes a record for ever: no further version, no access; returns its head."),
        ]
    }

    private var grants: [Transaction] {
        [
            Transaction.submit(
                "grant", Parameter<String>("grantId", description: "32 hexadecimal digits, chosen at random; the key wrap is bound to it"),
                Parameter<String>("recordId", description: "the record"), Parameter<Int64>("version", description: "the version that is opened"),
                Parameter<String>("grantee", description: "the subject that may open it"),
                Parameter<String>("purpose", description: "a word, e.g. claim"),
                Parameter<Int64>("expiresAt", description: "seconds since 1970"),
                Parameter<String>("wrappedKey", description: "the data key sealed to the grantee, hexadecimal"),
                Parameter<String>("requestId", description: "the request that this answers, or empty"), body: Granting.grant
            ).described("Lets a subject open one version of a record until a time; returns the grant's id."),
            Transaction.submit("revokeGrant", Parameter<String>("grantId", description: "the grant"), body: Granting.revokeGrant)
                .described("Takes a grant back; what was opened before cannot be recalled. Returns the grant."),
        ]
    }

    private var requests: [Transaction] {
        [
            Transaction.submit(
                "requestAccess", Parameter<String>("requestId", description: "32 hexadecimal digits, chosen at random"),
                Parameter<String>("recordId", description: "the record"), Parameter<String>("purpose", description: "a word, e.g. claim"),
                Parameter<Int64>("expiresAt", description: "seconds since 1970"), body: Requesting.requestAccess
            ).described("Asks the owner for access, as an institution or a doctor; returns the request's id."),
            Transaction.submit("declineRequest", Parameter<String>("requestId", description: "the request"), body: Requesting.declineRequest)
                .described("Says no to a request; returns the request."),
        ]
    }

    private var reads: [Transaction] {
        [
            Transaction.evaluate("getRecord", Parameter<String>("recordId", description: "the record"), body: RecordReading.getRecord)
                .described("The head of a record and its current version."),
            Transaction.evaluate(
                "getVersion", Parameter<String>("recordId", description: "the record"), Parameter<Int64>("version", description: "from 1"),
                body: RecordReading.getVersion
            ).described("One version of a record, as it was uploaded."),
            Transaction.evaluate("getGrant", Parameter<String>("grantId", description: "the grant"), body: RecordReading.getGrant)
                .described("A grant with the wrapped key."),
            Transaction.evaluate("getRequest", Parameter<String>("requestId", description: "the request"), body: RecordReading.getRequest)
                .described("A request for access and what became of it."),
            Transaction.evaluate(
                "checkGrant", Parameter<String>("grantId", description: "the grant"),
                Parameter<Int64>("at", description: "the time to judge by, seconds since 1970"), body: AccessChecking.checkGrant
            ).described("Whether a grant allows access at a time, with the grantee's current sealing key: what custodians ask before releasing."),
            Transaction.evaluate(
                "checkAccess", Parameter<String>("recordId", description: "the record"), Parameter<Int64>("version", description: "from 1"),
                Parameter<String>("subject", description: "who wants access"),
                Parameter<Int64>("at", description: "the time to judge by, seconds since 1970"), body: AccessChecking.checkAccess
            ).described("Whether a subject may have a version at a time, and by which right."),
            Transaction.evaluate(
                "listRecords", Parameter<String>("owner", description: "the patient"), Parameter<Int64>("pageSize", description: "1 to 100"),
                Parameter<String>("bookmark", description: "empty, or the bookmark of the page before"), body: RecordReading.listRecords
            ).described("The heads of a patient's records, in pages, for the patient and delegates."),
            Transaction.evaluate(
                "listGrants", Parameter<String>("recordId", description: "the record"), Parameter<Int64>("pageSize", description: "1 to 100"),
                Parameter<String>("bookmark", description: "empty, or the bookmark of the page before"), body: RecordReading.listGrants
            ).described("The grants of a record, in pages, for its owner and delegates."),
            Transaction.evaluate(
                "listRequests", Parameter<String>("owner", description: "the patient"), Parameter<Int64>("pageSize", description: "1 to 100"),
                Parameter<String>("bookmark", description: "empty, or the bookmark of the page before"), body: RecordReading.listRequests
            ).described("The requests for access to a patient's records, in pages, for the patient and delegates."),
        ]
    }

    private var delegates: [Transaction] {
        [
            Transaction.submit(
                "addDelegate", Parameter<String>("delegate", description: "the subject that may act for the caller"),
                Parameter<Int64>("expiresAt", description: "seconds since 1970"), body: Delegation.add
            ).described("Lets another subject act for the calling patient until a time; returns the delegation."),
            Transaction.submit("removeDelegate", Parameter<String>("delegate", description: "the subject"), body: Delegation.remove)
                .described("Ends a delegation of the calling patient."),
        ]
    }
}
