import Ordering
import Synchronization

/// Takes what other members sent; never waits.
package protocol CommitteeEndpoint: Sendable {
    /// - Parameter consenter: The sender, as the transport has authenticated it.
    func accept(_ parcel: MemberParcel, from consenter: UInt32)
}

/// The way between members: every pair of members has a channel in each direction on which both know with whom they speak.
///
/// Nothing is promised about delivery; a channel keeps the order within a lane, bounds what waits, and never holds its caller up.
package protocol CommitteeTransport: Sendable {
    func send(_ parcel: MemberParcel, from sender: UInt32, to receiver: UInt32)
    /// From now on what is sent to a member goes to the endpoint.
    func attach(_ endpoint: any CommitteeEndpoint, as consenter: UInt32)
    func detach(_ consenter: UInt32)
}

/// The transport between members in one process: a call. The receiver's inbox has the queue of each channel.
package final class LocalCommitteeTransport: CommitteeTransport {
    private let endpoints = Mutex<[UInt32: any CommitteeEndpoint]>([:])
    private let passes: @Sendable (MemberParcel, _ from: UInt32, _ to: UInt32) -> Bool

    /// - Parameter passes: Whether a parcel gets through; a network that loses nothing says yes to all.
    package init(passes: @escaping @Sendable (MemberParcel, _ from: UInt32, _ to: UInt32) -> Bool = { _, _, _ in true }) {
        self.passes = passes
    }

    package func send(_ parcel: MemberParcel, from sender: UInt32, to receiver: UInt32) {
        guard self.passes(parcel, sender, receiver), let endpoint = self.endpoints.withLock({ $0[receiver] }) else { return }
        endpoint.accept(parcel, from: sender)
    }

    func has(_ consenter: UInt32) -> Bool { self.endpoints.withLock { $0[consenter] != nil } }

    package func attach(_ endpoint: any CommitteeEndpoint, as consenter: UInt32) {
        self.endpoints.withLock { $0[consenter] = endpoint }
    }

    package func detach(_ consenter: UInt32) {
        self.endpoints.withLock { $0[consenter] = nil }
    }
}
