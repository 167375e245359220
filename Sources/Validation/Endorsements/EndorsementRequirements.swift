import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

/// By which policies a transaction will be judged, for whoever has to find its endorsers before it is ordered.
package struct EndorsementRequirements {
    /// Why nobody can be found.
    package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        case noDefinition(Namespace)
        case policyUnreadable(subject: String)
        case noCollection(CollectionName, of: Namespace)
        case state(StateReadError)

        package var description: String {
            switch self {
            case .noDefinition(let name): "chaincode \(name) is not defined on this channel"
            case .policyUnreadable(let subject): "the endorsement policy of \(subject) cannot be read"
            case .noCollection(let name, let namespace): "collection \(name) of chaincode \(namespace) is not defined"
            case .state(let error): error.description
            }
        }
    }

    /// All must be met; each once.
    package private(set) var policies: [EndorsementPolicy] = []
    /// The organisations that may see what was read or is handed over; nil when every one may.
    package private(set) var organizations: Set<MSPID>?

    /// - Parameter isSecret: The proposal carries transient data: only members of the collections that it touches may see them.
    package init(
        _ interest: ChaincodeInterest, bundle: ChannelBundle, state: any StateReading, isSecret: Bool = false
    ) throws(Failure) {
        let rules = NamespaceRules(bundle: bundle, state: BlockStateCache(state), plans: PolicyPlans())
        for touch in interest.touches { try self.add(touch, rules, isSecret: isSecret) }
    }

    private mutating func add(_ touch: ChaincodeInterest.Touch, _ rules: NamespaceRules, isSecret: Bool) throws(Failure) {
        let rule: NamespaceRule?
        do {
            rule = try rules.rule(of: touch.chaincode)
        } catch {
            throw .state(error)
        }
        guard let rule else { throw .noDefinition(touch.chaincode) }
        for bytes in touch.keyPolicies {
            guard let policy = try? SignaturePolicy(envelope: bytes) else { throw .policyUnreadable(subject: "a key of \(touch.chaincode)") }
            self.add(.signature(policy))
        }
        var needsNamespace = touch.collections.isEmpty && !touch.disregardsNamespacePolicy
        for name in touch.collections {
            switch rules.collection(name, of: rule) {
            case .policy(let policy): self.add(policy)
            case .likeNamespace: needsNamespace = true
            case .unreadable: throw .policyUnreadable(subject: "collection \(name) of chaincode \(touch.chaincode)")
            case .undefined: throw .noCollection(name, of: touch.chaincode)
            }
            if !touch.hasNoPrivateReads || isSecret { try self.restrict(to: name, touch.chaincode, rules) }
        }
        guard needsNamespace else { return }
        guard let policy = rule.policy else { throw .policyUnreadable(subject: "chaincode \(touch.chaincode)") }
        self.add(policy)
    }

    private mutating func add(_ policy: EndorsementPolicy) {
        if !self.policies.contains(policy) { self.policies.append(policy) }
    }

    private mutating func restrict(to name: CollectionName, _ namespace: Namespace, _ rules: NamespaceRules) throws(Failure) {
        let members: Set<MSPID>?
        do {
            members = try rules.members(of: name, in: namespace)
        } catch {
            throw .state(error)
        }
        guard let members else { return }
        self.organizations = self.organizations.map { $0.intersection(members) } ?? members
    }
}

extension NamespaceRules {
    /// The organisations that hold a collection's values; nil when its definition names none.
    func members(of name: CollectionName, in namespace: Namespace) throws(StateReadError) -> Set<MSPID>? {
        if let owner = name.implicitOwner { return [owner] }
        let definition: ChaincodeDefinition?
        do {
            definition = try ChaincodeDefinition.read(namespace, from: self.state)
        } catch {
            if case .state(let error) = error { throw error }
            return nil
        }
        guard let definition, let package = try? Protos_CollectionConfigPackage.decode(definition.collections, as: "collections") else { return nil }
        for entry in package.config {
            guard case .staticCollectionConfig(let collection) = entry.payload, CollectionName(collection.name) == name else { continue }
            guard let policy = try? SignaturePolicy(message: collection.memberOrgsPolicy.signaturePolicy) else { return nil }
            return Set(policy.principals.compactMap(\.mspID))
        }
        return nil
    }
}
