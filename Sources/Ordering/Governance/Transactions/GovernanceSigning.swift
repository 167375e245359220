import CryptoPrimitives
import LedgerModel

/// Makes the governance transactions that their authors sign.
package enum GovernanceSigning {
    package static func rotation(
        of member: MSPID, identity: SigningKey, newKey: SigningKey, certificate: [UInt8], endpoint: Endpoint, chain: [UInt8]
    ) throws(CryptoError) -> GovernanceTransaction {
        func transaction(_ signature: [UInt8], _ possession: [UInt8]) -> GovernanceTransaction {
            .rotateKey(
                KeyRotation(member: member, certificate: certificate, endpoint: endpoint, memberSignature: signature, possession: possession))
        }
        let draft = transaction([], [])
        return transaction(
            try identity.sign(GovernanceTransactionFormat.signed(draft, by: .rotation, chain: chain)),
            try newKey.sign(GovernanceTransactionFormat.signed(draft, by: .possession, chain: chain)))
    }

    /// - Parameter consenter: The number of the key that the member holds office with, or is elected with.
    package static func resignation(
        of member: MSPID, identity: SigningKey, epoch: UInt64, consenter: UInt32, chain: [UInt8]
    ) throws(CryptoError) -> GovernanceTransaction {
        func transaction(_ signature: [UInt8]) -> GovernanceTransaction {
            .resign(Resignation(member: member, epoch: epoch, consenter: consenter, signature: signature))
        }
        return transaction(try identity.sign(GovernanceTransactionFormat.signed(transaction([]), by: .resignation, chain: chain)))
    }

    /// - Parameter authorities: The statement keys in the order of the settings.
    package static func opening(
        epoch: UInt64, seats: Int?, schedule: ElectionSchedule, blindKeys: [BlindVerificationKey], authorities: [SigningKey], chain: [UInt8]
    ) throws(CryptoError) -> GovernanceTransaction {
        func transaction(_ signatures: [[UInt8]]) -> GovernanceTransaction {
            .openElection(
                ElectionOpening(epoch: epoch, seats: seats, schedule: schedule, blindKeys: blindKeys.map(\.spkiDER), signatures: signatures))
        }
        let bytes = GovernanceTransactionFormat.signed(transaction([]), by: .opening, chain: chain)
        var signatures: [[UInt8]] = []
        for key in authorities { signatures.append(try key.sign(bytes)) }
        return transaction(signatures)
    }

    package static func receipt(
        for envelope: [UInt8], ingress: UInt32, height: UInt64, deadline: UInt64, chain: [UInt8], sign: ([UInt8]) throws(CryptoError) -> [UInt8]
    ) throws(CryptoError) -> SignedReceipt? {
        guard let receipt = Receipt(of: envelope, ingress: ingress, height: height, deadline: deadline),
            let bytes = ReceiptFormat.signedBytes(receipt, chain: chain)
        else { return nil }
        return SignedReceipt(receipt: receipt, signature: try sign(bytes))
    }
}
