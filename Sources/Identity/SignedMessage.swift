/// One entry of a signature set: who signed, what, and the signature; nothing in it is believed yet.
package struct SignedMessage: Hashable, Sendable {
    /// A serialised `msp.SerializedIdentity`.
    package var identity: [UInt8]
    package var message: [UInt8]
    package var signature: [UInt8]

    package init(identity: [UInt8], message: [UInt8], signature: [UInt8]) {
        self.identity = identity
        self.message = message
        self.signature = signature
    }
}
