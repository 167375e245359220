import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import Synchronization

/// Who must endorse changes of one namespace.
struct NamespaceRule: Sendable {
    /// What a collection of the namespace asks for.
    enum Collection: Sendable {
        case policy(EndorsementPolicy)
        /// It has no policy of its own.
        case likeNamespace
        /// No such collection is defined.
        case undefined
    }

    let policy: EndorsementPolicy
    /// The collections of the definition, by name.
    let collections: [CollectionName: Collection]
}

/// The rules of all namespaces as the state before a block defines them; each is read once in the block.
final class NamespaceRules: Sendable {
    private static let implicitPrefix = Array("_implicit_org_".utf8)

    private let bundle: ChannelBundle
    private let state: any StateReading
    private let known = Mutex<[Namespace: NamespaceRule?]>([:])

    init(bundle: ChannelBundle, state: any StateReading) {
        self.bundle = bundle
        self.state = state
    }

    /// The rule of a namespace; nil when it has no usable definition, as all system namespaces but `_lifecycle`.
    func rule(of namespace: Namespace) throws(StateReadError) -> NamespaceRule? {
        if let rule = self.known.withLock({ $0[namespace] }) { return rule }
        // Read outside of the lock: two threads may do it twice, with the same result.
        let rule = try self.read(namespace)
        self.known.withLock { $0[namespace] = .some(rule) }
        return rule
    }

    /// The rule of a collection.
    func collection(_ name: CollectionName, of rule: NamespaceRule) -> NamespaceRule.Collection {
        guard name.utf8.starts(with: Self.implicitPrefix) else { return rule.collections[name] ?? .undefined }
        let mspID = MSPID(utf8: Array(name.utf8.dropFirst(Self.implicitPrefix.count)))
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
        guard let definition, definition.validationPlugin.utf8.elementsEqual("vscc".utf8),
            let policy = try? EndorsementPolicy(serialized: definition.validationParameter),
            let collections = Self.collections(definition.collections)
        else { return nil }
        return NamespaceRule(policy: policy, collections: collections)
    }

    /// Definitions of chaincodes are changed as the channel says; without its word by a strict majority of organisations.
    private func lifecyclePolicy() -> EndorsementPolicy? {
        let path = "/Channel/Application/LifecycleEndorsement"
        if self.bundle.hasPolicy(path) { return .reference(path) }
        let members = self.bundle.applicationOrganizations.map(\.mspID).sorted().map { Principal.role($0, .member) }
        return (try? SignaturePolicy(count: Int32(clamping: members.count / 2 + 1), of: members)).map { .signature($0) }
    }

    /// Reads a definition's collections; nil when they or one of their policies cannot be read.
    private static func collections(_ bytes: [UInt8]) -> [CollectionName: NamespaceRule.Collection]? {
        guard let package = try? Protos_CollectionConfigPackage.decode(bytes, as: "collections") else { return nil }
        var collections: [CollectionName: NamespaceRule.Collection] = [:]
        for entry in package.config {
            guard case .staticCollectionConfig(let collection) = entry.payload else { continue }
            let name = CollectionName(collection.name)
            // The first of a name counts, as in a search from the front.
            guard collections[name] == nil else { continue }
            if collection.hasEndorsementPolicy {
                guard let policy = try? EndorsementPolicy(serialized: collection.endorsementPolicy.encoded()) else { return nil }
                collections[name] = .policy(policy)
            } else {
                collections[name] = .likeNamespace
            }
        }
        return collections
    }
}
