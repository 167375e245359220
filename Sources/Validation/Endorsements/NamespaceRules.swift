import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

/// Who must endorse changes of one namespace.
struct NamespaceRule: Sendable {
    /// What a collection of the namespace asks for.
    enum Collection: Sendable {
        case policy(EndorsementPolicy)
        /// It has a policy that cannot be read: nobody satisfies it.
        case unreadable
        /// It has no policy of its own.
        case likeNamespace
        /// No such collection is defined.
        case undefined
    }

    /// Nil when the definition has one that cannot be read: nobody satisfies it.
    let policy: EndorsementPolicy?
    /// The collections of the definition, by name.
    let collections: [CollectionName: Collection]
}

/// The rules of all namespaces as the state before a block defines them; each is read once, and again only when it may have changed.
final class NamespaceRules: Sendable {
    let bundle: ChannelBundle
    let state: BlockStateCache
    private let plans: PolicyPlans

    init(bundle: ChannelBundle, state: BlockStateCache, plans: PolicyPlans) {
        self.bundle = bundle
        self.state = state
        self.plans = plans
    }

    /// The rule of a namespace; nil when it has no usable definition, as all system namespaces but `_lifecycle`.
    func rule(of namespace: Namespace) throws(StateReadError) -> NamespaceRule? {
        if let rule = self.plans.rule(of: namespace) { return rule }
        // Read outside of the lock: two threads may do it twice, with the same result.
        let rule = try self.read(namespace)
        self.plans.remember(rule, of: namespace)
        return rule
    }

    /// The rule of a collection.
    func collection(_ name: CollectionName, of rule: NamespaceRule) -> NamespaceRule.Collection {
        guard let mspID = name.implicitOwner else { return rule.collections[name] ?? .undefined }
        guard let organization = self.bundle.applicationOrganization(mspID) else { return .undefined }
        let path = "/Channel/Application/\(organization.groupName)/Endorsement"
        if self.bundle.hasPolicy(path) { return .policy(.reference(path)) }
        guard let member = try? SignaturePolicy(count: 1, of: [.role(mspID, .member)]) else { return .undefined }
        return .policy(.signature(member))
    }

    private func read(_ namespace: Namespace) throws(StateReadError) -> NamespaceRule? {
        if namespace == ChaincodeDefinition.lifecycleNamespace {
            return self.lifecyclePolicy().map { NamespaceRule(policy: $0, collections: [:]) }
        }
        guard !namespace.isEmpty else { return nil }
        let definition: ChaincodeDefinition?
        do {
            definition = try ChaincodeDefinition.read(namespace, from: self.state)
        } catch {
            switch error {
            case .state(let error): throw error
            case .malformed: return nil
            }
        }
        // Other plugins would judge by code that is not here.
        guard let definition, definition.validationPlugin.utf8.elementsEqual("vscc".utf8), !definition.validationParameter.isEmpty,
            let collections = Self.collections(definition.collections)
        else { return nil }
        return NamespaceRule(policy: try? EndorsementPolicy(serialized: definition.validationParameter), collections: collections)
    }

    /// Definitions of chaincodes are changed as the channel says; without its word by a strict majority of organisations.
    private func lifecyclePolicy() -> EndorsementPolicy? {
        let path = "/Channel/Application/LifecycleEndorsement"
        if self.bundle.hasPolicy(path) { return .reference(path) }
        let members = self.bundle.applicationOrganizations.map(\.mspID).sorted().map { Principal.role($0, .member) }
        return (try? SignaturePolicy(count: Int32(clamping: members.count / 2 + 1), of: members)).map { .signature($0) }
    }

    /// Reads a definition's collections; nil when they cannot be read.
    private static func collections(_ bytes: [UInt8]) -> [CollectionName: NamespaceRule.Collection]? {
        guard let package = try? Protos_CollectionConfigPackage.decode(bytes, as: "collections") else { return nil }
        var collections: [CollectionName: NamespaceRule.Collection] = [:]
        for entry in package.config {
            guard case .staticCollectionConfig(let collection) = entry.payload else { continue }
            let name = CollectionName(collection.name)
            // The first of a name counts, as in a search from the front.
            guard collections[name] == nil else { continue }
            if collection.hasEndorsementPolicy {
                collections[name] = (try? EndorsementPolicy(serialized: collection.endorsementPolicy.encoded())).map { .policy($0) } ?? .unreadable
            } else {
                collections[name] = .likeNamespace
            }
        }
        return collections
    }
}
