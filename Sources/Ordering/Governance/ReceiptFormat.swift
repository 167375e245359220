import LedgerModel

/// The bytes of receipts; all integers big-endian.
///
///     signed  = "SELVAGE-RCP-1" | chain[32] | receipt                                              161 bytes
///     receipt = envelope hash[32] | transaction id[64] | ingress u32 | height u64 | deadline u64   116 bytes
///     bytes   = version u8 (1) | receipt | length u16 | signature
///
/// The transaction id is its 64 hexadecimal digits; a request for another configuration, which has none, is named by those of its envelope's hash.
/// The signature is ECDSA over P-256 with SHA-256, DER, low S, by the consensus key of the ingress.
package enum ReceiptFormat {
    package static let version: UInt8 = 1
    private static let tag = Array("SELVAGE-RCP-1".utf8)
    private static let idLength = 64

    /// What the ingress signs; nil when a hash or an id has a wrong length.
    package static func signedBytes(_ receipt: Receipt, chain: [UInt8]) -> [UInt8]? {
        guard chain.count == 32, let content = self.content(receipt) else { return nil }
        return self.tag + chain + content
    }

    private static func content(_ receipt: Receipt) -> [UInt8]? {
        guard receipt.envelopeHash.count == 32, receipt.transactionID.utf8.count == self.idLength else { return nil }
        var fields = ElectionFieldWriter(receipt.envelopeHash)
        fields.raw(receipt.transactionID.utf8)
        fields.number(receipt.ingress)
        fields.number(receipt.height)
        fields.number(receipt.deadline)
        return fields.bytes
    }

    /// The bytes that a client keeps; nil when a hash or an id has a wrong length.
    package static func encode(_ signed: SignedReceipt) -> [UInt8]? {
        guard let content = self.content(signed.receipt) else { return nil }
        var fields = ElectionFieldWriter([self.version])
        fields.raw(content)
        fields.variable(signed.signature)
        return fields.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> SignedReceipt {
        var fields = ElectionFieldReader(bytes, part: "receipt")
        let version = try fields.number(UInt8.self)
        guard version == self.version else { throw fields.refusal("has version \(version), only \(self.version) is known") }
        let receipt = Receipt(
            envelopeHash: try fields.raw(32), transactionID: TransactionID(utf8: try fields.raw(self.idLength)),
            ingress: try fields.number(UInt32.self),
            height: try fields.number(UInt64.self), deadline: try fields.number(UInt64.self))
        let signature = try fields.signature()
        try fields.finish()
        return SignedReceipt(receipt: receipt, signature: signature)
    }
}
