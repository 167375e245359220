import CryptoPrimitives
import Identity
import Synchronization

/// Checks signatures and counts them by who made them; nothing is remembered from one check to the next.
final class SignatureTally: SignatureVerifying {
    private struct Content {
        var counts = SignatureCounts()
        /// Nil while blocks are judged as a whole; else the signatures of the envelopes, all others being endorsers'.
        var creators: Set<[UInt8]>?
    }

    private let content = Mutex(Content())
    private let verifier = DirectSignatureVerifier()

    var counts: SignatureCounts { self.content.withLock { $0.counts } }

    /// From now on signatures are those of orderers.
    func expectOrderers() {
        self.content.withLock { $0.creators = nil }
    }

    /// From now on signatures are those of transactions.
    ///
    /// - Parameter signatures: Those of the envelopes. A right signature is over one message of one kind, so bytes tell who made it.
    func expectTransactions(signatures: [[UInt8]]) {
        self.content.withLock { $0.creators = Set(signatures) }
    }

    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        let isValid = self.verifier.isValid(signature, of: message, by: key)
        self.content.withLock { content in
            if !isValid {
                content.counts.wrong += 1
            } else if let creators = content.creators {
                if creators.contains(signature) { content.counts.creators += 1 } else { content.counts.endorsers += 1 }
            } else {
                content.counts.orderers += 1
            }
        }
        return isValid
    }
}
