import ChannelConfiguration
import Identity
import LedgerModel

/// All the ways in which the peers of a channel can satisfy policies, as numbers of peers of each organisation.
///
/// Peers of one organisation count alike: each is somebody with the role `peer` and nothing more, as for the gateway (`EndorserChoice`).
/// Evaluation is the validator's, so what is named here will be accepted; no way contains another one.
struct EndorsementLayouts {
    /// How many peers of an organisation endorse; organisations that none is asked of are left out.
    typealias Layout = [MSPID: Int]

    let policies: [EndorsementPolicy]
    let bundle: ChannelBundle

    /// - Parameter available: How many peers of each organisation there are.
    /// - Returns: The smallest first, those of one size in the order of their organisations; empty when all peers together are not enough.
    func layouts(_ available: [MSPID: Int]) -> [Layout] {
        let organizations = available.keys.filter { available[$0] ?? 0 > 0 }.sorted()
        let limits = organizations.map { min(available[$0] ?? 0, DiscoveryLimits.layoutSigners) }
        guard !organizations.isEmpty, !self.policies.isEmpty else { return [] }
        var search = Search(limits: limits) { counts in self.isEnough(counts, organizations) }
        search.run(upTo: min(limits.reduce(0, +), DiscoveryLimits.layoutSigners))
        if search.found.isEmpty, let counts = self.chosen(organizations, limits) { search.found = [counts] }
        return search.found.map { counts in
            Dictionary(uniqueKeysWithValues: zip(organizations, counts).filter { $0.1 > 0 })
        }
    }

    /// The gateway's choice, for policies that ask for more than is looked at.
    private func chosen(_ organizations: [MSPID], _ limits: [Int]) -> [Int]? {
        let candidates = zip(organizations, limits).flatMap { Array(repeating: $0, count: $1) }
        guard let chosen = EndorserChoice(demand: .policies(self.policies, self.bundle)).choose(candidates, endorsed: []) else { return nil }
        return organizations.map { organization in chosen.count { candidates[$0] == organization } }
    }

    /// In both orders of signing: which one it will be is the client's choice, and evaluation is greedy.
    private func isEnough(_ counts: [Int], _ organizations: [MSPID]) -> Bool {
        let signers = zip(organizations, counts).flatMap { Array(repeating: Principal.role($0, .peer), count: $1) }
        return self.policies.allSatisfy { self.bundle.isSatisfied($0, by: signers) && self.bundle.isSatisfied($0, by: signers.reversed()) }
    }

    /// Looks at all numbers of a sum before those of a larger one.
    private struct Search {
        let limits: [Int]
        let isEnough: ([Int]) -> Bool
        var found: [[Int]] = []
        private var evaluations = 0

        init(limits: [Int], isEnough: @escaping ([Int]) -> Bool) {
            self.limits = limits
            self.isEnough = isEnough
        }

        private var isOver: Bool { self.evaluations >= DiscoveryLimits.evaluations || self.found.count >= DiscoveryLimits.layouts }

        mutating func run(upTo largest: Int) {
            for sum in stride(from: 1, through: largest, by: 1) where !self.isOver {
                var counts = [Int](repeating: 0, count: self.limits.count)
                self.fill(&counts, from: 0, sum)
            }
        }

        /// The first organisations get as many as they have before the later ones do.
        private mutating func fill(_ counts: inout [Int], from index: Int, _ left: Int) {
            guard !self.isOver else { return }
            if index == counts.count {
                if left == 0 { self.look(at: counts) }
                return
            }
            // What the organisations behind this one cannot give has to come from it.
            let least = max(0, left - self.limits[(index + 1)...].reduce(0, +))
            for count in stride(from: min(left, self.limits[index]), through: least, by: -1) {
                counts[index] = count
                self.fill(&counts, from: index + 1, left - count)
            }
            counts[index] = 0
        }

        private mutating func look(at counts: [Int]) {
            self.evaluations += 1
            let contains = self.found.contains { smaller in zip(smaller, counts).allSatisfy { $0 <= $1 } }
            if !contains, self.isEnough(counts) { self.found.append(counts) }
        }
    }
}
