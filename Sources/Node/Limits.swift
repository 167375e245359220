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
    /// Blocks that a peer has taken and not made durable yet, and their bytes. One larger block may be there, alone.
    package static let pipelineBlocks = 8
    package static let pipelineBytes = 24 << 20
    /// Bytes of blocks after which a peer that has nothing to do gives memory back to the system.
    static let bytesBetweenRests = 16 << 20
    /// Signatures in one generation of those that a node knows to be right; each was checked once.
    package static let rememberedSignatures = 32_768
    /// How many configuration blocks a peer looks at that begins after one: all but the last were refused.
    package static let formerConfigurations = 64
    /// What an ordering node has been asked to store or time and has not done yet; the state machine asks for far less.
    package static let orderingTasks = 65_536
    /// The largest chaincode package that is read back; `_lifecycle` installs none above it.
    package static let packageBytes = 64 << 20
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
    /// Consenters, former and later ones too, whose parcels a member takes.
    package static let committeeChannels = 256
    /// Timers that have run out and that a member has not looked at yet.
    package static let queuedTimers = 4_096
    /// Envelopes of clients that wait for their check, and how many share one sync.
    package static let queuedSubmissions = 4_096
    package static let submissionsOfOneSync = 64
    /// How long the delivery of blocks waits before it asks again for one that no member could read.
    package static let unreadableBlockPauseMs: UInt32 = 5
    /// Charges of one member that are remembered for who asks.
    package static let rememberedCharges = 64
    /// Evidence that a member holds.
    package static let heldEvidence = 1_024
}
