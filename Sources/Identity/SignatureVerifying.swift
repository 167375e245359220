import CryptoPrimitives

/// Checks signatures. A host may put a cache of past answers in front of the real check.
package protocol SignatureVerifying: Sendable {
    /// Whether the key made the signature over the message.
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool
    /// Notes a signature that this process has just made itself, so it need not be computed.
    func noteOwn(_ signature: [UInt8], of message: [UInt8], by key: PublicKey)
}

extension SignatureVerifying {
    package func noteOwn(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) {}
}

/// The real check, every time.
package struct DirectSignatureVerifier: SignatureVerifying {
    package init() {}

    package func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        key.isValid(signature: signature, for: message)
    }
}
