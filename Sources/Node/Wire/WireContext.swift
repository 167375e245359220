import GRPCCore
import LedgerModel

/// What the services of one server share.
package struct WireContext: Sendable {
    /// The node's clock.
    let now: @Sendable () -> Timestamp
    let limits: WireLimits
    let connections: ConnectionTable
    /// Fires when the server is to stop.
    let stopping: OneTimeSignal<Void>
    /// Whether a Deliver request has to name the certificate of its connection.
    let bindsRequests: Bool
    /// SHA-256 of the public key of the server's certificate; nil without TLS.
    let serverKey: [UInt8]?
    /// Where the server listens, once it does.
    let bound: OneTimeSignal<Result<WireEndpoint, WireError>>

    /// Where the server listens; nil before it does.
    var endpoint: WireEndpoint? { try? self.bound.value?.get() }

    /// The certificate that requests on a call's connection are bound to; empty when the client showed none, nil when they are not bound.
    func certificate(of call: ServerContext) -> [UInt8]? {
        self.bindsRequests ? self.connections.certificateHash(of: call.remotePeer) ?? [] : nil
    }
}
