/// Bounds of a server on what clients make it hold; what happens at each is in decision 0024.
package struct WireLimits: Sendable, Equatable {
    /// The largest message in either direction, Fabric's 100 MiB. A larger request ends its call.
    package var messageBytes = 104_857_600
    /// Connections at a time, of all clients and of one address. A connection more is closed at once.
    package var connections = 8_192
    package var connectionsOfOneAddress = 2_048
    /// Calls at a time on one connection; HTTP/2 tells the client, whose further calls wait on its side.
    package var callsOfOneConnection = 2_500
    /// Proposals, and Broadcast and Deliver streams, at a time. One more ends with RESOURCE_EXHAUSTED.
    package var proposals = 2_500
    package var streams = 2_500
    /// Calls of the gateway at a time: those that evaluate, endorse or submit, as many as in Fabric, and those that wait for a block.
    package var gatewayCalls = 500
    package var gatewayWaits = 2_500
    /// How long one peer may take to endorse, and one ordering node to take an envelope, for the gateway, in seconds; as in Fabric.
    package var endorsementSeconds: Int64 = 30
    package var broadcastSeconds: Int64 = 30
    /// After so long a committee's members that have not been sent an envelope get it too, in milliseconds: one of the others may be down.
    package var patienceMilliseconds: Int64 = 1_000
    /// What one call may have in flight towards a handler that is slow; beyond it HTTP/2 stops the sender.
    package var windowBytes = 1 << 20
    /// How long a new connection may take until TLS is agreed on and HTTP/2 has begun, in seconds. It is closed then.
    package var handshakeSeconds: Int64 = 20
    /// How long a connection may be without a call, in seconds. The client is told then, and connects again when it has one.
    package var idleSeconds: Int64 = 1_800
    /// When a silent connection is pinged, and how long the answer may take, in seconds.
    package var serverPingSeconds: Int64 = 7_200
    package var pingAnswerSeconds: Int64 = 20
    /// How long calls that are under way may take to end after `stop()`, in milliseconds.
    package var graceMilliseconds: Int64 = 5_000

    package init() {}

    /// How far the time of a Deliver request may be from the node's clock, in seconds.
    static let deliverWindowSeconds: Int64 = 900
    /// The longest single wait for a certificate to expire, in seconds; the clock is asked again after it.
    static let expirySleepSeconds: Int64 = 86_400
}
