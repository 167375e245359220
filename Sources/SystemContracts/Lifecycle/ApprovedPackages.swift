import ContractVM
import CryptoPrimitives
import FabricMessages
import LedgerModel

/// Finds the package that the node's organisation has approved for a committed definition (interop 11.2).
///
/// As in Fabric's peers nothing of this enters the read set: which code runs is each organisation's own affair.
package struct ApprovedPackages: PackageRuntimes {
    private let runtime: @Sendable (String) -> (any ProcessRuntime)?

    /// - Parameter runtime: What runs a package; nil when none of this id is on the node.
    package init(_ runtime: @escaping @Sendable (_ packageID: String) -> (any ProcessRuntime)?) {
        self.runtime = runtime
    }

    package func runtime(
        of definition: ChaincodeDefinition, node: NodeView, state: any StateReading
    ) throws(InvocationError) -> any ProcessRuntime {
        let id: String?
        do throws(StateReadError) {
            id = try packageID(definition, node, state)
        } catch {
            throw .state(error)
        }
        guard let id else { throw .notApproved(definition.name, sequence: definition.sequence, node.channel) }
        guard !id.utf8.isEmpty, let runtime = runtime(id) else { throw .notInstalled(definition.name) }
        return runtime
    }

    /// The approved package's id, empty for an approval without one; nil unless the organisation has approved exactly this definition and the
    /// node has seen it.
    private func packageID(_ definition: ChaincodeDefinition, _ node: NodeView, _ state: any StateReading) throws(StateReadError) -> String? {
        let collection = CollectionName.implicit(of: node.organization)
        func hashed(_ key: StateKey) throws(StateReadError) -> VersionedValue? {
            try state.value(at: .hashed(ChaincodeDefinition.lifecycleNamespace, collection, keyHash: SHA256.hash(key.utf8)))
        }
        let parameters = DefinitionParameters(definition).structure
        let place = Approvals.parametersPlace(definition.name, definition.sequence)
        guard try hashed(place.metadataKey)?.value == SHA256.hash(parameters.metadata) else { return nil }
        for field in parameters.fields {
            guard try hashed(place.fieldKey(field.name))?.value == SHA256.hash(field.value) else { return nil }
        }
        let key = Approvals.sourcePlace(definition.name, definition.sequence).fieldKey("PackageID")
        guard let current = try hashed(key),
            let held = try node.privateData?.privateValue(of: key, collection: collection, in: ChaincodeDefinition.lifecycleNamespace),
            held.version == current.version, case .string(let id)? = try? Lifecycle_StateData.decode(held.value, as: "package id").type
        else { return nil }
        return id
    }
}
