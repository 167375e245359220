import ChannelConfiguration
import CryptoPrimitives

/// The members in office at one height.
package struct Committee: Hashable, Sendable {
    package let epoch: UInt64
    /// Consenter ids, ascending, each once, none 0.
    package let members: [UInt32]

    /// Nobody, before the first height has begun.
    static let nobody = Committee()

    private init() {
        self.epoch = 0
        self.members = []
    }

    /// - Returns: nil when there is no member, when there are too many, and when an id is 0 or occurs twice.
    package init?(epoch: UInt64, members: [UInt32]) {
        let sorted = members.sorted()
        guard let first = sorted.first, first > 0, sorted.count <= ConsensusLimits.members else { return nil }
        guard !zip(sorted, sorted.dropFirst()).contains(where: { $0 == $1 }) else { return nil }
        self.epoch = epoch
        self.members = sorted
    }

    /// f: how many members may lie.
    package var faults: Int { CommitteeQuorum.faults(of: self.members.count) }
    /// n - f: as many agree before anything is decided.
    package var quorum: Int { CommitteeQuorum.size(of: self.members.count) }
    /// f + 1: among as many is an honest one.
    package var honest: Int { self.faults + 1 }

    package func index(of consenter: UInt32) -> Int? { self.members.firstIndex(of: consenter) }
}

/// Who proposes: a pure function of the epoch, the height and the round (1.12).
package struct ProposerSchedule: Hashable, Sendable {
    /// Consenter ids in the order of their turns; never empty.
    package let order: [UInt32]
    package let firstHeight: UInt64
    /// Heights in a row that begin with the same proposer, at least 1.
    package let turn: UInt64

    /// Nobody's turn, before the first height has begun.
    static let nobody = ProposerSchedule()

    private init() {
        self.order = [0]
        self.firstHeight = 0
        self.turn = 1
    }

    /// - Returns: nil for an empty order or a turn of 0.
    package init?(order: [UInt32], firstHeight: UInt64 = 0, turn: UInt64 = 1) {
        guard !order.isEmpty, turn > 0 else { return nil }
        self.order = order
        self.firstHeight = firstHeight
        self.turn = turn
    }

    /// The committee in the order that the election's seed gives: Fisher-Yates, step i driven by SHA-256(seed | i as u64).
    package init?(committee: Committee, seed: [UInt8], firstHeight: UInt64, turn: UInt64 = 1) {
        var order = committee.members
        for last in stride(from: order.count - 1, to: 0, by: -1) {
            var bytes = seed
            bytes.append(bigEndian: UInt64(last))
            let draw = SHA256.hash(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            order.swapAt(last, Int(draw % UInt64(last + 1)))
        }
        self.init(order: order, firstHeight: firstHeight, turn: turn)
    }

    /// The consenter id whose turn it is; heights before the first count as the first.
    package func proposer(height: UInt64, round: Round) -> UInt32 {
        let count = UInt64(self.order.count)
        let turns = (height > self.firstHeight ? height - self.firstHeight : 0) / self.turn
        return self.order[Int((turns % count + UInt64(max(0, round)) % count) % count)]
    }
}
