import ContractVM
import FabricMessages
import LedgerModel

extension ChaincodeInterest {
    /// What an invocation touched, as Fabric's peers say it: namespaces that were only read too, contracts of the node never.
    ///
    /// - Throws: `StateReadError` when the state cannot be read, `MessageError` when a written key has a policy that does not parse.
    init(of result: InvocationResult, on state: any StateReading, isSystem: (Namespace) -> Bool) throws {
        self.init(touches: [])
        for part in result.readWriteSet.namespaces where !isSystem(part.namespace) {
            try self.append(part, result, state)
        }
    }

    private mutating func append(_ part: NamespaceReadWriteSet, _ result: InvocationResult, _ state: any StateReading) throws {
        var policies = KeyPolicies()
        for key in part.writes.map(\.key) + part.metadataWrites.map(\.key) {
            try policies.add(state.value(at: .key(part.namespace, key)), collection: nil)
        }
        for collection in part.collections {
            for hash in collection.writes.map(\.keyHash) + collection.metadataWrites.map(\.keyHash) {
                let address = StateAddress.hashed(part.namespace, collection.collection, keyHash: hash)
                try policies.add(state.value(at: address), collection: collection.collection)
            }
        }
        // A namespace that was only read is asked like one that was written without policies of keys.
        let needsNamespace = !part.hasWrites || policies.needsNamespace
        if needsNamespace || !policies.found.isEmpty {
            self.touches.append(
                Touch(
                    chaincode: part.namespace, keyPolicies: policies.found, disregardsNamespacePolicy: !policies.found.isEmpty && !needsNamespace))
        }
        let read = result.privateReads.filter { $0.namespace == part.namespace }.map(\.collection)
        for collection in part.collections.map(\.collection)
        where read.contains(collection) || policies.collections.contains(collection) {
            self.touches.append(
                Touch(chaincode: part.namespace, collections: [collection], hasNoPrivateReads: !read.contains(collection)))
        }
    }

    /// Which policies the written keys of one namespace fall under.
    private struct KeyPolicies {
        /// Different ones, in the order in which they were met.
        var found: [[UInt8]] = []
        /// A public key was written that has none of its own.
        var needsNamespace = false
        /// Collections in which such a key was written.
        var collections: Set<CollectionName> = []

        mutating func add(_ value: VersionedValue?, collection: CollectionName?) throws {
            let name = MetadataEntry.validationParameter.utf8
            // Of several entries with one name the last counts, as for whoever validates.
            if let policy = value?.metadata.last(where: { $0.name.utf8.elementsEqual(name) })?.value, !policy.isEmpty {
                _ = try Common_SignaturePolicyEnvelope.decode(policy, as: "policy of a key")
                if !self.found.contains(policy) { self.found.append(policy) }
            } else if let collection {
                self.collections.insert(collection)
            } else {
                self.needsNamespace = true
            }
        }
    }
}
