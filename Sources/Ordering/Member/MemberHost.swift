import LedgerModel

/// What a member writes before it signs; a host or a simulated machine gives it (1.10).
package protocol SafetyStore: Sendable {
    /// Makes the record durable. After an error the member must stop (W3).
    mutating func persist(_ record: SafetyRecord) throws
    /// Notes durably that a message is about to be signed, or refuses (W7).
    mutating func claim(_ request: SignRequest, signedBytes: [UInt8]) throws
}

/// The blocks of one member, durable and readable by number.
package protocol MemberChain: Sendable {
    /// Stores the next block and returns when it is durable. After an error the member must stop.
    func append(_ block: OrderedBlock) throws
    /// The bytes of a block; nil when it is not there.
    func block(_ number: UInt64) throws -> [UInt8]?
}

/// Envelopes that a member has promised to order, kept where a crash cannot take them.
package protocol PoolLog: Sendable {
    /// Bytes in use.
    var sizeBytes: Int { get }
    /// Adds serialised envelopes and returns when they are durable. After an error the member must stop.
    mutating func append(_ envelopes: [[UInt8]]) throws
    /// Replaces everything; a crash leaves the old content or the new one.
    mutating func rewrite(_ envelopes: [[UInt8]]) throws
}

/// Where a member's parcels, timers and news go, and where its time comes from. No call ever waits, and none calls the member back.
package protocol MemberSurroundings: Sendable {
    func send(_ parcel: MemberParcel, to member: UInt32)
    /// Gives the input to the member after so long; there is no need ever to stop a timer.
    func startTimer(_ input: MemberInput, milliseconds: UInt32)
    func now() -> Timestamp
    func note(_ news: MemberNews)
}

/// What happens to a member, one after the other.
package enum MemberInput: Sendable {
    case parcel(MemberParcel, from: UInt32)
    case timeout(height: UInt64, round: Round, TimeoutKind)
    /// The periodic tick for relays.
    case tick
    /// The pool has something new, or a block may be due: the member looks itself.
    case reason
    /// An incomplete candidate has waited long enough for envelopes that were on their way.
    case stillMissing(BlockID)
}

/// What others may want to know of a member; nothing depends on it.
package enum MemberNews: Sendable {
    case stored(height: UInt64)
    /// The first rule that a candidate broke.
    case invalidBlock(CandidateFault)
    case evidence(Evidence)
    /// A message or parcel of a member was refused.
    case refused(from: UInt32)
    /// So many pushed envelopes were refused.
    case refusedEnvelopes(Int)
    /// Misbehaviour that a charge was made of and queued, or that could not be charged and why; in both cases nothing more is done about it.
    case charged(Evidence.Identity, BroadcastRefusal?)
    /// Whether the key signs from now on.
    case signs(Bool)
}

/// Why a member stops and does not start again by itself.
package struct MemberFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package var description: String { self.reason }

    package init(reason: String) {
        self.reason = reason
    }
}
