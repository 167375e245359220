import CryptoPrimitives
import LedgerModel

/// A member's promise to have an envelope ordered, as its client keeps it: the raw material of evidence of censorship.
package struct Receipt: Hashable, Sendable {
    /// SHA-256 of the serialised envelope.
    package let envelopeHash: [UInt8]
    package let transactionID: TransactionID
    /// Consenter id of the member that took the envelope in, and whose consensus key signs.
    package let ingress: UInt32
    /// The newest decided height when it did.
    package let height: UInt64
    /// Without inclusion by this height the client hands the same envelope to other members.
    package let deadline: UInt64

    package init(envelopeHash: [UInt8], transactionID: TransactionID, ingress: UInt32, height: UInt64, deadline: UInt64) {
        self.envelopeHash = envelopeHash
        self.transactionID = transactionID
        self.ingress = ingress
        self.height = height
        self.deadline = deadline
    }
}

/// A receipt with its signature.
package struct SignedReceipt: Hashable, Sendable {
    package let receipt: Receipt
    package let signature: [UInt8]

    package init(receipt: Receipt, signature: [UInt8]) {
        self.receipt = receipt
        self.signature = signature
    }

    package func isSigned(by key: PublicKey, chain: [UInt8]) -> Bool {
        guard let bytes = ReceiptFormat.signedBytes(self.receipt, chain: chain) else { return false }
        return key.isValid(signature: self.signature, for: bytes)
    }
}
