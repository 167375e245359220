/// What the host has to do, in this order.
package enum ReplicaOutput: Hashable, Sendable {
    /// Durable before any later output of the same step is done (W1). If that fails, stop the node (W3).
    case persist(SafetyRecord)
    /// Sign, send to all members and observers, and give back as `message` from oneself.
    case sign(SignRequest)
    /// Assemble a block on the parent and answer with `candidate` and `verdict`.
    case buildCandidate(height: UInt64, round: Round)
    /// Set a timer; there is no need ever to cancel one.
    case arm(height: UInt64, round: Round, TimeoutKind, milliseconds: UInt32)
    /// Get the block until it is there, judge it, answer with `verdict`. The hint is a member that should have it.
    case fetchBlock(id: BlockID, hint: UInt32)
    /// Send to one member, or to all when there is none given.
    case relay(RelayBundle, to: UInt32?)
    /// Send the commit of a lower height from the block store (L4).
    case sendDecision(height: UInt64, to: UInt32)
    /// Store block and commit durably, then start the next height (W4).
    case decide(id: BlockID, commit: VoteCertificate)
    /// Keep until evidence of the height expires: this replica has relied on it (1.4).
    case archive(VoteCertificate)
    case evidence(Evidence)
    /// A proven decision of a higher height was seen: start sync.
    case behind(height: UInt64)
    /// A message was not taken in.
    case refuse(ConsensusRefusal, from: UInt32)
    /// Stop the node and call a person.
    case fatal(FatalReason)
}

/// What no protocol can mend.
package enum FatalReason: String, Hashable, Sendable, CustomStringConvertible {
    case invalidBlockCommitted = "the committee has committed a block that this node finds invalid: one of them computes wrongly"
    case keyUsedElsewhere = "a message is signed with this node's key that this node did not sign: a copy of it is running"

    package var description: String { self.rawValue }
}
