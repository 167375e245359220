import Ordering

/// The lanes between members as they are numbered on the wire. Votes have a connection of their own; the others share one, a stream each.
enum CommitteeLane: UInt8, CaseIterable, Sendable {
    case votes = 1
    case blocks = 2
    case envelopes = 3

    init(_ lane: MemberParcel.Lane) {
        switch lane {
        case .votes: self = .votes
        case .blocks: self = .blocks
        case .envelopes: self = .envelopes
        }
    }
}
