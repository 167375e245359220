/// A transaction's id: 64 lower-case hexadecimal digits, see `Formulas.transactionID(nonce:creator:)`.
package struct TransactionID: UTF8Identifier {
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) {
        self.utf8 = utf8
    }
}
