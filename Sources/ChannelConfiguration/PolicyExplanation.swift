import Identity
import LedgerModel

/// What a policy of a channel asks for, in words: the policies below it, and the smallest sets of signers that satisfy it.
package struct PolicyExplanation: Hashable, Sendable {
    package let path: String
    /// The policy and those below it, one line each, indented by two spaces for each level.
    package let outline: [String]
    /// Those who have to sign, or to sign in addition to those who have.
    package let smallest: SatisfyingSets
}

extension ChannelBundle {
    /// Explains the policy at a path.
    ///
    /// - Parameters:
    ///   - present: Have signed already; their signatures come first.
    ///   - limit: So many sets of signers are given at most.
    /// - Throws: `unknownPolicy` when the channel has no such policy.
    package func explain(
        policy path: String, present: [VerifiedIdentity] = [], limit: Int = 20
    ) throws(ConfigurationError) -> PolicyExplanation {
        let place = PolicyPath(path)
        guard self.policies.contains(place) else { throw .unknownPolicy(path: place.text) }
        let candidates = self.policies.candidateSets(place, limit: SignaturePolicy.candidates(for: limit))
        let smallest = SatisfyingSets(
            candidates: candidates.sets, isComplete: candidates.isComplete, limit: limit, rules: self.policies.leaves(place)
        ) { absent in
            self.policies.isSatisfied(place, by: present.map { Signer.present($0) } + absent.map { Signer.absent($0) }) { $0.satisfies($1) }
        }
        return PolicyExplanation(path: place.text, outline: self.policies.outline(place), smallest: smallest)
    }

    private enum Signer {
        case present(VerifiedIdentity)
        case absent(Principal)

        func satisfies(_ principal: Principal) -> Bool {
            switch self {
            case .present(let identity): identity.satisfies(principal)
            case .absent(let own): own.implies(principal)
            }
        }
    }
}
