import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import Identity
import LedgerModel
import Node
import Synchronization

/// The machine's clock with a lead that a test can change.
final class LeadingClock: Sendable {
    private let lead = Mutex<Int64>(0)

    func advance(seconds: Int64) { self.lead.withLock { $0 += seconds } }

    func now() -> Timestamp {
        let now = SystemEnvironment().now()
        return Timestamp(seconds: now.seconds + self.lead.withLock { $0 }, nanoseconds: now.nanoseconds)
    }
}

/// A network that is up, with the servers of its ordering node and of its first peer.
struct WireWorld: Sendable {
    typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    let network: LiveNetwork
    let user: SigningIdentity
    /// Of an organisation that is not on the channel.
    let outsider: SigningIdentity
    let channel: ChannelID
    let clock: LeadingClock
    let ordererServer: WireServer
    let peerServer: WireServer
    let orderer: WireEndpoint
    let peer: WireEndpoint

    /// Calls a server in plain text.
    func withClient<Result: Sendable>(
        of endpoint: WireEndpoint, _ body: @Sendable @escaping (Client) async throws -> Result
    ) async throws -> Result {
        try await WireCalls.withClient(of: endpoint, security: .plaintext, body)
    }

    /// An envelope with a seek, signed.
    func request(_ seek: Orderer_SeekInfo, by identity: SigningIdentity? = nil, _ change: (inout Common_ChannelHeader) -> Void = { _ in }) throws
        -> Common_Envelope
    {
        try WireCalls.request(seek, channel: self.channel, by: identity ?? self.user, at: self.clock.now(), change)
    }
}

enum WireCalls {
    static let longMessages: CallOptions = {
        var options = CallOptions.defaults
        options.maxResponseMessageBytes = 104_857_600
        options.maxRequestMessageBytes = 209_715_200
        return options
    }()

    static func withClient<Result: Sendable>(
        of endpoint: WireEndpoint, security: HTTP2ClientTransport.Posix.TransportSecurity, authority: String? = nil,
        _ body: @Sendable @escaping (WireWorld.Client) async throws -> Result
    ) async throws -> Result {
        let transport = try HTTP2ClientTransport.Posix(
            target: .ipv4(address: endpoint.host, port: endpoint.port), transportSecurity: security,
            config: .defaults { $0.http2.authority = authority })
        return try await withGRPCClient(transport: transport, handleClient: body)
    }

    static func seek(
        _ start: Orderer_SeekPosition.OneOf_Type, _ stop: Orderer_SeekPosition.OneOf_Type, waits: Bool = true, withoutData: Bool = false
    ) -> Orderer_SeekInfo {
        var seek = Orderer_SeekInfo()
        seek.start.type = start
        seek.stop.type = stop
        seek.behavior = waits ? .blockUntilReady : .failIfNotReady
        seek.contentType = withoutData ? .headerWithSig : .block
        return seek
    }

    static func number(_ number: UInt64) -> Orderer_SeekPosition.OneOf_Type {
        var specified = Orderer_SeekSpecified()
        specified.number = number
        return .specified(specified)
    }

    static let newest = Orderer_SeekPosition.OneOf_Type.newest(Orderer_SeekNewest())
    static let oldest = Orderer_SeekPosition.OneOf_Type.oldest(Orderer_SeekOldest())
    static let nextCommit = Orderer_SeekPosition.OneOf_Type.nextCommit(Orderer_SeekNextCommit())

    static func request(
        _ seek: Orderer_SeekInfo, channel: ChannelID, by identity: SigningIdentity, at time: Timestamp,
        _ change: (inout Common_ChannelHeader) -> Void = { _ in }
    ) throws -> Common_Envelope {
        var header = Common_ChannelHeader()
        header.type = 5
        header.channelID = channel.text
        header.timestamp = time.message
        change(&header)
        var payload = Common_Payload()
        payload.header.channelHeader = header.encoded().data
        payload.header.signatureHeader = SignatureHeader(creator: identity.serialized, nonce: [1, 2, 3]).serialized().data
        payload.data = seek.encoded().data
        var envelope = Common_Envelope()
        envelope.payload = payload.encoded().data
        envelope.signature = try identity.sign(envelope.payload.byteArray).data
        return envelope
    }

    /// Sends all requests, closes the sending side, and collects what comes until the server ends the stream.
    static func deliver(
        _ client: WireWorld.Client, _ method: MethodDescriptor, _ requests: [Common_Envelope]
    ) async throws -> [Protos_DeliverResponse] {
        try await client.bidirectionalStreaming(
            request: StreamingClientRequest { try await $0.write(contentsOf: requests) }, descriptor: method,
            serializer: ProtobufSerializer<Common_Envelope>(), deserializer: ProtobufDeserializer<Protos_DeliverResponse>(),
            options: Self.longMessages
        ) { response in
            var messages: [Protos_DeliverResponse] = []
            for try await message in response.messages { messages.append(message) }
            return messages
        }
    }
}

extension Protos_DeliverResponse {
    /// "block 3", "filtered 3", "status 200": what a test compares.
    var summary: String {
        switch self.type {
        case .status(let status): "status \(status.rawValue)"
        case .block(let block): "block \(block.header.number)"
        case .filteredBlock(let block): "filtered \(block.number)"
        case .blockAndPrivateData(let both): "private \(both.block.header.number)"
        case nil: "nothing"
        }
    }
}

extension NodeNetwork {
    /// Opens all nodes and two servers, and runs them while the body does.
    @discardableResult
    func served<Result: Sendable>(
        limits: WireLimits = WireLimits(), tls: ServerTLS? = nil, isNew: Bool = false, _ body: @Sendable @escaping (WireWorld) async throws -> Result
    ) async throws -> Result {
        let (user, outsider, clock) = (self.client, self.newClient, LeadingClock())
        return try await self.live(isNew: isNew) { network async throws in
            let channel = network.peers[0].channel
            let any = WireEndpoint(host: "127.0.0.1", port: 0)
            let orderer = try WireServer(listen: any, tls: tls, limits: limits, clock: { clock.now() }) { context in
                [AtomicBroadcastService(context, orderer: network.orderer) { $0 == channel ? network.orderer : nil }]
            }
            let peer = try WireServer(listen: any, tls: tls, limits: limits, clock: { clock.now() }) { context in
                [
                    EndorserService(context, peer: network.peers[0]),
                    DeliverService(context) { $0 == channel ? network.peers[0] : nil },
                ]
            }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await orderer.run() }
                group.addTask { try await peer.run() }
                let result: Result
                do {
                    defer {
                        orderer.stop()
                        peer.stop()
                    }
                    let world = WireWorld(
                        network: network, user: user, outsider: outsider, channel: channel, clock: clock, ordererServer: orderer, peerServer: peer,
                        orderer: try await orderer.endpoint(), peer: try await peer.endpoint())
                    result = try await body(world)
                }
                try await group.waitForAll()
                return result
            }
        }
    }
}
