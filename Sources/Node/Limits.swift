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
