import LedgerModel

/// One connection to the gateway of one peer, for one identity and any number of calls at a time.
///
/// It lives as long as the closure that it is opened for. A failed connection is tried again by itself; calls meanwhile say what is wrong.
public struct GatewayConnection: Sendable {
    /// Who calls.
    public let identity: ClientIdentity
    private let connection: NodeConnection
    private let settings: ClientSettings

    /// Connects, runs the body, and closes.
    ///
    /// - Parameters:
    ///   - endpoint: A peer whose gateway is enabled, of Selvage or of Fabric from 2.4 on.
    ///   - identity: Who calls; without a private key it can only send what was signed elsewhere.
    /// - Throws: `ClientFailure` when the endpoint cannot be used, and whatever the body throws.
    public static func open<Result: Sendable>(
        to endpoint: NodeEndpoint, as identity: ClientIdentity, settings: ClientSettings = ClientSettings(),
        _ body: @Sendable @escaping (GatewayConnection) async throws -> Result
    ) async throws -> Result {
        let connection: NodeConnection
        do {
            var limits = ClientWireLimits()
            limits.callSeconds = settings.callSeconds
            connection = try endpoint.connection(limits: limits)
        } catch {
            throw ClientFailure(error, .connect, peer: endpoint.address, transaction: nil)
        }
        return try await NodeConnection.whileOpen([connection]) {
            try await body(GatewayConnection(identity: identity, connection: connection, settings: settings))
        }
    }

    /// A channel that the peer has joined.
    public func channel(_ name: String) -> ChannelClient {
        ChannelClient(
            ChannelID(name), as: self.identity, by: GatewayRoute(connection: self.connection), events: WireEvents(connection: self.connection),
            settings: self.settings)
    }
}

/// How patient a client is, and what it takes from the machine.
public struct ClientSettings: Sendable {
    /// How long one call that does not wait for a block may take, in seconds.
    public var callSeconds: Int64
    /// How long a client waits for the verdict on a transaction, in milliseconds; then its outcome is `expired`.
    public var patienceMilliseconds: UInt64
    /// Time, random bytes, and waiting.
    public var host: ClientHost

    /// What Fabric's clients wait: 30 s for a call, 60 s for a verdict.
    public init(callSeconds: Int64 = 30, patienceMilliseconds: UInt64 = 60_000, host: ClientHost = .system) {
        self.callSeconds = callSeconds
        self.patienceMilliseconds = patienceMilliseconds
        self.host = host
    }
}
