import LedgerModel
import Synchronization

/// The rules of namespaces that were read from the state, ready to be evaluated, for the blocks until one may have changed them.
///
/// Rules depend on the configuration and on the definitions of chaincodes alone, so they hold from block to block until a block writes a
/// definition or brings a configuration. Whoever validates a chain takes the plans for the next block from the outcome of this one.
package final class PolicyPlans: Sendable {
    private let known = Mutex<[Namespace: NamespaceRule?]>([:])

    package init() {}

    /// The plans that hold after a block: these, or none.
    package func after(_ outcome: ValidationOutcome) -> PolicyPlans {
        let lifecycle = ChaincodeDefinition.lifecycleNamespace
        let isChanged = outcome.newBundle != nil || outcome.block.updates.contains { $0.address.namespace == lifecycle }
        return isChanged ? PolicyPlans() : self
    }

    /// What is known of a namespace: nil when nothing is, `.some(nil)` when it has no rule.
    func rule(of namespace: Namespace) -> NamespaceRule?? { self.known.withLock { $0[namespace] } }

    /// Remembers a rule; full plans are emptied, because transactions can name any number of namespaces that do not exist.
    func remember(_ rule: NamespaceRule?, of namespace: Namespace) {
        guard namespace.utf8.count <= Limits.plannedNamespaceBytes else { return }
        self.known.withLock { known in
            if known.count >= Limits.plannedNamespaces { known = [:] }
            known[namespace] = .some(rule)
        }
    }
}
