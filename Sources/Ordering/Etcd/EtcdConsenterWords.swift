import LedgerModel

/// What an `EtcdConsenter` is told.
package enum EtcdInput: Sendable {
    /// An envelope of a client or of another consenter; answered once, by `reply` or `forward`.
    case broadcast(CheckedEnvelope, ticket: UInt64)
    /// A timer for cutting has run out.
    case timerFired(EtcdTimer)
    /// A pause is over.
    case resumed(generation: UInt64)
    /// This consenter has a lease, or has none any more.
    case lease(Int64?)
    /// The answer to `read`; nil when there was none.
    case read(EtcdSnapshot?)
    /// What became of `commit`.
    case committed(EtcdOutcome)
    /// Whether `campaign` was answered.
    case campaigned(isAnswered: Bool)
    /// What a watch told, in order.
    case watched(generation: UInt64, [EtcdChange])
    /// A watch has ended, for whatever reason.
    case watchEnded(generation: UInt64)
    /// A block from another consenter's files.
    case fetched(OrderedBlock)
    /// No more blocks come from there.
    case fetchEnded
    /// The answer to `askForSpace`; nil when there was none.
    case space(Bool?)
}

/// A change of the channel in etcd.
package enum EtcdChange: Hashable, Sendable {
    case block(EtcdSeenBlock)
    case leader(EtcdLeader?)
}

/// What an `EtcdConsenter` asks of its host, to be carried out in order.
package enum EtcdOutput: Sendable {
    case reply(ticket: UInt64, BroadcastVerdict)
    /// Hand the envelope to the holder of the lease and answer its sender with what that says.
    case forward(ticket: UInt64, to: String)
    /// Keep the block durably, then show it to readers.
    case store(OrderedBlock)
    /// Write the parts, then carry out the transaction; answered by `committed`. One is under way at most.
    case commit(EtcdCommit)
    /// Read linearizably; answered by `read`.
    case read(EtcdTransaction)
    /// Watch from a revision on, in place of the watch before.
    case watch(generation: UInt64, from: Int64)
    /// Answered by `campaigned`.
    case campaign(EtcdTransaction)
    /// Get blocks that etcd does not have any more from other consenters.
    case fetch(from: UInt64, through: UInt64)
    /// Answered by `resumed`.
    case pause(generation: UInt64, milliseconds: Int64)
    case startTimer(EtcdTimer, milliseconds: Int64)
    /// Ask whether etcd has room again; answered by `space`.
    case askForSpace
    /// Nothing is ordered or followed here any more, blocks are still served. Tell the operator.
    case halted(reason: String)
}

/// A timer for cutting; one that was cancelled fires without effect.
package struct EtcdTimer: Hashable, Sendable {
    let epoch: UInt64
    let generation: UInt64
}
