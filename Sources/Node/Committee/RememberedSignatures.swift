import CryptoPrimitives
import Identity
import Synchronization

/// Remembers which signatures were right, so that an envelope's is computed once, at the door or when a block with it comes first.
///
/// An answer is the same with and without it. Only right ones are kept, in two generations of bounded size.
final class RememberedSignatures: SignatureVerifying {
    private let verifier = DirectSignatureVerifier()
    private let known = Mutex<(young: Set<[UInt8]>, old: Set<[UInt8]>)>(([], []))

    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        // The digests have a fixed length, so the parts cannot be shifted against each other.
        let name = SHA256.hash(concatenating: SHA256.hash(key.x963), SHA256.hash(message), signature)
        if self.known.withLock({ $0.young.contains(name) || $0.old.contains(name) }) { return true }
        guard self.verifier.isValid(signature, of: message, by: key) else { return false }
        self.known.withLock { known in
            if known.young.count >= NodeLimits.rememberedSignatures { known = ([], known.young) }
            known.young.insert(name)
        }
        return true
    }
}
