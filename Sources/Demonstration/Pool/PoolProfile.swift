import CryptoPrimitives
import Identity
import LedgerModel
import Ordering

/// The pool out of which the committee is elected, as large as a preset says (consensus 2.2), and how it votes.
struct PoolProfile {
    let preset: ElectionSizes.Preset
    /// The consortium, the custodians, and as many clinics as it takes.
    let pool: [OrganizationSpec]

    init(_ preset: ElectionSizes.Preset) {
        self.preset = preset
        let known = Organizations.consortium + Organizations.custodians
        let clinics = (1...max(1, preset.sizes.pool)).map(Organizations.clinic)
        self.pool = Array((known + clinics).prefix(preset.sizes.pool))
    }

    var sizes: ElectionSizes { self.preset.sizes }

    /// Everybody who takes part in anything.
    var organizations: [OrganizationSpec] {
        let known = Organizations.consortium + Organizations.custodians
        return known + self.pool.filter { member in !known.contains { $0.mspID == member.mspID } }
    }

    /// Those in office from block 0 on, until the first elected committee takes over.
    var founders: [OrganizationSpec] { Array(self.pool.prefix(self.sizes.producers)) }

    /// Those who audit until then.
    var foundingAuditors: [OrganizationSpec] { Array(self.pool.dropFirst(self.sizes.producers).prefix(self.sizes.auditNodes)) }

    /// Who stands in the first election. The last one waits for a by-election.
    var standing: [MSPID] { self.pool.dropLast(self.pool.count > 1 ? 1 : 0).map(\.mspID) }

    /// Blocks from one epoch boundary to the next; a real channel has hundreds at least.
    ///
    /// The first boundary comes right after the first election: one block opens it, each act has a block of its own, then come the count, the
    /// facility's word and the configuration.
    var epochBlocks: UInt64 { self.warmUpBlocks + UInt64(self.standing.count + 3 * self.pool.count + 5) }

    /// The last block of the time in which the chain orders governance only, and members make heartbeats by themselves; 0 for no such time.
    var warmUpBlocks: UInt64 { max(1, GovernanceSettings(self.preset, seats: []).serviceThreshold) - 1 }

    /// The ballots of the first election, in the pool's order; nothing in the election depends on them being known.
    var approvals: [[MSPID]] {
        let pool = self.pool.map(\.mspID)
        if self.preset == .dev {
            // 6, 5, 4, 3 and 2 approvals, so that no lot has to decide.
            let (north, south, insurer, regulator, custodian) = (pool[0], pool[1], pool[2], pool[3], pool[4])
            return [
                [north, custodian, south, regulator], [north, custodian, south, insurer], [north, custodian, insurer],
                [north, custodian, regulator], [north, custodian, south], [north, south, regulator],
            ]
        }
        return pool.map { voter in
            let liked = self.standing.map { (member: $0, liking: SHA256.hash(Array("\(voter) on \($0)".utf8))) }
                .sorted { $0.liking.lexicographicallyPrecedes($1.liking) }
            return liked.prefix(self.sizes.maxChoices).map(\.member)
        }
    }
}
