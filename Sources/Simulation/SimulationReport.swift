import CryptoPrimitives
import LedgerModel
import Ordering

/// What must never happen, and did.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Sendable {
        /// Two blocks at one height.
        case fork
        /// Somebody honest signed two contents for one height, round and kind.
        case equivocation
        /// A decided block does not follow its parent or is forged.
        case validity
        /// A decision without a certificate, or with votes that nobody gave.
        case certificate
        /// An honest precommit without a polka.
        case polka
        /// Heights, rounds, steps, locks or records went back.
        case monotony
        /// Something was signed that the record on disk does not hold.
        case unrecorded
        /// A stored decision is gone after a restart.
        case lostDecision
        /// Evidence against somebody honest, or evidence that proves nothing.
        case evidence
        /// A fork that does not convict n - 2f members, or that convicts somebody honest.
        case accountability
        /// Somebody honest was refused, stopped or burned without a reason.
        case stopped
        /// Two committees at one height, or a signature of somebody who is not in office.
        case committee
        /// An invariant of the replica itself.
        case replica
        /// Not everybody honest has decided in time.
        case liveness
    }

    package let kind: Kind
    package let text: String
    /// Simulated milliseconds.
    package let time: UInt64

    package var description: String { "\(self.kind.rawValue) at \(self.time) ms: \(self.text)" }
}

/// How often each thing went wrong.
package struct FaultCounts: Hashable, Sendable {
    package var lost = 0
    package var duplicated = 0
    package var cutOff = 0
    package var crashes = 0
    package var damagedWrites = 0
    package var failedWrites = 0
    package var pauses = 0
    package var clockJumps = 0
    package var lies = 0

    package var total: Int { self.named.reduce(0) { $0 + $1.count } }

    /// In a fixed order.
    package var named: [(name: String, count: Int)] {
        [
            ("lost", self.lost), ("duplicated", self.duplicated), ("cutOff", self.cutOff), ("crashes", self.crashes),
            ("damagedWrites", self.damagedWrites), ("failedWrites", self.failedWrites), ("pauses", self.pauses), ("clockJumps", self.clockJumps),
            ("lies", self.lies),
        ]
    }

    package static func += (left: inout FaultCounts, right: FaultCounts) {
        left.lost += right.lost
        left.duplicated += right.duplicated
        left.cutOff += right.cutOff
        left.crashes += right.crashes
        left.damagedWrites += right.damagedWrites
        left.failedWrites += right.failedWrites
        left.pauses += right.pauses
        left.clockJumps += right.clockJumps
        left.lies += right.lies
    }
}

/// What came of one world.
package struct SimulationReport: Sendable {
    package let seed: UInt64
    package var plan: SimulationPlan
    package var events = 0
    /// Heights decided, counted once for each honest member.
    package var decisions = 0
    package var highestRound: Round = 0
    package var evidence = 0
    /// Members whom a fork has convicted; 0 without one.
    package var culprits = 0
    package var faults = FaultCounts()
    package var marks = CoverageMarks()
    package var violations: [Violation] = []
    /// SHA-256 of the trace.
    package var digest: [UInt8] = []
    /// When it ended, and which part of the patience was needed, percent.
    package var milliseconds: UInt64 = 0
    package var patienceUsed: UInt64 = 0
    /// The last events, when they were asked for.
    package var lines: [String] = []

    package var digestText: String { Base16.encode(self.digest) }
}
