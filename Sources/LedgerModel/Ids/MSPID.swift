/// The name of a membership service provider: one organisation's identities.
package struct MSPID: UTF8Identifier {
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) {
        self.utf8 = utf8
    }
}
