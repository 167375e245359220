// message = part(label) part(channel) part(signer) part(body)
// part(x) = length x            ; length is u32, big-endian, in bytes
//
// label   = UTF-8               ; what the signature is for, e.g. "emr/v1/upload"; no two uses share a label
// channel = UTF-8               ; the channel's id
// signer  = UTF-8               ; the subject whose key signs
//
// body of "selvage/registry/v1/possession" = part(role) part(certificate) part(signingKey) part(sealingKey)
// body of "selvage/registry/v1/rotate"     = part(keyVersion) part(certificate) part(signingKey) part(sealingKey)
// body of "emr/v1/upload"                  = part(recordID) part(version) part(owner) part(objectDigest)
//
// role        = "institution" / "doctor" / "patient"
// certificate = 32 bytes        ; SHA-256 of the DER certificate that acts for the subject
// signingKey, sealingKey = 65 bytes    ; uncompressed P-256 points, 04 x y
// keyVersion, version    = decimal digits, no leading zero
// recordID    = 32 lower-case hexadecimal digits, as text
// objectDigest = 32 bytes       ; SHA-256 of the ciphertext
//
// Signatures are ECDSA on P-256 over SHA-256 of the message, DER, low s. Golden bytes: LabelledMessageTests.

/// The bytes that a subject signs: every part with its length, so that no two meanings share one byte string.
package enum LabelledMessageFormat {
    /// The message of a label, for one channel and one signer.
    package static func message(label: String, channel: String, signer: String, body: [UInt8]) -> [UInt8] {
        parts(Array(label.utf8), Array(channel.utf8), Array(signer.utf8), body)
    }

    static func parts(_ parts: [UInt8]...) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + $1.count + 4 })
        for part in parts {
            // Every caller bounds its parts far below 4 GiB.
            let length = UInt32(truncatingIfNeeded: part.count)
            bytes.append(UInt8(truncatingIfNeeded: length >> 24))
            bytes.append(UInt8(truncatingIfNeeded: length >> 16))
            bytes.append(UInt8(truncatingIfNeeded: length >> 8))
            bytes.append(UInt8(truncatingIfNeeded: length))
            bytes += part
        }
        return bytes
    }
}

/// The messages that doctors, patients and institutions sign for the medical contracts; clients and contracts build them alike.
package enum MedicalMessages {
    /// The label of a proof that the private halves of both keys are held.
    package static let possessionLabel = "selvage/registry/v1/possession"
    /// The label of the old key's consent to its replacement.
    package static let rotationLabel = "selvage/registry/v1/rotate"
    /// The label of a doctor's signature under a record version.
    package static let uploadLabel = "emr/v1/upload"

    /// What both new keys sign when a subject is registered or changes its keys; `certificate` is the 32-byte fingerprint.
    package static func possession(
        channel: String, subject: String, role: String, certificate: [UInt8], signingKey: [UInt8], sealingKey: [UInt8]
    ) -> [UInt8] {
        LabelledMessageFormat.message(
            label: possessionLabel, channel: channel, signer: subject,
            body: LabelledMessageFormat.parts(Array(role.utf8), certificate, signingKey, sealingKey))
    }

    /// What the old signing key signs when a subject changes its keys; `keyVersion` is the number of the new pair.
    package static func rotation(
        channel: String, subject: String, keyVersion: Int64, certificate: [UInt8], signingKey: [UInt8], sealingKey: [UInt8]
    ) -> [UInt8] {
        LabelledMessageFormat.message(
            label: rotationLabel, channel: channel, signer: subject,
            body: LabelledMessageFormat.parts(Array(String(keyVersion).utf8), certificate, signingKey, sealingKey))
    }

    /// What the doctor signs on the channel: the ciphertext's digest, bound to record, version and patient. It tells nothing about the plaintext.
    package static func upload(channel: String, author: String, recordID: String, version: Int64, owner: String, objectDigest: [UInt8]) -> [UInt8] {
        LabelledMessageFormat.message(
            label: uploadLabel, channel: channel, signer: author,
            body: uploadBody(recordID: recordID, version: version, owner: owner, objectDigest: objectDigest))
    }

    /// The body of the upload message, which is the `message` argument of `signatures.verify` with the context `emr/v1/upload`.
    package static func uploadBody(recordID: String, version: Int64, owner: String, objectDigest: [UInt8]) -> [UInt8] {
        LabelledMessageFormat.parts(Array(recordID.utf8), Array(String(version).utf8), Array(owner.utf8), objectDigest)
    }

    /// What is signed for any other context, to be checked by `signatures.verify`.
    package static func message(channel: String, signer: String, context: String, body: [UInt8]) -> [UInt8] {
        LabelledMessageFormat.message(label: context, channel: channel, signer: signer, body: body)
    }
}
