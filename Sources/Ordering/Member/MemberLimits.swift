/// Bounds of a committee member on what clients and other members make it hold.
package enum MemberLimits {
    /// Candidates of one sender that are held for one height.
    package static let candidatesOfOneSender = 4
    /// Heights above the present one whose candidates are held.
    package static let candidateHeightsAhead: UInt64 = 2
    /// Under load a block waits for more envelopes: a part of the batch timeout, but not longer than so many milliseconds, and no longer than
    /// until none has come for a pause.
    package static let busyParts: UInt64 = 4
    package static let busyMilliseconds: UInt64 = 100
    package static let pauseMilliseconds: UInt64 = 30
    /// Under load envelopes gather for so long at a member's door: one sync and one push are for all of them.
    package static let gatheringMilliseconds: Int64 = 15
    /// Decided blocks in one answer, and the bytes after which it ends.
    package static let decisionsInOneAnswer = 32
    package static let decisionAnswerBytes = 8 << 20
    /// Envelopes that are asked for in one parcel.
    package static let envelopesInOneRequest = 512
    /// Bytes after which an answer with envelopes ends.
    package static let envelopeAnswerBytes = 4 << 20
    /// Envelopes of clients that are pushed in one parcel.
    package static let envelopesInOnePush = 64
    /// Envelopes that are pushed again at one tick.
    package static let envelopesPushedAgain = 256
    /// Ticks at one height after which even a member in office asks whether it has missed something.
    package static let quietTicks = 8
    /// Ticks after which an envelope that is in no block yet is pushed again.
    package static let ticksUntilPushedAgain: UInt64 = 4
    /// Offences that a member has found and not charged yet.
    package static let heldOffences = 64
    /// Charged facts that a member remembers, so that it does not charge them again.
    package static let chargedFacts = 1_024
    /// Waiting governance envelopes that are judged again after a block.
    package static let judgedAgain = 64
    /// Requests for another configuration that wait at one member, of one creator and of all.
    package static let requestsOfOneIdentity = 4
    package static let requests = 64
    /// Bytes of an outline beside its envelope hashes: header, and a certificate of the largest committee.
    package static let outlineBytes = 16_384
    /// The largest snapshot with which a member joins.
    package static let snapshotBytes = 1 << 30
    /// The size of a pool log after which it is written anew without what has been decided.
    package static let poolLogBytes = 4 << 20
    /// The largest pool log that is read.
    package static let poolLogReadBytes = 1 << 30
}
