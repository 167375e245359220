import CryptoPrimitives
import LedgerModel

/// The bytes that members sign when they speak about the state; all integers big-endian.
///
///     attestation = "SELVAGE-CKPT-1" | chain[32] | height u64 | block id[32] | state root[32] | validity root[32]              150 bytes
///     answer      = "SELVAGE-ANS-1" | chain[32] | height u64 | checkpoint[32] | SHA-256(query)[32] | SHA-256(result)[32]       149 bytes
package enum AttestationFormat {
    private static let attestationTag = Array("SELVAGE-CKPT-1".utf8)
    private static let answerTag = Array("SELVAGE-ANS-1".utf8)

    package static func signedBytes(_ attestation: Attestation, chain: [UInt8]) -> [UInt8] {
        var fields = ElectionFieldWriter(self.attestationTag + chain)
        fields.number(attestation.height)
        fields.raw(attestation.blockID.bytes)
        fields.raw(attestation.stateRoot)
        fields.raw(attestation.validityRoot)
        return fields.bytes
    }

    package static func signedBytes(_ answer: StateAnswer, chain: [UInt8]) -> [UInt8] {
        var fields = ElectionFieldWriter(self.answerTag + chain)
        fields.number(answer.height)
        fields.raw(answer.checkpoint)
        fields.raw(SHA256.hash(answer.query))
        fields.raw(SHA256.hash(answer.result))
        return fields.bytes
    }
}
