import Ordering
import Synchronization

/// The ways between members of committees that are nodes of one process: a call in place of a connection.
package final class NearCommittees: Sendable {
    private let channels = Mutex<[[UInt8]: LocalCommitteeTransport]>([:])

    package init() {}

    /// The way between the members of a channel.
    ///
    /// - Parameter chain: The header hash of the channel's block 0.
    func transport(of chain: [UInt8]) -> LocalCommitteeTransport {
        self.channels.withLock { channels in
            if let known = channels[chain] { return known }
            let transport = LocalCommitteeTransport()
            channels[chain] = transport
            return transport
        }
    }
}

/// The transport of a member some of whose fellows are in its own process: those by a call, all others over its links.
final class NearAndFarTransport: CommitteeTransport {
    private let near: LocalCommitteeTransport
    private let far: any CommitteeTransport

    init(near: LocalCommitteeTransport, far: any CommitteeTransport) {
        self.near = near
        self.far = far
    }

    func send(_ parcel: MemberParcel, from sender: UInt32, to receiver: UInt32) {
        (self.near.has(receiver) ? self.near : self.far).send(parcel, from: sender, to: receiver)
    }

    func attach(_ endpoint: any CommitteeEndpoint, as consenter: UInt32) {
        self.near.attach(endpoint, as: consenter)
        self.far.attach(endpoint, as: consenter)
    }

    func detach(_ consenter: UInt32) {
        self.near.detach(consenter)
        self.far.detach(consenter)
    }
}
