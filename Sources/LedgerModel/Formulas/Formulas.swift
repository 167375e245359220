import CryptoPrimitives

/// Fabric's formulas over received bytes (interop chapter 4). Each is pinned by a vector.
package enum Formulas {
    /// The id of a transaction: hexadecimal SHA-256 of nonce, then creator (4.1).
    package static func transactionID(nonce: [UInt8], creator: [UInt8]) -> TransactionID {
        TransactionID(utf8: Base16.digits(SHA256.hash(concatenating: nonce, creator)))
    }

    /// What an endorser commits to of the proposal: both headers and the payload without transient data, back to back (4.3).
    ///
    /// - Parameter payload: The bytes of `ProposalPayload.withoutTransient`, exactly as they travel in the transaction.
    package static func proposalHash(channelHeader: [UInt8], signatureHeader: [UInt8], payload: [UInt8]) -> [UInt8] {
        SHA256.hash(concatenating: channelHeader, signatureHeader, payload)
    }

    /// The hash over a block's envelopes, flat, without lengths (4.7).
    package static func dataHash(of envelopes: [[UInt8]]) -> [UInt8] {
        SHA256.hash(concatenating: envelopes)
    }
}
