import Chaincode
import CryptoPrimitives

/// Signature verification with keys from the registry (chaincode-specs/signatures); it verifies only and holds no key and no state.
///
/// A wrong signature is the result `false`; a signer that is unknown, revoked or expired is a refusal, because there is no key to judge by.
package struct SignaturesContract: Contract {
    package let name = MedicalContracts.signatures
    package let summary = "Verifies signatures of registered subjects over labelled messages."

    package init() {}

    package var transactions: [Transaction] {
        [
            Transaction.evaluate(
                "verify", Parameter<String>("signer", description: "the subject that is said to have signed"),
                Parameter<String>("context", description: "what the signature is for, e.g. emr/v1/upload; the label of the message"),
                Parameter<[UInt8]>("message", description: "the body of the labelled message, as bytes"),
                Parameter<String>("signature", description: "DER, hexadecimal"), body: Verification.verify
            ).described("Whether the signer's current key made the signature over the labelled message of this channel."),
            Transaction.evaluate(
                "verifyRecord", Parameter<String>("recordId", description: "the record"), Parameter<Int64>("version", description: "from 1"),
                body: Verification.verifyRecord
            ).described("Whether the doctor's signature under a record version is valid under the key of the time of upload."),
        ]
    }
}

/// The two verifications.
enum Verification {
    static func verify(
        _ context: Context, _ signer: String, _ label: String, _ message: [UInt8], _ signature: String
    ) throws(ContractError) -> Bool {
        try Input.anySubject(signer, "signer")
        try Input.label(label, "context")
        guard message.count <= Limits.messageBytes else {
            throw Input.malformed("message", "at most \(Limits.messageBytes) bytes; sign a digest of anything longer")
        }
        let bytes = try Input.signature(signature, "signature")
        let subject = try RegistryClient.activeSubject(context, signer)
        let labelled = MedicalMessages.message(channel: context.channelID, signer: signer, context: label, body: message)
        return try context.isValidSignature(bytes, message: labelled, publicKey: subject.signingKey)
    }

    /// Judged at the time of upload, when the contract found the doctor active: a later rotation, expiry or ordinary revocation changes nothing,
    /// but a revocation because the key was compromised takes the trust back.
    static func verifyRecord(_ context: Context, _ recordID: String, _ version: Int64) throws(ContractError) -> Bool {
        try Input.randomID(recordID, "recordId")
        try Input.version(version, "version")
        let stored = try RegistryClient.call(context, MedicalContracts.records, ["getVersion", recordID, String(version)])
        let author = try stored.string("author")
        let subject = try RegistryClient.subject(context, author)
        if let reason = subject.revocationReason, sameBytes(reason, Rotation.keyCompromise) {
            throw .forbidden("revoked", "doctor \(author) has been revoked because the key was compromised; no signature of it counts")
        }
        let key = try RegistryClient.call(
            context, MedicalContracts.registry, ["lookupKey", author, String(try stored.integer("authorKeyVersion"))])
        guard let signingKey = Base16.decode(try key.string("signingKey")), let signature = Base16.decode(try stored.string("authorSignature")),
            let digest = Base16.decode(try stored.string("objectDigest"))
        else {
            throw .failure("state-corrupt", "a stored key, signature or digest is not hexadecimal; rebuild the state of this node from the blocks")
        }
        let message = MedicalMessages.upload(
            channel: context.channelID, author: author, recordID: recordID, version: version, owner: try stored.string("owner"),
            objectDigest: digest)
        return try context.isValidSignature(signature, message: message, publicKey: signingKey)
    }
}
