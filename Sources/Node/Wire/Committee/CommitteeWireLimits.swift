/// Bounds of a node on what the links between committee members make it hold; what happens at each is in decision 0028.
package struct CommitteeWireLimits: Sendable, Equatable {
    /// What waits to be sent to one member in the lane for votes: messages, and their bytes.
    package var queuedVotes = 256
    package var queuedVoteBytes = 8 << 20
    /// The same of each of the other lanes.
    package var queuedParcels = 512
    package var queuedParcelBytes = 32 << 20
    /// The largest message in the lane for votes, and in the others; a larger one ends its stream.
    package var voteBytes = 1 << 20
    package var parcelBytes = 104_857_600
    /// Envelopes that are pushed together travel in messages of about this size.
    package var pushBytes = 4 << 20
    /// How long the proofs at the beginning of a stream may take, in seconds.
    package var proofSeconds: Int64 = 10
    /// Streams at a time, of all members, channels and lanes, proven or not.
    package var streams = 2_048
    /// The pause before the first try to connect again, and the longest one.
    package var firstRetryMilliseconds: UInt32 = 100
    package var lastRetryMilliseconds: UInt32 = 1_000
    /// A connection on which what was sent is not acknowledged for so long is given up.
    package var unacknowledgedMilliseconds = 5_000

    package init() {}

    func bytes(of lane: CommitteeLane) -> Int { lane == .votes ? self.voteBytes : self.parcelBytes }
}
