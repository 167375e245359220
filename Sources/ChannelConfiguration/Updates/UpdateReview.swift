import FabricMessages
import Identity
import LedgerModel

/// What an update needs before it can be ordered: every rule but the signatures holds, and this says who has to consent.
package struct UpdateReview: Sendable {
    /// One policy that has to be satisfied.
    package struct Demand: Sendable {
        /// Such as `/Channel/Orderer/Admins`.
        package let policy: String
        /// What it guards, in order of the paths.
        package let elements: [ConfigurationElement]
        package let isMet: Bool
        /// The smallest sets of signers that would satisfy it beside those who have signed; none when it is met.
        package let missing: SatisfyingSets
    }

    /// The signers that count, in the order of their signatures.
    package let signers: [VerifiedIdentity]
    /// Signatures that count for nothing, by their place from 0: unknown or repeated signers and wrong signatures.
    package let ignored: [Int]
    /// In order of the first element that each guards.
    package let demands: [Demand]
    /// The configuration that the update leads to.
    package let successor: ChannelBundle

    package var isAuthorized: Bool { self.demands.allSatisfy(\.isMet) }
}

extension ChannelBundle {
    /// Checks every rule of an update except for the signatures, and says which policies they satisfy already.
    ///
    /// - Parameter limit: So many sets of missing signers are given for each policy at most.
    package func review(
        _ update: ConfigurationUpdate, strictness: ConfigurationUpdate.Strictness = .ordering, limit: Int = 10
    ) throws(ConfigurationUpdateError) -> UpdateReview {
        let message = try update.message()
        let channel = ChannelID(message.channelID)
        guard channel == self.channelID else { throw .otherChannel(channel, expected: self.channelID) }
        let application = UpdateApplication(current: self.config.channelGroup, strictness: strictness)
        let tree = try application.result(of: message) { self.policies.contains($0) ? .satisfied : nil }
        let successor = try self.successor(with: tree, strictness: strictness)
        let signed = try update.signedMessages()
        let signers = self.membership.acceptedIdentities(signed)
        var order: [String] = []
        var guarded: [String: [ConfigurationElement]] = [:]
        for (element, policy) in try application.guarded(by: message) {
            if guarded[policy.text] == nil { order.append(policy.text) }
            guarded[policy.text, default: []].append(element)
        }
        var demands: [UpdateReview.Demand] = []
        for policy in order {
            do throws(ConfigurationError) {
                let isMet = try self.evaluate(policy: policy, identities: signers).isSatisfied
                let missing =
                    isMet
                    ? SatisfyingSets(candidates: [], isComplete: true, limit: limit, rules: 0) { _ in false }
                    : try self.explain(policy: policy, present: signers, limit: limit).smallest
                demands.append(UpdateReview.Demand(policy: policy, elements: guarded[policy] ?? [], isMet: isMet, missing: missing))
            } catch {
                throw .unusableResult(error)
            }
        }
        return UpdateReview(signers: signers, ignored: self.ignored(signed), demands: demands, successor: successor)
    }

    /// The places of signatures that add nothing to those before them.
    private func ignored(_ signed: [SignedMessage]) -> [Int] {
        var places: [Int] = []
        var counting: [SignedMessage] = []
        for (index, message) in signed.enumerated() {
            if self.membership.acceptedIdentities(counting + [message]).count > counting.count {
                counting.append(message)
            } else {
                places.append(index)
            }
        }
        return places
    }
}
