import Ordering

/// A process of the world: a member's replica on its machine. Twins are two of them with one member.
struct SimulatedNode {
    enum Standing {
        case signing
        /// Blocks were lost: it signs again once this height is stored (W5).
        case abstaining(untilStored: UInt64, then: SafetyRecord)
        /// The key is burned; it only follows (W6).
        case burned
    }

    /// What is compared before and after a step.
    struct Position {
        let height: UInt64
        let round: Round
        let step: Replica.Step
        let locked: Replica.BlockInRound?
        let valid: Replica.BlockInRound?

        init(_ replica: borrowing Replica) {
            self.height = replica.height
            self.round = replica.round
            self.step = replica.step
            self.locked = replica.locked
            self.valid = replica.valid
        }
    }

    let member: UInt32
    let strategy: Strategy?
    var replica: Replica
    var disk: SimulatedDisk
    var standing = Standing.signing
    var isUp = true
    /// Counts restarts: what was meant for an earlier life is dropped.
    var life: UInt32 = 0
    var pausedUntil: UInt64 = 0
    /// Milliseconds that its clock is ahead, and the length of its timers in percent.
    var skew: Int64 = 0
    var pace: UInt64 = 100
    var steps = 0
    /// The highest height that sync knows to be decided.
    var syncTarget: UInt64 = 0
    var isSyncing = false
    /// The highest height that a message has named since the last tick, and the head at that tick.
    var ahead: UInt64 = 0
    var headAtLastTick: UInt64 = 0
    /// Evidence that waits for this node's turn to propose.
    var proofs: [Evidence] = []
    /// Heights whose block was durable once.
    var storedOnce: UInt64 = 0
    /// The record that the planted flaw `recordLags` holds back.
    var lagging: SafetyRecord?
    /// The two blocks that a double proposer has proposed last.
    var otherBlock: (mine: BlockID, other: BlockID)?
    /// The last record that was written in full.
    var lastRecord: SafetyRecord?

    /// What does not hold of the replica; mutating only so that nobody copies the node to ask it.
    mutating func flaws() -> [String] { self.replica.violations() }

    var isHonest: Bool { self.strategy == nil }
    var head: UInt64 { UInt64(self.disk.blocks.count) }
}

/// A block as far as agreeing on it is concerned.
struct SimulatedBlock {
    let height: UInt64
    let parent: BlockID?
    let proposer: UInt32
    /// The proposer's clock when it was made.
    let time: Int64
    /// Breaks a rule that every honest member checks.
    let isForged: Bool
    let change: CommitteeChange?
    /// Bit by bit: which processes have the whole block.
    var holders: UInt64
}
