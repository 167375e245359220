import Identity
import LedgerModel

/// An address where an organisation's peer can be found by others.
package struct AnchorPeer: Hashable, Sendable {
    package var host: String
    package var port: Int32

    package init(host: String, port: Int32) {
        self.host = host
        self.port = port
    }
}

/// One organisation of a channel.
package struct OrganizationConfiguration: Hashable, Sendable {
    /// The name of its group; policies are found under it.
    package let groupName: String
    package let msp: MSPConfiguration
    /// "host:port" of its ordering nodes; empty for application organisations.
    package let endpoints: [String]
    package let anchorPeers: [AnchorPeer]

    package var mspID: MSPID { self.msp.name }
}
