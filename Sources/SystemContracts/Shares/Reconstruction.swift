import Chaincode
import CryptoPrimitives
import RecordSharing

/// Recombines the ciphertext of a record version from fragments in the transient data.
enum Reconstruction {
    /// The record version as the chain knows it, and the caller's right to it.
    private struct Case {
        let recordID: String
        let version: Int64
        let commitment: FragmentCommitment
        let caller: Subject
        let right: String
        let grantID: String?
    }

    static func reconstruct(_ context: Context, _ recordID: String) throws(ContractError) -> [UInt8] {
        try Input.randomID(recordID, "recordId")
        let record = try RegistryClient.call(context, MedicalContracts.records, ["getRecord", recordID])
        return try recombine(context, try open(context, recordID, try record.integer("version"))).sealedObject
    }

    static func reconstructVersion(_ context: Context, _ recordID: String, _ version: Int64) throws(ContractError) -> [UInt8] {
        try recombine(context, try open(context, recordID, version)).sealedObject
    }

    static func logReconstruction(_ context: Context, _ recordID: String, _ version: Int64) throws(ContractError) -> JSONValue {
        let opened = try open(context, recordID, version)
        let verdicts = try recombine(context, opened).verdicts
        let good = verdicts.filter { $0.error == nil }.compactMap(\.index).sorted()
        let receipt: JSONValue = [
            "recordId": .string(recordID), "version": .integer(version), "transactionId": .string(context.transactionID),
            "at": .integer(context.timestamp.seconds), "by": .string(opened.caller.id), "mspId": .string(opened.caller.mspID),
            "as": .string(opened.right), "grantId": Stored.optional(opened.grantID), "good": .array(good.map { .integer(Int64($0)) }),
            "bad": .array(verdicts.filter { $0.error != nil }.map(bad)),
        ]
        try context.putJSON(ReceiptKey.receipt(recordID, context.transactionID), receipt)
        try context.setEvent("reconstructed", JSONValue.object([("recordId", .string(recordID)), ("by", .string(opened.caller.id))]).encoded())
        return receipt
    }

    /// Reads what the chain says about the version and judges the caller; throws `access-denied`, or why its right has ended (403).
    private static func open(_ context: Context, _ recordID: String, _ version: Int64) throws(ContractError) -> Case {
        try Input.randomID(recordID, "recordId")
        try Input.version(version, "version")
        let caller = try RegistryClient.activeCaller(context)
        let stored = try RegistryClient.call(context, MedicalContracts.records, ["getVersion", recordID, String(version)])
        let access = try RegistryClient.call(
            context, MedicalContracts.records, ["checkAccess", recordID, String(version), caller.id, String(context.timestamp.seconds)])
        guard access["allowed"]?.bool == true, let right = access["as"]?.string else {
            let reason = try access.string("reason")
            let code = sameBytes(reason, "no-grant") ? "access-denied" : reason
            throw .forbidden(code, "subject \(caller.id) has no right to version \(version) of record \(recordID): \(reason)")
        }
        guard let root = Base16.decode(try stored.string("fragmentRoot")), let digest = Base16.decode(try stored.string("objectDigest")) else {
            throw .failure("state-corrupt", "a stored digest is not hexadecimal; rebuild the state of this node from the blocks")
        }
        return Case(
            recordID: recordID, version: version, commitment: FragmentCommitment(root: root, sealedObjectDigest: digest), caller: caller,
            right: right, grantID: access["grantId"]?.string)
    }

    /// Drops fragments that do not lead to the commitment, recombines the rest and checks the digest of the result.
    private static func recombine(_ context: Context, _ opened: Case) throws(ContractError) -> SealedObjectRecombination {
        let fragments = try offered(context)
        do throws(EMS1Error) {
            return try EMS1.recombineSealedObject(fragments: fragments, commitment: opened.commitment)
        } catch {
            switch error {
            case .notEnoughValidShares(let valid, let needed, let verdicts):
                throw .refused("not-enough-fragments", explanation(valid: valid, needed: needed, verdicts: verdicts))
            case .sealedObjectDigestMismatch:
                throw .conflict("digest-mismatch", "the fragments lead to the committed root, but what they make up has not the committed digest")
            default:
                throw .refused("bad-fragments", error.description)
            }
        }
    }

    /// The transient entries fragment-0, fragment-1, ... up to the first that is missing.
    private static func offered(_ context: Context) throws(ContractError) -> [[UInt8]] {
        var fragments: [[UInt8]] = []
        var bytes = 0
        while let fragment = try context.transient("fragment-\(fragments.count)") {
            bytes += fragment.count
            guard fragments.count < Limits.fragments, bytes <= Limits.offeredBytes else {
                throw .refused("too-many-fragments", "more than \(Limits.fragments) fragments or \(Limits.offeredBytes) bytes were offered")
            }
            fragments.append(fragment)
        }
        guard !fragments.isEmpty else {
            throw .refused("no-fragments", "send the fragment files as the transient entries fragment-0, fragment-1 and so on")
        }
        return fragments
    }

    private static func explanation(valid: Int, needed: Int?, verdicts: [EMS1ShareVerdict]) -> String {
        let bad = verdicts.compactMap { verdict in
            verdict.error.map { error in
                "fragment-\(verdict.position)" + (verdict.index.map { " (index \($0))" } ?? "") + " " + error.rawValue
            }
        }
        let need = needed.map { "\($0) are needed" } ?? "none could be read"
        return "\(valid) good fragments, but \(need)" + (bad.isEmpty ? "" : "; left out: " + bad.joined(separator: ", "))
    }

    private static func bad(_ verdict: EMS1ShareVerdict) -> JSONValue {
        [
            "position": .integer(Int64(verdict.position)), "index": Stored.optional(verdict.index.map { Int64($0) }),
            "reason": .string(verdict.error?.rawValue ?? ""),
        ]
    }
}

/// Reads of receipts.
enum Receipts {
    static func getReceipt(_ context: Context, _ recordID: String, _ transactionID: String) throws(ContractError) -> JSONValue {
        try Input.randomID(recordID, "recordId")
        _ = try Input.hex(transactionID, bytes: 32, "transactionId")
        guard let value = try context.getState(ReceiptKey.receipt(recordID, transactionID)) else {
            throw .notFound("unknown-receipt", "there is no receipt of this transaction for record \(recordID)")
        }
        return try Stored.json(value)
    }

    static func listReceipts(_ context: Context, _ recordID: String, _ pageSize: Int64, _ bookmark: String) throws(ContractError) -> JSONValue {
        try Input.randomID(recordID, "recordId")
        let page = try Paging.page(context, prefix: ReceiptKey.prefix(recordID), size: pageSize, bookmark: bookmark)
        var receipts: [JSONValue] = []
        for entry in page.entries {
            receipts.append(try Stored.json(entry.value))
        }
        return Paging.result("receipts", receipts, bookmark: page.bookmark)
    }
}
