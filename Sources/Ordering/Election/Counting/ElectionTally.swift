import CryptoPrimitives
import LedgerModel

/// The result of an election: public counts and all candidates in rank order.
package struct ElectionTally: Hashable, Sendable {
    /// A candidate and what places it.
    package struct Standing: Hashable, Sendable {
        package let member: MSPID
        /// Ballots that approve it, each counted by its weight.
        package let approvals: UInt64
        package let offencePoints: UInt32

        package init(member: MSPID, approvals: UInt64, offencePoints: UInt32) {
            self.member = member
            self.approvals = approvals
            self.offencePoints = offencePoints
        }
    }

    package let election: [UInt8]
    /// Validation numbers issued in public, or members who may cast an open ballot; never fewer than ballots.
    package let issued: UInt32
    /// Ballots cast.
    package let committed: UInt32
    /// Ballots opened; the rest abstained.
    package let revealed: UInt32
    /// SHA-256 of all opened ballots' salts in the order of their keys, and of the closing block's id.
    package let seed: [UInt8]
    /// Rank 1 first.
    package let ranking: [Standing]

    package init(election: [UInt8], issued: UInt32, committed: UInt32, revealed: UInt32, seed: [UInt8], ranking: [Standing]) {
        self.election = election
        self.issued = issued
        self.committed = committed
        self.revealed = revealed
        self.seed = seed
        self.ranking = ranking
    }

    /// The published rule of ties (consensus 2.4): more approvals, then fewer offence points, then the smaller SHA-256(seed | id).
    package static func ranked(_ standings: [Standing], seed: [UInt8]) -> [Standing] {
        let lots = standings.map { (standing: $0, lot: SHA256.hash(concatenating: seed, $0.member.utf8)) }
        return lots.sorted { left, right in
            if left.standing.approvals != right.standing.approvals { return left.standing.approvals > right.standing.approvals }
            if left.standing.offencePoints != right.standing.offencePoints {
                return left.standing.offencePoints < right.standing.offencePoints
            }
            return left.lot.lexicographicallyPrecedes(right.lot)
        }.map(\.standing)
    }

    /// SHA-256 of the canonical bytes: what the tabulating facility signs.
    package var hash: [UInt8] { SHA256.hash(ElectionTallyFormat.encode(self)) }

    package func agrees(with statement: TallyStatement) -> Bool {
        statement.issued == self.issued && statement.committed == self.committed && statement.revealed == self.revealed
            && statement.tallyHash == self.hash
    }

    /// Those that a by-election brings in: the highest ranks, as many as there are seats.
    package func chosen(seats: Int) -> [MSPID] { self.ranking.prefix(max(0, seats)).map(\.member) }

    /// The three lists: the first ranks produce, the next audit, the rest stand by.
    package func result(sizes: ElectionSizes, epoch: UInt64) -> CommitteeResult {
        let ids = self.ranking.map(\.member)
        return CommitteeResult(
            election: self.election, epoch: epoch, producers: Array(ids.prefix(sizes.producers)),
            auditNodes: Array(ids.dropFirst(sizes.producers).prefix(sizes.auditNodes)),
            standbys: Array(ids.dropFirst(sizes.producers + sizes.auditNodes)), seed: self.seed)
    }
}

/// Who was elected, in rank order; nobody is in two lists.
package struct CommitteeResult: Hashable, Sendable {
    package let election: [UInt8]
    package let epoch: UInt64
    /// The paper's RTN.
    package let producers: [MSPID]
    /// The paper's ATN.
    package let auditNodes: [MSPID]
    package let standbys: [MSPID]
    /// Drives the proposer schedule too (consensus 1.12).
    package let seed: [UInt8]

    package init(election: [UInt8], epoch: UInt64, producers: [MSPID], auditNodes: [MSPID], standbys: [MSPID], seed: [UInt8]) {
        self.election = election
        self.epoch = epoch
        self.producers = producers
        self.auditNodes = auditNodes
        self.standbys = standbys
        self.seed = seed
    }

    /// All of them, rank 1 first.
    package var ranking: [MSPID] { self.producers + self.auditNodes + self.standbys }
}
