import ChannelConfiguration
import Identity
import LedgerModel

/// Which peers must endorse, chosen among those that can be asked.
///
/// A peer counts as somebody with the role `peer` in its organisation and nothing more: policies that ask for a certain certificate or
/// organisational unit are not met by anybody here. Evaluation is the validator's (interop 5.3), so what is chosen will be accepted.
struct EndorserChoice {
    /// Up to so many candidates every set of them is looked at.
    static let exhaustiveCandidates = 10

    /// What a set of peers must be.
    enum Demand: Sendable {
        /// One peer of each; the client has said so.
        case organizations([MSPID])
        /// Enough for all these policies.
        case policies([EndorsementPolicy], ChannelBundle)
    }

    let demand: Demand

    /// The cheapest set of candidates that is enough: the fewest that are still to be asked, then the fewest in all, then the first ones.
    ///
    /// - Parameters:
    ///   - candidates: Organisations of the peers, in the order of preference.
    ///   - endorsed: Candidates that have endorsed already.
    /// - Returns: Indices of candidates in ascending order; nil when all together are not enough.
    func choose(_ candidates: [MSPID], endorsed: Set<Int>) -> [Int]? {
        let all = Array(candidates.indices)
        guard self.isEnough(all, candidates) else { return nil }
        return candidates.count <= Self.exhaustiveCandidates ? self.cheapest(candidates, endorsed) : self.reduced(all, candidates, endorsed)
    }

    private func cheapest(_ candidates: [MSPID], _ endorsed: Set<Int>) -> [Int]? {
        var best: (cost: [Int], set: [Int])?
        for bits in 1..<(1 << candidates.count) {
            let set = candidates.indices.filter { bits & (1 << $0) != 0 }
            let cost = [set.count { !endorsed.contains($0) }, set.count] + set
            if let best, !cost.lexicographicallyPrecedes(best.cost) { continue }
            if self.isEnough(set, candidates) { best = (cost, set) }
        }
        return best?.set
    }

    /// Takes out whoever is not needed, those to be asked last first.
    private func reduced(_ all: [Int], _ candidates: [MSPID], _ endorsed: Set<Int>) -> [Int] {
        var set = all
        for index in all.filter({ !endorsed.contains($0) }).reversed() + all.filter({ endorsed.contains($0) }).reversed() where set.count > 1 {
            let rest = set.filter { $0 != index }
            if self.isEnough(rest, candidates) { set = rest }
        }
        return set
    }

    private func isEnough(_ set: [Int], _ candidates: [MSPID]) -> Bool {
        guard !set.isEmpty else { return false }
        switch self.demand {
        case .organizations(let organizations): return organizations.allSatisfy { organization in set.contains { candidates[$0] == organization } }
        case .policies(let policies, let bundle):
            let signers = set.map { Principal.role(candidates[$0], .peer) }
            return policies.allSatisfy { bundle.isSatisfied($0, by: signers) }
        }
    }
}
