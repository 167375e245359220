/// Bounds of a node on what others make it hold.
package enum NodeLimits {
    /// The largest share file that a custodian takes, 256 MiB.
    package static let shareBytes = 268_435_456
    /// How far a request's time may be from the custodian's clock, in seconds.
    package static let requestWindowSeconds: Int64 = 900
    /// How many answered requests a custodian remembers against replay within the window.
    package static let rememberedRequests = 65_536
    /// Reasons of invalid transactions that a peer can still tell.
    package static let rememberedReasons = 4_096
    /// What an ordering node has been asked to store or time and has not done yet; the state machine asks for far less.
    package static let orderingTasks = 65_536
    /// The largest file that can be a signing guard.
    package static let guardBytes = 4_096
}

/// Bounds of a committee member on what other members make it hold.
extension NodeLimits {
    /// Messages of one member that wait in the lane for votes.
    package static let queuedVotes = 1_024
    /// Parcels, and their bytes, of one member that wait in one of its other lanes.
    package static let queuedParcels = 4_096
    package static let queuedParcelBytes = 256 << 20
    /// Signatures in one generation of those known to be right.
    package static let rememberedSignatures = 32_768
    /// Candidates of one sender that are held for one height.
    package static let candidatesOfOneSender = 4
    /// Heights above the present one whose candidates are held.
    package static let candidateHeightsAhead: UInt64 = 2
    /// Decided blocks in one answer, and the bytes after which it ends.
    package static let decisionsInOneAnswer = 32
    package static let decisionAnswerBytes = 8 << 20
    /// Evidence that a member holds.
    package static let heldEvidence = 1_024
}
