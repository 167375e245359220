/// The name of a channel: one ledger and the organisations that share it.
package struct ChannelID: UTF8Identifier {
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) {
        self.utf8 = utf8
    }
}
