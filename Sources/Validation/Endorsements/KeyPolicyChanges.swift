import LedgerModel

/// The keys whose metadata earlier transactions of the block change: writing them later in the block fails (interop 8.2).
///
/// The only part of phase A that depends on other transactions; it runs in block order after the rest.
struct KeyPolicyChanges {
    private var changed: Set<StateAddress> = []

    /// The final phase A verdict on the next transaction's namespaces, and the note of what it changes; nil when it passes.
    ///
    /// A namespace that passes counts as changed even when a later check fails the transaction.
    mutating func judge(_ content: EndorsedContent) -> TransactionVerdict? {
        for outcome in content.outcomes {
            let part = content.readWriteSet.namespaces.first { $0.namespace == outcome.namespace }
            // A conflict and an unmet policy have the same code; a missing definition is found before either.
            if outcome.failure?.code != .invalidChaincode, let part, !self.changed.isEmpty, let address = self.conflict(in: part) {
                return TransactionVerdict(
                    code: .endorsementPolicyFailure, reason: "the policy of key \(address) was changed by an earlier transaction of the block")
            }
            if let failure = outcome.failure { return failure }
            if let part { self.note(part) }
        }
        return nil
    }

    private func conflict(in part: NamespaceReadWriteSet) -> StateAddress? {
        for write in part.writes where self.changed.contains(.key(part.namespace, write.key)) { return .key(part.namespace, write.key) }
        for write in part.metadataWrites where self.changed.contains(.key(part.namespace, write.key)) { return .key(part.namespace, write.key) }
        for collection in part.collections {
            for hash in collection.writes.map(\.keyHash) + collection.metadataWrites.map(\.keyHash) {
                let address = StateAddress.hashed(part.namespace, collection.collection, keyHash: hash)
                if self.changed.contains(address) { return address }
            }
        }
        return nil
    }

    private mutating func note(_ part: NamespaceReadWriteSet) {
        for write in part.metadataWrites { self.changed.insert(.key(part.namespace, write.key)) }
        for collection in part.collections {
            for write in collection.metadataWrites {
                self.changed.insert(.hashed(part.namespace, collection.collection, keyHash: write.keyHash))
            }
        }
    }
}
