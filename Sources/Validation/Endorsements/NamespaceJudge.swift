import ChannelConfiguration
import Identity
import LedgerModel

/// Whether the endorsements of one transaction suffice for one namespace (interop 8.2).
struct NamespaceJudge {
    let rules: NamespaceRules
    let endorsers: EndorserSet

    /// What evaluates policies for one namespace; each policy that is not a key's is evaluated once.
    private struct Progress {
        let rule: NamespaceRule
        var isAnyEvaluated = false
        var isNamespaceEvaluated = false
        var collectionsEvaluated: Set<CollectionName> = []
    }

    /// The verdict when they do not suffice, else nil. Conflicts with other transactions of the block are judged elsewhere.
    ///
    /// - Parameter part: What the transaction does in the namespace; nil when it does nothing there.
    func failure(of namespace: Namespace, _ part: NamespaceReadWriteSet?) throws(InspectionInterruption) -> TransactionVerdict? {
        do {
            try self.check(namespace, part)
            return nil
        } catch {
            switch error {
            case .transaction(let failure): return failure.verdict
            case .state: throw error
            }
        }
    }

    private func check(_ namespace: Namespace, _ part: NamespaceReadWriteSet?) throws(InspectionInterruption) {
        let rule: NamespaceRule?
        do {
            rule = try self.rules.rule(of: namespace)
        } catch {
            throw .state(error)
        }
        guard let rule else { throw .invalid(.invalidChaincode, "namespace '\(namespace)' has no committed definition") }
        var progress = Progress(rule: rule)
        if let part {
            for write in part.writes { try self.check(.key(namespace, write.key), collection: nil, &progress) }
            for write in part.metadataWrites { try self.check(.key(namespace, write.key), collection: nil, &progress) }
            for collection in part.collections {
                for write in collection.writes {
                    try self.check(.hashed(namespace, collection.collection, keyHash: write.keyHash), collection: collection.collection, &progress)
                }
            }
            for collection in part.collections {
                for write in collection.metadataWrites {
                    try self.check(.hashed(namespace, collection.collection, keyHash: write.keyHash), collection: collection.collection, &progress)
                }
            }
        }
        if !progress.isAnyEvaluated { try self.evaluate(rule.policy, of: "namespace '\(namespace)'") }
    }

    /// One written key: its own policy if it has one, else its collection's, else the namespace's.
    private func check(
        _ address: StateAddress, collection: CollectionName?, _ progress: inout Progress
    ) throws(InspectionInterruption) {
        let ownRule = collection.map { ($0, self.rules.collection($0, of: progress.rule)) }
        // Before the key's policy: what Fabric does not know as a collection has no keys, so none with a policy either.
        if case (let collection, .undefined)? = ownRule {
            throw .invalid(.endorsementPolicyFailure, "collection '\(collection)' of '\(address.namespace)' is not defined")
        }
        if let policyBytes = try self.keyPolicy(at: address) {
            guard let policy = try? SignaturePolicy(envelope: policyBytes) else {
                throw .invalid(.endorsementPolicyFailure, "the policy of key \(address) cannot be read")
            }
            if case .unsatisfied(let missing) = policy.evaluate(self.endorsers.identities) {
                throw .invalid(.endorsementPolicyFailure, "the policy of key \(address) is not met: \(missing)")
            }
            progress.isAnyEvaluated = true
            return
        }
        switch ownRule {
        case (let collection, .policy(let policy))?:
            if progress.collectionsEvaluated.contains(collection) { return }
            try self.evaluate(policy, of: "collection '\(collection)' of '\(address.namespace)'")
            progress.collectionsEvaluated.insert(collection)
            progress.isAnyEvaluated = true
            return
        case (let collection, .unreadable)?:
            try self.evaluate(nil, of: "collection '\(collection)' of '\(address.namespace)'")
        case (_, .likeNamespace)?, (_, .undefined)?, nil: break
        }
        guard !progress.isNamespaceEvaluated else { return }
        try self.evaluate(progress.rule.policy, of: "namespace '\(address.namespace)'")
        progress.isNamespaceEvaluated = true
        progress.isAnyEvaluated = true
    }

    /// The policy that a key carries in its metadata; nil when it has none, or an empty one.
    private func keyPolicy(at address: StateAddress) throws(InspectionInterruption) -> [UInt8]? {
        let value: VersionedValue?
        do {
            value = try self.rules.state.value(at: address)
        } catch {
            throw .state(error)
        }
        let name = MetadataEntry.validationParameter.utf8
        // Of several entries with one name the last counts, as in the map that Fabric makes of them.
        guard let policy = value?.metadata.last(where: { $0.name.utf8.elementsEqual(name) })?.value, !policy.isEmpty else { return nil }
        return policy
    }

    private func evaluate(_ policy: EndorsementPolicy?, of subject: String) throws(InspectionInterruption) {
        guard let policy else { throw .invalid(.endorsementPolicyFailure, "the endorsement policy of \(subject) cannot be read") }
        let result: PolicyResult
        do {
            result = try self.rules.bundle.evaluate(policy, identities: self.endorsers.identities)
        } catch {
            throw .invalid(.endorsementPolicyFailure, "the endorsement policy of \(subject) cannot be evaluated: \(error)")
        }
        if case .unsatisfied(let missing) = result {
            throw .invalid(.endorsementPolicyFailure, "the endorsement policy of \(subject) is not met: \(missing)")
        }
    }
}
