import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import Synchronization

/// Checks signatures and counts them by who made them; nothing is remembered from one check to the next.
final class SignatureTally: SignatureVerifying {
    private struct Content {
        var counts = SignatureCounts()
        /// Nil while a block is judged as a whole.
        var transactions: TransactionSignatures?
    }

    private let content = Mutex(Content())
    private let verifier = KeyTables()

    var counts: SignatureCounts { self.content.withLock { $0.counts } }

    /// From now on signatures are those of orderers over this block.
    func expectOrderers(of block: OrderedBlock, carriesCertificate: Bool) {
        let own = (try? BlockSignatures(slot: block.metadata(.signatures)))?.entries.count ?? 0
        let parents = carriesCertificate ? (try? CommitCertificateFormat.decode(block.metadata(.orderer)))?.entries.count ?? 0 : 0
        self.content.withLock { content in
            content.transactions = nil
            content.counts.orderers.present += own + parents
        }
    }

    /// From now on signatures are those in the transactions of this block.
    func expectTransactions(of block: OrderedBlock) {
        let transactions = TransactionSignatures(block.envelopes)
        self.content.withLock { content in
            content.counts.creators.present += transactions.creatorCount
            content.counts.endorsers.present += transactions.endorserCount
            content.counts.administrators.present += transactions.administratorCount
            content.transactions = transactions
        }
    }

    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        let isValid = self.verifier.isValid(signature, of: message, by: key)
        self.content.withLock { content in
            let kind = content.transactions?.kind(of: signature) ?? \.orderers
            content.counts[keyPath: kind].checked += 1
            if isValid { content.counts[keyPath: kind].right += 1 }
        }
        return isValid
    }
}

/// The signatures in the transactions of a block. A right signature is over one message of one kind, so its bytes tell who made it.
private struct TransactionSignatures: Sendable {
    private var creators: Set<[UInt8]> = []
    private var endorsers: Set<[UInt8]> = []
    private(set) var creatorCount = 0
    private(set) var endorserCount = 0
    private(set) var administratorCount = 0

    init(_ envelopes: [[UInt8]]) {
        for bytes in envelopes {
            guard let envelope = try? Envelope(serialized: bytes) else { continue }
            if !envelope.signature.isEmpty {
                self.creators.insert(envelope.signature)
                self.creatorCount += 1
            }
            guard let payload = try? Payload(serialized: envelope.payload),
                let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
            else { continue }
            switch header.kind {
            case .endorserTransaction:
                for endorsement in (try? EndorserTransaction(serialized: payload.data))?.endorsements ?? [] {
                    self.endorsers.insert(endorsement.signature)
                    self.endorserCount += 1
                }
            case .config: self.administratorCount += (try? ConfigurationTransaction.update(in: payload.data))?.signatures.count ?? 0
            default: break
            }
        }
    }

    func kind(of signature: [UInt8]) -> WritableKeyPath<SignatureCounts, SignatureCounts.Kind> {
        if self.creators.contains(signature) { return \.creators }
        return self.endorsers.contains(signature) ? \.endorsers : \.administrators
    }
}
